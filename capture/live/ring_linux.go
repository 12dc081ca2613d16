package live

import (
	"encoding/binary"
	"fmt"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Sizes of the ring, in bytes. A packet fits into a block, or is cut.
const (
	blockSize   = 256 << 10
	frameSize   = 2048
	defaultRing = 2 << 20
)

// retireTime is how long the kernel keeps a block that is not full.
const retireTime = 100 * time.Millisecond

// hostOrder is the byte order of what the kernel writes into the ring.
var hostOrder = binary.NativeEndian

// ring is the memory that the kernel writes packets into, block by block. A
// block belongs to the kernel or to us, as its status says.
type ring struct {
	memory []byte
	block  int    // the one that is read, or comes next
	ours   bool   // it belongs to us
	left   uint32 // packets in it that were not read
	at     uint32 // where the next of them starts
}

// frame is a packet in the ring.
type frame struct {
	header []byte // struct tpacket3_hdr, and struct sockaddr_ll
	data   []byte
}

// Offsets in struct tpacket_block_desc (linux/if_packet.h).
const (
	blockStatus  = 8
	blockPackets = 12
	blockFirst   = 16
)

func newRing(fd, size int, immediate bool) (*ring, error) {
	if err := unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_VERSION, unix.TPACKET_V3); err != nil {
		return nil, fmt.Errorf("can't activate TPACKET_V3 on packet socket: %w", err)
	}
	if size == 0 {
		size = defaultRing
	}
	blocks := max(size/blockSize, 2)
	retire := retireTime
	if immediate {
		retire = time.Millisecond
	}
	req := unix.TpacketReq3{
		Block_size: blockSize, Block_nr: uint32(blocks),
		Frame_size: frameSize, Frame_nr: uint32(blocks * (blockSize / frameSize)),
		Retire_blk_tov: uint32(retire / time.Millisecond),
	}
	if err := unix.SetsockoptTpacketReq3(fd, unix.SOL_PACKET, unix.PACKET_RX_RING, &req); err != nil {
		return nil, fmt.Errorf("can't create rx ring on packet socket: %w", err)
	}
	memory, err := unix.Mmap(fd, 0, blocks*blockSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("can't mmap rx ring: %w", err)
	}
	return &ring{memory: memory}, nil
}

func (r *ring) bytes() []byte { return r.memory[r.block*blockSize:][:blockSize] }

// status is the word by which the kernel and we hand a block to each other.
func (r *ring) status() *uint32 {
	return (*uint32)(unsafe.Pointer(&r.bytes()[blockStatus]))
}

// pending says whether next has something.
func (r *ring) pending() bool {
	return r.left > 0 || !r.ours && atomic.LoadUint32(r.status())&unix.TP_STATUS_USER != 0
}

// next returns the next packet, which stays as it is until the call after; false
// if there is none.
func (r *ring) next() (frame, bool) {
	for r.left == 0 {
		if r.ours {
			atomic.StoreUint32(r.status(), unix.TP_STATUS_KERNEL)
			r.ours = false
			r.block = (r.block + 1) % (len(r.memory) / blockSize)
		}
		if atomic.LoadUint32(r.status())&unix.TP_STATUS_USER == 0 {
			return frame{}, false
		}
		r.ours = true
		b := r.bytes()
		r.left, r.at = hostOrder.Uint32(b[blockPackets:]), hostOrder.Uint32(b[blockFirst:])
	}
	b := r.bytes()[r.at:]
	f := frame{header: b}
	f.data = b[f.mac():][:f.captured()]
	r.at += hostOrder.Uint32(b)
	r.left--
	return f, true
}

func (r *ring) close() error {
	if r == nil {
		return nil
	}
	return unix.Munmap(r.memory)
}

// Fields of struct tpacket3_hdr.

func (f frame) time() time.Time {
	return time.Unix(int64(hostOrder.Uint32(f.header[4:])), int64(hostOrder.Uint32(f.header[8:])))
}
func (f frame) captured() uint32 { return hostOrder.Uint32(f.header[12:]) }
func (f frame) length() int      { return int(hostOrder.Uint32(f.header[16:])) }
func (f frame) status() uint32   { return hostOrder.Uint32(f.header[20:]) }
func (f frame) mac() uint16      { return hostOrder.Uint16(f.header[24:]) }
func (f frame) tag() uint16      { return uint16(hostOrder.Uint32(f.header[32:])) }
func (f frame) tagType() uint16  { return hostOrder.Uint16(f.header[36:]) }

// Fields of struct sockaddr_ll, which follows.

func (f frame) address() []byte {
	return f.header[unix.SizeofTpacket3Hdr:][:unix.SizeofSockaddrLinklayer]
}
func (f frame) protocol() []byte      { return f.address()[2:4] } // in network order
func (f frame) index() uint32         { return hostOrder.Uint32(f.address()[4:]) }
func (f frame) hardware() uint16      { return hostOrder.Uint16(f.address()[8:]) }
func (f frame) packetType() byte      { return f.address()[10] }
func (f frame) hardwareAddr() []byte  { return f.address()[12:20] }
func (f frame) hardwareAddrLen() byte { return f.address()[11] }
