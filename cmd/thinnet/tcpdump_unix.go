//go:build unix

package main

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"os/user"
	"strconv"
	"syscall"
)

// statisticsRequests returns a channel with a value for each SIGUSR1, until
// forget is called; flushRequests does for SIGUSR2.
func statisticsRequests() (<-chan struct{}, func()) { return requests(syscall.SIGUSR1) }
func flushRequests() (<-chan struct{}, func())      { return requests(syscall.SIGUSR2) }

func requests(signum os.Signal) (requests <-chan struct{}, forget func()) {
	signals, out := make(chan os.Signal, 1), make(chan struct{})
	end := make(chan struct{})
	signal.Notify(signals, signum)
	go func() {
		for {
			select {
			case <-signals:
			case <-end:
				return
			}
			select {
			case out <- struct{}{}:
			case <-end:
				return
			}
		}
	}()
	return out, func() { signal.Stop(signals); close(end) }
}

// dropPrivileges makes the process a user's.
func dropPrivileges(name string) error {
	u, err := user.Lookup(name)
	if err != nil {
		return fmt.Errorf("Couldn't find user '%.32s'", name)
	}
	uid, uidErr := strconv.Atoi(u.Uid)
	gid, gidErr := strconv.Atoi(u.Gid)
	if err := errors.Join(uidErr, gidErr); err != nil {
		return err
	}
	ids, err := u.GroupIds()
	if err != nil {
		return err
	}
	groups := []int{gid}
	for _, id := range ids {
		if g, err := strconv.Atoi(id); err == nil && g != gid {
			groups = append(groups, g)
		}
	}
	for _, step := range []func() error{
		func() error { return syscall.Setgroups(groups) },
		func() error { return syscall.Setgid(gid) },
		func() error { return syscall.Setuid(uid) },
	} {
		if err := step(); err != nil {
			return fmt.Errorf("Couldn't change to '%.32s' uid=%d gid=%d: %w", name, uid, gid, err)
		}
	}
	return nil
}
