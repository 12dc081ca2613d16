package stack

import (
	"errors"
	"syscall"

	"thinnet/network"
	"thinnet/transport/udp"
	"thinnet/wire"
)

// errno gives an error of the lower layers the number that programs test for,
// wrapped around what it says.
func errno(err error) error {
	for _, e := range []struct {
		err error
		no  syscall.Errno
	}{
		{network.ErrNoRoute, syscall.ENETUNREACH},
		{network.ErrHostUnreachable, syscall.EHOSTUNREACH},
		{network.ErrNoAddress, syscall.EADDRNOTAVAIL},
		{network.ErrTooLong, syscall.EMSGSIZE},
		{network.ErrDown, syscall.ENETDOWN},
		{network.ErrDropped, syscall.EPERM},
		{udp.ErrInUse, syscall.EADDRINUSE},
	} {
		if errors.Is(err, e.err) {
			return e.no
		}
	}
	return err
}

// icmpError gives the error that Linux gives for an ICMP message, and whether it
// is one that ends a connectionless exchange (RFC 1122, section 4.1.3.3).
func icmpError(e *network.Error) error {
	switch e.Type {
	case wire.ICMPv4Unreachable:
		switch e.Code {
		case wire.ICMPv4NetUnreachable:
			return syscall.ENETUNREACH
		case wire.ICMPv4ProtocolUnreachable:
			return syscall.ENOPROTOOPT
		case wire.ICMPv4PortUnreachable:
			return syscall.ECONNREFUSED
		case wire.ICMPv4FragmentationNeeded:
			return syscall.EMSGSIZE
		default:
			return syscall.EHOSTUNREACH
		}
	case wire.ICMPv4TimeExceeded:
		return syscall.EHOSTUNREACH
	case wire.ICMPv4ParamProblem:
		return syscall.EPROTO
	}
	return nil
}
