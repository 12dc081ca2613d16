//go:build !unix

package main

import "errors"

// statisticsRequests returns nil: there is no SIGUSR1 here.
func statisticsRequests() (requests <-chan struct{}, forget func()) { return nil, func() {} }

// flushRequests returns nil: there is no SIGUSR2 either.
func flushRequests() (requests <-chan struct{}, forget func()) { return nil, func() {} }

func dropPrivileges(string) error { return errors.New("-Z is not supported on this operating system") }
