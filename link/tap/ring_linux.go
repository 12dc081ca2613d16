package tap

import (
	"encoding/binary"
	"fmt"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"

	"thinnet/wire"
)

// Sizes of a packet socket's ring. A frame has room for a super-segment behind its
// headers, and is a block of its own, made of whole pages.
const (
	ringFrame  = 68 << 10 // bytes, at least
	ringFrames = 64
)

// ring is the memory that the kernel writes frames into (TPACKET_V2,
// Documentation/networking/packet_mmap.rst), so that they are read without system
// calls. A frame belongs to the kernel or to us, as its status says.
//
// The third version would fit more small frames in, but hands over a block that is
// not full after a millisecond only.
type ring struct {
	memory []byte
	next   int // frame to read
}

// newRing gives a packet socket its ring.
func newRing(fd int) (*ring, error) {
	if err := unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_VERSION, unix.TPACKET_V2); err != nil {
		return nil, fmt.Errorf("PACKET_VERSION: %w", err)
	}
	page := unix.Getpagesize()
	size := (ringFrame + page - 1) / page * page
	req := unix.TpacketReq{Block_size: uint32(size), Block_nr: ringFrames, Frame_size: uint32(size), Frame_nr: ringFrames}
	if err := unix.SetsockoptTpacketReq(fd, unix.SOL_PACKET, unix.PACKET_RX_RING, &req); err != nil {
		return nil, fmt.Errorf("PACKET_RX_RING: %w", err)
	}
	memory, err := unix.Mmap(fd, 0, size*ringFrames, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("mmap: %w", err)
	}
	return &ring{memory: memory}, nil
}

// readv copies the next frame, its virtio-net header in front, into the pieces of
// iov, as readv(2) does. The error is EAGAIN if there is none. Of a frame that did not
// fit it returns the length nevertheless.
func (r *ring) readv(iov [][]byte) (int, error) {
	size := len(r.memory) / ringFrames
	frame := r.memory[r.next*size:][:size]
	h := (*unix.Tpacket2Hdr)(unsafe.Pointer(&frame[0]))
	if atomic.LoadUint32(&h.Status)&unix.TP_STATUS_USER == 0 {
		return 0, unix.EAGAIN
	}
	start := max(int(h.Mac)-vnetLen, 0)
	data := frame[start:min(start+vnetLen+int(h.Snaplen), size)]
	out := scatter{iov: iov}
	if h.Status&unix.TP_STATUS_VLAN_VALID != 0 {
		out.putTagged(data, h.Vlan_tpid, h.Vlan_tci)
	} else {
		out.put(data)
	}
	cut := int(h.Len - h.Snaplen)
	atomic.StoreUint32(&h.Status, unix.TP_STATUS_KERNEL)
	r.next = (r.next + 1) % ringFrames
	return out.n + cut, nil
}

func (r *ring) close() { _ = unix.Munmap(r.memory) }

// scatter is where bytes are copied to, piece by piece.
type scatter struct {
	iov [][]byte
	n   int // bytes so far
}

func (s *scatter) put(b []byte) {
	for len(b) > 0 && len(s.iov) > 0 {
		k := copy(s.iov[0], b)
		b, s.n = b[k:], s.n+k
		if s.iov[0] = s.iov[0][k:]; len(s.iov[0]) == 0 {
			s.iov = s.iov[1:]
		}
	}
}

// putTagged puts a frame and its virtio-net header, and the tag that the kernel has
// taken out of it back to its place. What the header counts from the start of the
// frame moves along.
func (s *scatter) putTagged(data []byte, tpid, tci uint16) {
	const addresses = wire.EthernetLen - 2
	if len(data) < vnetLen+addresses {
		s.put(data)
		return
	}
	var vnet [vnetLen]byte
	copy(vnet[:], data)
	for _, field := range [][]byte{vnet[2:], vnet[6:]} { // hdr_len, csum_start
		if v := hostOrder.Uint16(field); v > 0 {
			hostOrder.PutUint16(field, v+wire.VLANLen)
		}
	}
	if tpid == 0 {
		tpid = uint16(wire.EtherTypeVLAN)
	}
	var tag [wire.VLANLen]byte
	binary.BigEndian.PutUint16(tag[:], tpid)
	binary.BigEndian.PutUint16(tag[2:], tci)
	s.put(vnet[:])
	s.put(data[vnetLen : vnetLen+addresses])
	s.put(tag[:])
	s.put(data[vnetLen+addresses:])
}
