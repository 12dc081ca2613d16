package tap

import (
	"fmt"
	"os"
	"sync"

	"golang.org/x/sys/unix"

	"thinnet/link"
	"thinnet/packet"
	"thinnet/wire"
)

// maxOverhead is what a frame has beyond the MTU: an Ethernet header and one
// 802.1Q tag.
const maxOverhead = wire.EthernetLen + wire.VLANLen

// maxIP is the longest IP packet, in bytes.
const maxIP = 65535

// Device is an open interface. It takes super-segments and pending checksums, and
// delivers what the kernel leaves undone as such.
type Device struct {
	name      string
	mtu       int
	headers   link.HeaderType
	datagrams bool // the kernel splits runs of datagrams
	queues    []*queue
	readers   sync.WaitGroup
	closing   func(fd int)                    // before the first queue is closed; may be nil
	dropped   func(fd int, drops *link.Drops) // adds what the kernel dropped since; may be nil

	mu       sync.Mutex // guards the rest
	receiver link.Receiver
	stats    link.Stats
	closed   bool
}

// addQueue takes over fd, which is open for reading and writing without blocking.
func (d *Device) addQueue(fd int, path string) error {
	file := os.NewFile(uintptr(fd), path)
	conn, err := file.SyscallConn()
	if err != nil {
		file.Close()
		return fmt.Errorf("tap: %s: %w", d.name, err)
	}
	d.queues = append(d.queues, newQueue(d, file, conn))
	return nil
}

// start begins to read. It closes the device if it fails.
func (d *Device) start() error {
	var err error
	if d.mtu, err = interfaceMTU(d.name); err != nil {
		d.Close()
		return fmt.Errorf("tap: MTU of %s: %w", d.name, err)
	}
	for _, q := range d.queues {
		d.readers.Go(q.read)
	}
	return nil
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
func (d *Device) Capabilities() link.Capabilities {
	return link.Capabilities{MTU: d.mtu, MaxSegmented: maxIP, Checksum: true, Headers: d.headers}
}

// headerLen returns the length of a frame's link header without tags, in bytes.
func (d *Device) headerLen() int {
	if d.headers == link.HeaderNone {
		return 0
	}
	return wire.EthernetLen
}

// maxFrame returns the length of the longest frame, in bytes.
func (d *Device) maxFrame(s packet.Segmentation) int {
	n := d.mtu
	if s != packet.SegmentNone {
		n = maxIP
	}
	if d.headers == link.HeaderNone {
		return n
	}
	return n + maxOverhead
}

// SetReceiver implements [link.Device]. With several queues the receiver is
// called from several goroutines at once.
func (d *Device) SetReceiver(r link.Receiver) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.receiver = r
}

// Stats implements [link.Device].
func (d *Device) Stats() link.Stats {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.dropped != nil {
		for _, q := range d.queues {
			_ = q.control(func(fd int) error { d.dropped(fd, &d.stats.Drops); return nil })
		}
	}
	return d.stats
}

// Close implements [link.Device]. It waits for a delivery that is under way, and
// so must not be called from within one.
func (d *Device) Close() error {
	d.mu.Lock()
	closed := d.closed
	d.closed = true
	d.mu.Unlock()
	if closed {
		d.readers.Wait()
		return nil
	}
	var err error
	for i, q := range d.queues {
		if i == 0 && d.closing != nil {
			_ = q.control(func(fd int) error { d.closing(fd); return nil })
		}
		if e := q.file.Close(); err == nil {
			err = e
		}
	}
	d.readers.Wait()
	return err
}

// deliver counts what came in and hands it to the receiver.
func (d *Device) deliver(in *packet.Batch, drops *link.Drops) {
	d.mu.Lock()
	r := d.receiver
	if r == nil {
		drops[link.DropDown] += uint64(in.Len())
		in.Release()
	}
	d.stats.RxPackets += uint64(in.Len())
	for i := range in.Len() {
		d.stats.RxBytes += uint64(in.At(i).Len())
	}
	addDrops(&d.stats.Drops, drops)
	d.mu.Unlock()
	*drops = link.Drops{}
	if r != nil && in.Len() > 0 {
		r.DeliverBatch(in)
	}
}

func addDrops(sum, d *link.Drops) {
	for i, n := range d {
		sum[i] += n
	}
}

// WriteBatch implements [link.Device].
func (d *Device) WriteBatch(b *packet.Batch) {
	for i, q := range d.queues {
		sent := q.writeBatch(b, i)
		d.mu.Lock()
		d.stats.TxPackets += sent.TxPackets
		d.stats.TxBytes += sent.TxBytes
		addDrops(&d.stats.Drops, &sent.Drops)
		d.mu.Unlock()
	}
	b.Release()
}
