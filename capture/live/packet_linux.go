package live

import (
	"encoding/binary"

	"golang.org/x/sys/unix"

	"thinnet/capture"
)

// packet makes a packet of what is in the ring; false if it is not wanted.
func (d *device) packet(f frame) (capture.Packet, bool) {
	outgoing := f.packetType() == unix.PACKET_OUTGOING
	p := capture.Packet{Time: f.time(), Data: f.data, OrigLen: f.length(), LinkType: d.link, Direction: capture.Inbound}
	if outgoing {
		p.Direction = capture.Outbound
	}
	added := 0
	switch {
	case d.link == capture.LinkTypeLinuxSLL:
		d.buf = appendCooked(d.buf[:0], f)
		added = len(d.buf)
	case d.link == capture.LinkTypeLinuxSLL2:
		d.buf = appendCooked2(d.buf[:0], f)
		added = len(d.buf)
	case f.status()&unix.TP_STATUS_VLAN_VALID != 0 && d.link == capture.LinkTypeEthernet && len(f.data) >= 12:
		d.buf = appendTag(append(d.buf[:0], f.data[:12]...), f)
		p.Data = p.Data[12:]
		added = 4
	}
	if added > 0 {
		d.buf = append(d.buf, p.Data...)
		p.Data = d.buf
		p.OrigLen += added
	}
	if d.filter != nil {
		if !d.filter.Match(p.Data, p.OrigLen) {
			return capture.Packet{}, false
		}
		d.matched.Add(1)
	}
	switch {
	case outgoing && (!d.options.Out || f.hardware() == unix.ARPHRD_LOOPBACK):
		return capture.Packet{}, false // what loopback sends comes in, too
	case !outgoing && !d.options.In:
		return capture.Packet{}, false
	}
	p.Data = p.Data[:min(len(p.Data), d.options.SnapLen)]
	return p, true
}

// appendTag puts the VLAN tag back that the kernel took out of a frame.
func appendTag(b []byte, f frame) []byte {
	kind := uint16(unix.ETH_P_8021Q)
	if f.status()&unix.TP_STATUS_VLAN_TPID_VALID != 0 {
		kind = f.tagType()
	}
	b = binary.BigEndian.AppendUint16(b, kind)
	return binary.BigEndian.AppendUint16(b, f.tag())
}

// appendCooked appends the header of LINKTYPE_LINUX_SLL.
func appendCooked(b []byte, f frame) []byte {
	b = binary.BigEndian.AppendUint16(b, uint16(f.packetType()))
	b = binary.BigEndian.AppendUint16(b, f.hardware())
	b = binary.BigEndian.AppendUint16(b, uint16(f.hardwareAddrLen()))
	b = append(b, f.hardwareAddr()...)
	return append(b, f.protocol()...)
}

// appendCooked2 appends the header of LINKTYPE_LINUX_SLL2.
func appendCooked2(b []byte, f frame) []byte {
	b = append(b, f.protocol()...)
	b = append(b, 0, 0)
	b = binary.BigEndian.AppendUint32(b, f.index())
	b = binary.BigEndian.AppendUint16(b, f.hardware())
	b = append(b, f.packetType(), f.hardwareAddrLen())
	return append(b, f.hardwareAddr()...)
}
