package live

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"thinnet/capture"
	"thinnet/capture/pcapfilter"
	"thinnet/capture/tcpdump"
)

// device is a capture on one interface, or on all.
type device struct {
	options tcpdump.CaptureOptions
	index   int // of the interface; 0: all
	link    capture.LinkType
	ring    *ring
	filter  *pcapfilter.Program // that runs here; nil if it runs in the kernel
	buf     []byte              // of a packet that is put together here
	matched atomic.Uint64       // packets, by the filter that runs here
	ended   bool                // nothing new comes into the ring

	mu       sync.Mutex // of what Counters uses
	fd       int        // -1 once closed
	counters tcpdump.Counters
}

// Open opens a device: an interface by its name, or [Any]. Nothing is captured
// before SetFilter.
func Open(name string, o tcpdump.CaptureOptions) (tcpdump.Live, error) {
	d := &device{options: o, link: capture.LinkTypeLinuxSLL2}
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	switch {
	case errors.Is(err, unix.EPERM):
		return nil, fmt.Errorf("%w\n(Attempt to create packet socket failed - CAP_NET_RAW may be required)", tcpdump.ErrPermission)
	case err != nil:
		return nil, err
	}
	d.fd = fd
	if err := d.open(name); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

func (d *device) open(name string) error {
	if name != Any {
		iface, err := net.InterfaceByName(name)
		if err != nil {
			return tcpdump.ErrNoDevice
		}
		if iface.Flags&net.FlagUp == 0 {
			return errors.New("That device is not up")
		}
		d.index = iface.Index
		if d.link, err = hardwareLinkType(d.fd, name); err != nil {
			return err
		}
	}
	if want := d.options.LinkType; d.options.HasLinkType && want != d.link {
		if name != Any || want != capture.LinkTypeLinuxSLL {
			return fmt.Errorf("%s is not one of the DLTs supported by this device", want)
		}
		d.link = want
	}
	if d.cooked() {
		// Without link headers, which differ from interface to interface.
		unix.Close(d.fd)
		var err error
		if d.fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0); err != nil {
			return err
		}
	}
	if d.options.Promiscuous && d.index != 0 {
		mreq := unix.PacketMreq{Ifindex: int32(d.index), Type: unix.PACKET_MR_PROMISC}
		if err := unix.SetsockoptPacketMreq(d.fd, unix.SOL_PACKET, unix.PACKET_ADD_MEMBERSHIP, &mreq); err != nil {
			return fmt.Errorf("setsockopt (PACKET_ADD_MEMBERSHIP): %w", err)
		}
	}
	var err error
	d.ring, err = newRing(d.fd, d.options.Buffer, d.options.Immediate)
	return err
}

// cooked says whether packets get a cooked header here.
func (d *device) cooked() bool {
	return d.link == capture.LinkTypeLinuxSLL || d.link == capture.LinkTypeLinuxSLL2
}

// LinkType returns what the packets start with.
func (d *device) LinkType() capture.LinkType { return d.link }

// FilterSource returns SourceKernel where the kernel sees packets as they are
// handed out, without a cooked header.
func (d *device) FilterSource() pcapfilter.Source {
	if d.cooked() {
		return pcapfilter.SourceLive
	}
	return pcapfilter.SourceKernel
}

// SetFilter starts the capture.
func (d *device) SetFilter(compile func(pcapfilter.Source) (*pcapfilter.Program, error)) error {
	p, err := compile(d.FilterSource())
	if err != nil {
		return err
	}
	if d.cooked() || p.Loops() || attach(d.fd, p.Instructions()) != nil {
		// The kernel has reasons of its own to refuse a program, such as a
		// scratch cell that may be read before it is set.
		if d.filter, err = compile(pcapfilter.SourceLive); err != nil {
			return err
		}
	}
	if err := unix.Bind(d.fd, &unix.SockaddrLinklayer{Protocol: networkOrder(unix.ETH_P_ALL), Ifindex: d.index}); err != nil {
		return err
	}
	if group := d.options.Fanout; group != 0 {
		const mode = unix.PACKET_FANOUT_HASH | unix.PACKET_FANOUT_FLAG_DEFRAG
		value := uint32(group) | mode<<16 // where an int has 32 bits, it has a sign
		if err := unix.SetsockoptInt(d.fd, unix.SOL_PACKET, unix.PACKET_FANOUT, int(int32(value))); err != nil {
			return fmt.Errorf("can't join fanout group %d: %w", group, err)
		}
	}
	return nil
}

