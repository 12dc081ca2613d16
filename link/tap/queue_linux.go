package tap

import (
	"encoding/binary"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"thinnet/link"
	"thinnet/link/segment"
	"thinnet/packet"
	"thinnet/wire"
)

// A reader delivers when it has this many packets or bytes, or when there are no
// more: enough to share the cost of a delivery, few enough to stay in the cache.
const (
	burst      = 64
	burstBytes = 256 << 10
)

// transportHeaders is how much of a packet is read into its head, behind the link
// header: IPv4, and TCP with timestamps. What follows is payload, nearly always.
const transportHeaders = wire.IPv4MinLen + wire.TCPMinLen + 12

// queue is one file of an interface: a goroutine reads from it, and one at a time
// writes to it.
type queue struct {
	d    *Device
	file *os.File
	conn syscall.RawConn
	ring *ring // of a packet socket; otherwise nil
	dead bool  // the interface is gone

	// The reader's.
	in    packet.Batch
	drops link.Drops
	vnet  [vnetLen]byte
	head  [wire.EthernetLen + transportHeaders]byte
	slabs [2]*packet.Slab // payloads are read into the one, and then the next
	used  int             // of the first one, in bytes
	iov   [4][]byte

	// The writer's.
	writing sync.Mutex
	out     *packet.Batch
	index   int // this queue's
	sent    link.Stats
	outVnet [vnetLen]byte
	outIov  [4][]byte
	split   packet.Batch
	write   func(fd uintptr) bool
}

func newQueue(d *Device, file *os.File, conn syscall.RawConn) *queue {
	q := &queue{d: d, file: file, conn: conn}
	q.write = q.writeAll
	return q
}

// control runs f with the file's descriptor.
func (q *queue) control(f func(fd int) error) error {
	var err error
	if e := q.conn.Control(func(fd uintptr) { err = f(int(fd)) }); e != nil {
		return e
	}
	return err
}

// read is the reader's goroutine. Close, or the end of the interface, ends it.
func (q *queue) read() {
	for i := range q.slabs {
		q.slabs[i] = packet.NewSlab(packet.LargeSlab)
	}
	fill := q.fill
	for !q.dead {
		if err := q.conn.Read(fill); err != nil {
			break
		}
		q.d.deliver(&q.in, &q.drops)
	}
	for _, s := range q.slabs {
		s.Release()
	}
	if q.ring != nil {
		q.ring.close()
	}
}

// fill reads what the kernel has sent, a burst at most. It reports whether there
// is anything to do; otherwise it is called again when there is.
func (q *queue) fill(fd uintptr) bool {
	for bytes := 0; q.in.Len() < burst && bytes < burstBytes; {
		head := q.head[:q.d.headerLen()+transportHeaders]
		q.iov = [4][]byte{q.vnet[:], head, q.slabs[0].B[q.used:], q.slabs[1].B}
		n, tag, err := q.readFrame(int(fd))
		switch {
		case err == unix.EAGAIN:
			return q.in.Len() > 0 || q.drops != link.Drops{}
		case err == unix.EINTR:
		case err == unix.ENOBUFS:
			q.drops[link.DropQueueFull]++
		case err == unix.ENETDOWN: // a packet socket's interface went down: it may come up again
		case err != nil:
			q.drops[link.DropError]++
			q.dead = true
			return true
		case n < vnetLen+q.d.headerLen():
			q.drops[link.DropTooShort]++
		default:
			if why := q.load(head, n-vnetLen, tag); why != link.NumDropReasons {
				q.drops[why]++
			}
			bytes += n
		}
	}
	return true
}

// readFrame reads a frame into iov, from the ring if there is one. tag is one that
// belongs into it, or 0.
func (q *queue) readFrame(fd int) (n int, tag uint32, err error) {
	if q.ring != nil {
		return q.ring.readv(fd, q.iov[:])
	}
	n, err = unix.Readv(fd, q.iov[:])
	return n, 0, err
}

