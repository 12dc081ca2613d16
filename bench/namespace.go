package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// namespace is a network namespace besides the process's own. It has no name, so
// that it is gone when nothing refers to it.
type namespace struct{ fd int }

// newNamespace makes one, with its loopback interface up.
func newNamespace() (*namespace, error) {
	n := &namespace{}
	err := onThread(func() (err error) {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("network namespace: %w", err)
		}
		n.fd, err = unix.Open("/proc/thread-self/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0)
		return err
	})
	if err != nil {
		return nil, err
	}
	return n, n.run("ip link set lo up")
}

// namespaces reports whether this process may make any, and interfaces in them.
var namespaces = sync.OnceValue(func() bool {
	_, noIP := exec.LookPath("ip")
	_, noTUN := os.Stat("/dev/net/tun")
	return noIP == nil && noTUN == nil && onThread(func() error { return unix.Unshare(unix.CLONE_NEWNET) }) == nil
})

// onThread runs f in a thread of its own, which ends with it.
func onThread(f func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked
		done <- f()
	}()
	return <-done
}

// do runs f in the namespace: sockets that it opens and programs that it starts
// belong there.
func (n *namespace) do(f func() error) error {
	return onThread(func() error {
		if err := unix.Setns(n.fd, unix.CLONE_NEWNET); err != nil {
			return err
		}
		return f()
	})
}

// run runs commands there.
func (n *namespace) run(commands ...string) error {
	return n.do(func() error { return run(commands...) })
}

func (n *namespace) Close() error { return unix.Close(n.fd) }

// run runs commands in the namespace of the calling thread, one after the other.
func run(commands ...string) error {
	for _, c := range commands {
		words := strings.Fields(c)
		if out, err := exec.Command(words[0], words[1:]...).CombinedOutput(); err != nil {
			return errors.Join(fmt.Errorf("%s: %w", c, err), errors.New(strings.TrimSpace(string(out))))
		}
	}
	return nil
}
