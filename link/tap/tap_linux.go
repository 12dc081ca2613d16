package tap

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"thinnet/link"
	"thinnet/packet"
	"thinnet/wire"
)

const (
	// burst is how many frames are read before they are delivered.
	burst = 64
	// maxOverhead is what a frame has beyond the MTU: an Ethernet header and
	// one 802.1Q tag.
	maxOverhead = wire.EthernetLen + wire.VLANLen
)

// Device is an open TAP interface. It takes neither super-segments nor pending
// checksums: package offload does.
type Device struct {
	name string
	mtu  int
	file *os.File
	conn syscall.RawConn
	done chan struct{} // closed when the reader has ended

	mu       sync.Mutex // guards the next two
	receiver link.Receiver
	stats    link.Stats

	// The reader's.
	in      packet.Batch
	inDrops link.Drops
	slab    *packet.Slab // to read into
	dead    bool         // the interface is gone

	// The writer's, one at a time.
	writing sync.Mutex
	out     *packet.Batch
	sent    link.Stats
	flat    []byte // a frame whose pieces are put together
	write   func(fd uintptr) bool
}

// Open opens the interface, and makes it if need be. It needs CAP_NET_ADMIN. The
// MTU is the interface's at this time.
func Open(cfg Config) (*Device, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("tap: open /dev/net/tun: %w (is the kernel's module tun loaded?)", err)
	}
	name, mtu, err := attach(fd, cfg)
	if err != nil {
		unix.Close(fd)
		return nil, err
	}
	// Only a descriptor that is attached can be waited for.
	file := os.NewFile(uintptr(fd), "/dev/net/tun")
	conn, err := file.SyscallConn()
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("tap: %s: %w", name, err)
	}
	d := &Device{name: name, mtu: mtu, file: file, conn: conn, done: make(chan struct{}), flat: make([]byte, mtu+maxOverhead)}
	d.write = d.writeAll
	go d.read()
	return d, nil
}

// attach makes fd the file of the interface and returns its name and MTU.
func attach(fd int, cfg Config) (name string, mtu int, err error) {
	req, err := unix.NewIfreq(cfg.Name)
	if err != nil {
		return "", 0, fmt.Errorf("tap: interface name %q: %w", cfg.Name, err)
	}
	req.SetUint16(unix.IFF_TAP | unix.IFF_NO_PI)
	switch err := unix.IoctlIfreq(fd, unix.TUNSETIFF, req); {
	case errors.Is(err, unix.EPERM):
		return "", 0, fmt.Errorf("tap: open %q: %w: want root, or CAP_NET_ADMIN", cfg.Name, err)
	case errors.Is(err, unix.EBUSY):
		return "", 0, fmt.Errorf("tap: open %q: %w: another program has it open", cfg.Name, err)
	case err != nil:
		return "", 0, fmt.Errorf("tap: open %q: %w: want a TAP interface, or the name of none", cfg.Name, err)
	}
	name = req.Name()
	if cfg.Persist {
		if err := unix.IoctlSetInt(fd, unix.TUNSETPERSIST, 1); err != nil {
			return "", 0, fmt.Errorf("tap: keep %s: %w", name, err)
		}
	}
	mtu, err = interfaceMTU(name)
	if err != nil {
		return "", 0, fmt.Errorf("tap: MTU of %s: %w", name, err)
	}
	return name, mtu, nil
}

func interfaceMTU(name string) (int, error) {
	s, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	defer unix.Close(s)
	req, err := unix.NewIfreq(name)
	if err != nil {
		return 0, err
	}
	if err := unix.IoctlIfreq(s, unix.SIOCGIFMTU, req); err != nil {
		return 0, err
	}
	return int(req.Uint32()), nil
}

// Name returns the interface's name.
func (d *Device) Name() string { return d.name }

// Capabilities implements [link.Device].
func (d *Device) Capabilities() link.Capabilities { return link.Capabilities{MTU: d.mtu} }

// SetReceiver implements [link.Device].
func (d *Device) SetReceiver(r link.Receiver) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.receiver = r
}

// Stats implements [link.Device].
func (d *Device) Stats() link.Stats {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.stats
}

// Close implements [link.Device]. It waits for a delivery that is under way, and
// so must not be called from within one.
func (d *Device) Close() error {
	err := d.file.Close()
	<-d.done
	if errors.Is(err, os.ErrClosed) {
		return nil
	}
	return err
}