// load makes a packet of the n bytes that were read, and of a tag if that is not 0.
// It returns why it was dropped, NumDropReasons if it was not.
func (q *queue) load(head []byte, n int, tag uint32) link.DropReason {
	if n > q.d.maxFrame(packet.SegmentTCP) {
		return link.DropTooLong // and cut off
	}
	p := q.in.New()
	head = head[:min(n, len(head))]
	rest := n - len(head)
	if tag != 0 {
		const addresses = wire.EthernetLen - 2
		copy(p.Append(addresses), head)
		binary.BigEndian.PutUint32(p.Append(wire.VLANLen), tag)
		head = head[addresses:]
		moveVnet(&q.vnet, wire.VLANLen)
	}
	copy(p.Append(len(head)), head)
	if q.d.headers == link.HeaderEthernet {
		p.NetworkOffset = networkOffset(p.Head())
	}
	q.attach(p, rest)
	why := link.NumDropReasons
	switch {
	case !applyVnet(&q.vnet, p):
		why = link.DropBadFrame
	case n > q.d.maxFrame(p.Segmentation):
		why = link.DropTooLong
	default:
		return why
	}
	p.Release()
	q.in.Drop()
	return why
}

// attach adds the n bytes that were read into the slabs. Few of them are copied:
// a byte must not keep a slab.
func (q *queue) attach(p *packet.Packet, n int) {
	first := q.slabs[0].B[q.used:]
	if n <= p.Tailroom() && n <= len(first) {
		copy(p.Append(n), first)
		return
	}
	k := min(n, len(first))
	if k > 0 {
		p.Attach(q.slabs[0], q.used, k)
	}
	if n > k {
		p.Attach(q.slabs[1], 0, n-k)
	}
	if q.used += n; q.used >= packet.LargeSlab {
		q.used -= packet.LargeSlab
		q.slabs[0].Release()
		q.slabs[0], q.slabs[1] = q.slabs[1], packet.NewSlab(packet.LargeSlab)
	}
}

// writeBatch writes the packets that belong to this queue, the index-th.
func (q *queue) writeBatch(b *packet.Batch, index int) link.Stats {
	q.writing.Lock()
	defer q.writing.Unlock()
	q.out, q.index, q.sent = b, index, link.Stats{}
	if err := q.conn.Write(q.write); err != nil {
		for i := range b.Len() {
			if q.owns(b.At(i)) {
				q.sent.Drops[link.DropDown]++
			}
		}
	}
	q.out = nil
	return q.sent
}

// owns reports whether a packet's flow belongs to this queue.
func (q *queue) owns(p *packet.Packet) bool {
	n := len(q.d.queues)
	return n == 1 || int(flowHash(p)%uint32(n)) == q.index
}

// writeAll writes every packet once: a queue is the business of whoever writes.
func (q *queue) writeAll(fd uintptr) bool {
	for i := range q.out.Len() {
		p := q.out.At(i)
		switch {
		case !q.owns(p):
		case p.Segmentation == packet.SegmentUDP && !q.d.datagrams:
			q.writeDatagrams(int(fd), p)
		default:
			q.writePacket(int(fd), p)
		}
	}
	return true
}

// writeDatagrams writes a run of datagrams one by one, to a kernel that does not
// split it.
func (q *queue) writeDatagrams(fd int, p *packet.Packet) {
	if !segment.Split(p, &q.split) {
		q.sent.Drops[link.DropBadFrame]++
		return
	}
	for i := range q.split.Len() {
		q.writePacket(fd, q.split.At(i))
	}
	q.split.Release()
}

// writePacket writes one packet, and counts it.
func (q *queue) writePacket(fd int, p *packet.Packet) {
	if why := q.tryWrite(fd, p); why != link.NumDropReasons {
		q.sent.Drops[why]++
		return
	}
	q.sent.TxPackets++
	q.sent.TxBytes += uint64(p.Len())
}

// tryWrite returns why the packet was dropped, NumDropReasons if it was not.
func (q *queue) tryWrite(fd int, p *packet.Packet) link.DropReason {
	switch n := p.Len(); {
	case n < q.d.headerLen() || n == 0:
		return link.DropTooShort
	case n > q.d.maxFrame(p.Segmentation):
		return link.DropTooLong
	case !putVnet(&q.outVnet, p):
		return link.DropBadFrame
	}
	iov := append(q.outIov[:0], q.outVnet[:], p.Head())
	for _, f := range p.Frags() {
		iov = append(iov, f.Bytes())
	}
	for {
		_, err := unix.Writev(fd, iov)
		switch err {
		case nil:
			return link.NumDropReasons
		case unix.EINTR:
		case unix.EAGAIN, unix.ENOBUFS:
			return link.DropQueueFull
		case unix.EIO, unix.ENETDOWN: // the interface is down (tun_get_user, packet_snd)
			return link.DropDown
		case unix.EINVAL: // headers that the kernel finds impossible
			return link.DropBadFrame
		case unix.EMSGSIZE:
			return link.DropTooLong
		default:
			return link.DropError
		}
	}
}
