package socket

import (
	"context"
	"errors"
	"net"
	"os"
	"syscall"
)

// opError wraps an error of the host as package net wraps one of the kernel: an
// error number with the name of the system call that would have returned it.
func opError(op, call, network string, source, addr net.Addr, err error) error {
	if err == nil {
		return nil
	}
	no, isErrno := err.(syscall.Errno) // those of the host are not wrapped
	switch {
	case isErrno:
		err = os.NewSyscallError(call, no)
	case errors.Is(err, context.DeadlineExceeded):
		err = os.ErrDeadlineExceeded
	case errors.Is(err, context.Canceled):
		err = errCanceled{}
	}
	return &net.OpError{Op: op, Net: network, Source: source, Addr: addr, Err: err}
}

// errCanceled is context.Canceled in the words of package net.
type errCanceled struct{}

func (errCanceled) Error() string        { return "operation was canceled" }
func (errCanceled) Is(target error) bool { return target == context.Canceled }