// read is the reader's goroutine. Close, or the end of the interface, ends it.
func (d *Device) read() {
	defer close(d.done)
	fill := d.fill
	for !d.dead {
		if err := d.conn.Read(fill); err != nil {
			break
		}
		d.deliver()
	}
	if d.slab != nil {
		d.slab.Release()
	}
}

// fill reads what the kernel has sent, burst frames at most. It reports whether
// there is anything to do; otherwise it is called again when there is.
func (d *Device) fill(fd uintptr) bool {
	for d.in.Len() < burst {
		if d.slab == nil {
			d.slab = packet.NewSlab(min(d.mtu+maxOverhead+1, packet.LargeSlab))
		}
		n, err := unix.Read(int(fd), d.slab.B)
		switch {
		case err == unix.EAGAIN:
			return d.in.Len() > 0 || d.inDrops != link.Drops{}
		case err == unix.EINTR:
		case err != nil:
			d.inDrops[link.DropError]++
			d.dead = true
			return true
		case n < wire.EthernetLen:
			d.inDrops[link.DropTooShort]++
		case n > d.mtu+maxOverhead || n == len(d.slab.B): // the kernel cuts off what finds no room
			d.inDrops[link.DropTooLong]++
		default:
			d.in.New().Load(d.slab, 0, n)
			d.slab = nil
		}
	}
	return true
}

// deliver counts what was read and hands it to the receiver.
func (d *Device) deliver() {
	d.mu.Lock()
	r := d.receiver
	if r == nil {
		d.inDrops[link.DropDown] += uint64(d.in.Len())
		d.in.Release()
	}
	d.stats.RxPackets += uint64(d.in.Len())
	for i := range d.in.Len() {
		d.stats.RxBytes += uint64(d.in.At(i).Len())
	}
	addDrops(&d.stats.Drops, &d.inDrops)
	d.mu.Unlock()
	d.inDrops = link.Drops{}
	if r != nil && d.in.Len() > 0 {
		r.DeliverBatch(&d.in)
	}
}

func addDrops(sum, d *link.Drops) {
	for i, n := range d {
		sum[i] += n
	}
}

// WriteBatch implements [link.Device].
func (d *Device) WriteBatch(b *packet.Batch) {
	d.writing.Lock()
	defer d.writing.Unlock()
	d.out, d.sent = b, link.Stats{}
	if err := d.conn.Write(d.write); err != nil {
		d.sent.Drops[link.DropDown] += uint64(b.Len())
	}
	d.out = nil
	b.Release()

	d.mu.Lock()
	defer d.mu.Unlock()
	d.stats.TxPackets += d.sent.TxPackets
	d.stats.TxBytes += d.sent.TxBytes
	addDrops(&d.stats.Drops, &d.sent.Drops)
}

// writeAll writes every frame once: a queue is the business of whoever writes.
func (d *Device) writeAll(fd uintptr) bool {
	for i := range d.out.Len() {
		p := d.out.At(i)
		if why := d.writeFrame(int(fd), p); why != link.NumDropReasons {
			d.sent.Drops[why]++
			continue
		}
		d.sent.TxPackets++
		d.sent.TxBytes += uint64(p.Len())
	}
	return true
}

// writeFrame returns why the frame was dropped, NumDropReasons if it was not.
func (d *Device) writeFrame(fd int, p *packet.Packet) link.DropReason {
	switch n := p.Len(); {
	case n < wire.EthernetLen:
		return link.DropTooShort
	case p.Segmentation != packet.SegmentNone || p.Checksum == packet.ChecksumPartial:
		return link.DropBadFrame
	case n > d.mtu+maxOverhead:
		return link.DropTooLong
	}
	frame := p.Head()
	if len(p.Frags()) > 0 {
		// One copy of a frame costs less than a vector for the kernel to walk.
		frame = d.flat[:p.CopyTo(d.flat, 0)]
	}
	for {
		_, err := unix.Write(fd, frame)
		switch err {
		case nil:
			return link.NumDropReasons
		case unix.EINTR:
		case unix.EAGAIN:
			return link.DropQueueFull
		case unix.EIO: // the interface is down (tun_get_user)
			return link.DropDown
		default:
			return link.DropError
		}
	}
}
