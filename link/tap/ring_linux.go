package tap

import (
	"fmt"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"

	"thinnet/wire"
)

// Sizes of a packet socket's ring, in bytes and in frames. A frame has room for one
// of Ethernet's MTU behind its headers; a block is what the kernel allocates at once.
const (
	ringFrame  = 2 << 10
	ringFrames = 2048
	ringBlock  = 64 << 10
)

// ring is the memory that the kernel writes frames into (TPACKET_V2,
// Documentation/networking/packet_mmap.rst), so that small ones are read without
// system calls. Of what is longer than its frame there it queues the whole
// (PACKET_COPY_THRESH), which is read right into slabs: that saves a copy of 64 KiB.
// A frame belongs to the kernel or to us, as its status says.
//
// The third version of the ring hands over a block that is not full after a
// millisecond only.
type ring struct {
	memory []byte
	next   int // frame to read
}

// newRing gives a packet socket its ring.
func newRing(fd int) (*ring, error) {
	if err := unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_VERSION, unix.TPACKET_V2); err != nil {
		return nil, fmt.Errorf("PACKET_VERSION: %w", err)
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_COPY_THRESH, 1); err != nil {
		return nil, fmt.Errorf("PACKET_COPY_THRESH: %w", err)
	}
	req := unix.TpacketReq{Block_size: ringBlock, Block_nr: ringFrames * ringFrame / ringBlock, Frame_size: ringFrame, Frame_nr: ringFrames}
	if err := unix.SetsockoptTpacketReq(fd, unix.SOL_PACKET, unix.PACKET_RX_RING, &req); err != nil {
		return nil, fmt.Errorf("PACKET_RX_RING: %w", err)
	}
	memory, err := unix.Mmap(fd, 0, ringFrame*ringFrames, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("mmap: %w", err)
	}
	return &ring{memory: memory}, nil
}

// readv reads the next frame, its virtio-net header in front, into the pieces of
// iov, as readv(2) does from the socket fd. The error is EAGAIN if there is none,
// and ENOBUFS if it did not fit. tag is the 802.1Q tag that the kernel has taken out
// of it, or 0.
func (r *ring) readv(fd int, iov [][]byte) (n int, tag uint32, err error) {
	frame := r.memory[r.next*ringFrame:][:ringFrame]
	h := (*unix.Tpacket2Hdr)(unsafe.Pointer(&frame[0]))
	status := atomic.LoadUint32(&h.Status)
	if status&unix.TP_STATUS_USER == 0 {
		return 0, 0, unix.EAGAIN
	}
	if status&unix.TP_STATUS_VLAN_VALID != 0 {
		tag = uint32(h.Vlan_tpid)<<16 | uint32(h.Vlan_tci)
		if h.Vlan_tpid == 0 {
			tag |= uint32(wire.EtherTypeVLAN) << 16
		}
	}
	switch {
	case status&unix.TP_STATUS_COPY != 0:
		for n, err = unix.Readv(fd, iov); err == unix.EINTR; {
			n, err = unix.Readv(fd, iov)
		}
	case h.Len > h.Snaplen:
		err = unix.ENOBUFS // no room for the whole
	default:
		start := max(int(h.Mac)-vnetLen, 0)
		data := frame[start:min(start+vnetLen+int(h.Snaplen), ringFrame)]
		for i := 0; i < len(iov) && n < len(data); i++ {
			n += copy(iov[i], data[n:])
		}
	}
	atomic.StoreUint32(&h.Status, unix.TP_STATUS_KERNEL)
	r.next = (r.next + 1) % ringFrames
	return n, tag, err
}

func (r *ring) close() { _ = unix.Munmap(r.memory) }