// attach makes a program the socket's filter.
func attach(fd int, program []pcapfilter.Instruction) error {
	code := make([]unix.SockFilter, len(program))
	for i, in := range program {
		code[i] = unix.SockFilter{Code: in.Op, Jt: in.Jt, Jf: in.Jf, K: in.K}
	}
	return unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: uint16(len(code)), Filter: &code[0]})
}

// nothing is the filter of a capture that is ending.
var nothing = []pcapfilter.Instruction{{Op: unix.BPF_RET | unix.BPF_K}}

// Next waits for a packet.
func (d *device) Next(ctx context.Context) (capture.Packet, error) {
	for {
		f, ok := d.ring.next()
		if !ok {
			if err := d.wait(ctx); err != nil {
				return capture.Packet{}, err
			}
			continue
		}
		if p, ok := d.packet(f); ok {
			return p, nil
		}
	}
}

// wait waits until the ring has more. The error is io.EOF when ctx has ended and
// the ring has come to rest.
func (d *device) wait(ctx context.Context) error {
	timeout := 100 * time.Millisecond // until ctx is looked at again
	if ctx.Err() != nil {
		if !d.ended {
			d.ended = true
			// If the kernel refuses it, what comes meanwhile is printed too.
			_ = attach(d.fd, nothing)
		}
		timeout = 2 * retireTime // what is in the ring is handed over by then
	}
	fds := []unix.PollFd{{Fd: int32(d.fd), Events: unix.POLLIN}}
	n, err := unix.Poll(fds, int(timeout/time.Millisecond))
	switch {
	case err == unix.EINTR:
		return nil
	case err != nil:
		return fmt.Errorf("can't poll on packet socket: %w", err)
	case n == 0 && d.ended:
		return io.EOF
	case n > 0 && fds[0].Revents&unix.POLLERR != 0:
		if v, err := unix.GetsockoptInt(d.fd, unix.SOL_SOCKET, unix.SO_ERROR); err == nil && unix.Errno(v) == unix.ENETDOWN {
			if _, err := net.InterfaceByIndex(d.index); d.index != 0 && err != nil {
				return errors.New("The interface disappeared")
			}
			if d.index != 0 {
				return errors.New("The interface went down")
			}
		}
	}
	return nil
}

// Pending says whether a packet waits.
func (d *device) Pending() bool { return d.ring.pending() }

// Counters returns the kernel's counters; of a filter that runs here, what that
// took.
func (d *device) Counters() tcpdump.Counters {
	d.mu.Lock()
	defer d.mu.Unlock()
	// Asking sets them to 0.
	if d.fd >= 0 {
		if s, err := unix.GetsockoptTpacketStatsV3(d.fd, unix.SOL_PACKET, unix.PACKET_STATISTICS); err == nil {
			d.counters.Received += uint64(s.Packets)
			d.counters.Dropped += uint64(s.Drops)
		}
	}
	n := d.counters
	if d.filter != nil {
		n.Received = d.matched.Load() + n.Dropped
	}
	return n
}

// Close ends the capture.
func (d *device) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fd < 0 {
		return nil
	}
	err := errors.Join(d.ring.close(), unix.Close(d.fd))
	d.fd = -1
	return err
}

func networkOrder(v uint16) uint16 {
	b := [2]byte{byte(v >> 8), byte(v)}
	return hostOrder.Uint16(b[:])
}
