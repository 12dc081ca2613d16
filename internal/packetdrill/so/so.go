//go:build packetdrill && linux && cgo

// Package so is the library that packetdrill --so_filename loads: it gives a
// packetdrill.Host the shape of upstream's struct packetdrill_interface, which is
// in its packetdrill.h. glue.c is the C half; this is the Go half.
//
// It needs the tag packetdrill, upstream's header and a C compiler. run.sh builds
// it.
package main

// #include <stdint.h>
// #include <stddef.h>
// void thinnetArrived(void);
import "C"

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"syscall"
	"unsafe"

	"thinnet/internal/packetdrill"
)

func main() {} // what -buildmode=c-shared wants

// host is the one host under test. packetdrill makes one in a process.
var host *packetdrill.Host

//export thinnetInit
func thinnetInit() {
	// The address that upstream's run_all.py gives to IPv4 runs.
	h, err := packetdrill.New(netip.MustParsePrefix("192.168.0.1/16"), "/proc/sys/net/ipv4")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	h.Arrived = func() { C.thinnetArrived() }
	host = h
}

//export thinnetFree
func thinnetFree() { host.Close() }

func bytes(p unsafe.Pointer, n C.size_t) []byte { return unsafe.Slice((*byte)(p), int(n)) }

// fault is what a call returns whose buffer is NULL.
const fault = -C.long(syscall.EFAULT)

// address reads a sockaddr_in.
func address(p unsafe.Pointer) (a netip.AddrPort, family uint16) {
	b := bytes(p, syscall.SizeofSockaddrInet4)
	family = binary.NativeEndian.Uint16(b)
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte(b[4:8])), binary.BigEndian.Uint16(b[2:])), family
}

//export thinnetSocket
func thinnetSocket(domain, typ, protocol C.int) C.long {
	return C.long(host.Socket(int(domain), int(typ), int(protocol)))
}

//export thinnetBind
func thinnetBind(fd C.int, addr unsafe.Pointer) C.long {
	a, _ := address(addr)
	return C.long(host.Bind(int(fd), a))
}

//export thinnetListen
func thinnetListen(fd, backlog C.int) C.long { return C.long(host.Listen(int(fd), int(backlog))) }

//export thinnetAccept
func thinnetAccept(fd C.int, addr unsafe.Pointer) C.long {
	remote, n := host.Accept(int(fd))
	if n >= 0 {
		b := bytes(addr, syscall.SizeofSockaddrInet4)
		clear(b)
		binary.NativeEndian.PutUint16(b, syscall.AF_INET)
		binary.BigEndian.PutUint16(b[2:], remote.Port())
		ip := remote.Addr().As4()
		copy(b[4:], ip[:])
	}
	return C.long(n)
}

//export thinnetConnect
func thinnetConnect(fd C.int, addr unsafe.Pointer) C.long {
	a, family := address(addr)
	if family == syscall.AF_UNSPEC {
		return C.long(host.Disconnect(int(fd)))
	}
	return C.long(host.Connect(int(fd), a))
}

//export thinnetRecv
func thinnetRecv(fd C.int, buf unsafe.Pointer, n C.size_t, flags C.int) C.long {
	if buf == nil && n > 0 {
		C.thinnetArrived()
		return fault
	}
	return C.long(host.Recv(int(fd), bytes(buf, n), int(flags)))
}

//export thinnetSend
func thinnetSend(fd C.int, buf unsafe.Pointer, n C.size_t, flags C.int, addr unsafe.Pointer) C.long {
	if buf == nil && n > 0 {
		C.thinnetArrived()
		return fault
	}
	var to netip.AddrPort
	if addr != nil {
		if a, family := address(addr); family != syscall.AF_UNSPEC {
			to = a
		}
	}
	return C.long(host.Write(int(fd), bytes(buf, n), int(flags), to))
}

//export thinnetFcntl
func thinnetFcntl(fd, cmd C.int, arg C.long) C.long {
	return C.long(host.Fcntl(int(fd), int(cmd), int(arg)))
}

//export thinnetIoctl
func thinnetIoctl(fd C.int, request C.ulong, value *C.int) C.long {
	v, n := host.Ioctl(int(fd), uint(request))
	if value != nil {
		*value = C.int(v)
	}
	return C.long(n)
}

//export thinnetClose
func thinnetClose(fd C.int) C.long { return C.long(host.CloseFile(int(fd))) }

//export thinnetShutdown
func thinnetShutdown(fd, how C.int) C.long { return C.long(host.Shutdown(int(fd), int(how))) }

//export thinnetGetsockopt
func thinnetGetsockopt(fd, level, name C.int, v unsafe.Pointer, n C.size_t) C.long {
	return C.long(host.Getsockopt(int(fd), int(level), int(name), bytes(v, n)))
}

//export thinnetSetsockopt
func thinnetSetsockopt(fd, level, name C.int, v unsafe.Pointer, n C.size_t) C.long {
	return C.long(host.Setsockopt(int(fd), int(level), int(name), bytes(v, n)))
}

// A PollFD lies in memory as a struct pollfd does.
//
//export thinnetPoll
func thinnetPoll(fds unsafe.Pointer, n C.size_t, timeout C.int) C.long {
	return C.long(host.Poll(unsafe.Slice((*packetdrill.PollFD)(fds), int(n)), int(timeout)))
}

//export thinnetEpollCreate
func thinnetEpollCreate() C.long { return C.long(host.EpollCreate()) }

//export thinnetEpollCtl
func thinnetEpollCtl(epfd, op, fd C.int, events C.uint32_t, data C.uint64_t) C.long {
	e := packetdrill.EpollEvent{Events: uint32(events), Data: uint64(data)}
	return C.long(host.EpollCtl(int(epfd), int(op), int(fd), e))
}

//export thinnetEpollWait
func thinnetEpollWait(epfd C.int, events *C.uint32_t, data *C.uint64_t, n, timeout C.int) C.long {
	found := make([]packetdrill.EpollEvent, int(n))
	k := host.EpollWait(int(epfd), found, int(timeout))
	for i := range max(k, 0) {
		unsafe.Slice(events, int(n))[i] = C.uint32_t(found[i].Events)
		unsafe.Slice(data, int(n))[i] = C.uint64_t(found[i].Data)
	}
	return C.long(k)
}

//export thinnetDeliver
func thinnetDeliver(b unsafe.Pointer, n C.size_t) C.long { return C.long(host.Send(bytes(b, n))) }

//export thinnetReceive
func thinnetReceive(b unsafe.Pointer, n C.size_t, usec *C.longlong) C.long {
	k, at := host.Receive(bytes(b, n))
	*usec = C.longlong(at)
	return C.long(k)
}

//export thinnetSleep
func thinnetSleep(usec C.uint) { host.Sleep(uint32(usec)) }

//export thinnetEnded
func thinnetEnded() C.int { return C.int(host.Ended()) }

//export thinnetNow
func thinnetNow() C.longlong { return C.longlong(host.Now()) }
