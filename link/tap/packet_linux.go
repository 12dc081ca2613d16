package tap

import (
	"errors"
	"fmt"
	"net"

	"golang.org/x/sys/unix"

	"thinnet/link"
)

// socketBuffer is how much a packet socket may have on its way in each direction,
// in bytes of the kernel's memory. The kernel's default holds two super-segments.
const socketBuffer = 16 << 20

// OpenPacket opens a packet socket on an Ethernet interface: what comes in by it
// comes in by the device, too, and what is written to the device goes out by it. It
// needs CAP_NET_RAW, and CAP_NET_ADMIN for large buffers.
//
// The interface is in promiscuous mode meanwhile, so that the host on the device
// may have an address of its own. The kernel sees the same frames: an interface
// without IP addresses keeps it out.
func OpenPacket(name string) (*Device, error) {
	if err := (Config{Name: name}).check(); err != nil {
		return nil, err
	}
	iface, err := net.InterfaceByName(name)
	if err != nil {
		return nil, fmt.Errorf("tap: packet socket on %q: %w", name, err)
	}
	// Protocol 0: nothing comes in before it is bound.
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	switch {
	case errors.Is(err, unix.EPERM):
		return nil, fmt.Errorf("tap: packet socket on %q: %w: want root, or CAP_NET_RAW", name, err)
	case err != nil:
		return nil, fmt.Errorf("tap: packet socket on %q: %w", name, err)
	}
	ring, err := bindPacket(fd, iface.Index)
	if err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("tap: packet socket on %q: %w", name, err)
	}
	d := &Device{name: name, datagrams: true, dropped: packetDrops}
	if err := d.addQueue(fd, "packet socket on "+name); err != nil {
		ring.close()
		return nil, err
	}
	d.queues[0].ring = ring
	return d, d.start()
}

// bindPacket sets a packet socket up, and binds it to an interface.
func bindPacket(fd, index int) (*ring, error) {
	for _, o := range []struct {
		name         string
		level, value int
		option       int
	}{
		{"PACKET_VNET_HDR", unix.SOL_PACKET, 1, unix.PACKET_VNET_HDR},
		{"PACKET_IGNORE_OUTGOING", unix.SOL_PACKET, 1, unix.PACKET_IGNORE_OUTGOING},
		{"PACKET_QDISC_BYPASS", unix.SOL_PACKET, 1, unix.PACKET_QDISC_BYPASS},
	} {
		if err := unix.SetsockoptInt(fd, o.level, o.option, o.value); err != nil {
			return nil, fmt.Errorf("%s: %w", o.name, err)
		}
	}
	for _, o := range [][2]int{{unix.SO_RCVBUFFORCE, unix.SO_RCVBUF}, {unix.SO_SNDBUFFORCE, unix.SO_SNDBUF}} {
		if unix.SetsockoptInt(fd, unix.SOL_SOCKET, o[0], socketBuffer) != nil {
			// Without CAP_NET_ADMIN: as much as anybody is given.
			if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, o[1], socketBuffer); err != nil {
				return nil, fmt.Errorf("SO_RCVBUF, SO_SNDBUF: %w", err)
			}
		}
	}
	mreq := unix.PacketMreq{Ifindex: int32(index), Type: unix.PACKET_MR_PROMISC}
	if err := unix.SetsockoptPacketMreq(fd, unix.SOL_PACKET, unix.PACKET_ADD_MEMBERSHIP, &mreq); err != nil {
		return nil, fmt.Errorf("PACKET_ADD_MEMBERSHIP: %w", err)
	}
	ring, err := newRing(fd)
	if err != nil {
		return nil, err
	}
	all := hostOrder.Uint16([]byte{unix.ETH_P_ALL >> 8, unix.ETH_P_ALL & 0xff}) // in network order
	if err := unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: all, Ifindex: index}); err != nil {
		ring.close()
		return nil, fmt.Errorf("bind: %w", err)
	}
	return ring, nil
}

// packetDrops adds the frames for which the socket had no room since it was last
// asked.
func packetDrops(fd int, drops *link.Drops) {
	if s, err := unix.GetsockoptTpacketStats(fd, unix.SOL_PACKET, unix.PACKET_STATISTICS); err == nil {
		drops[link.DropQueueFull] += uint64(s.Drops)
	}
}
