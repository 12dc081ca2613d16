//go:build !unix

package main

import "errors"

// statisticsRequests returns nil: there is no SIGUSR1 here.
func statisticsRequests() (requests <-chan struct{}, forget func()) { return nil, func() {} }

func dropPrivileges(string) error { return errors.New("-Z is not supported on this operating system") }
