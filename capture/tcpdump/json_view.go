package tcpdump

import (
	"thinnet/capture"
	"thinnet/capture/dissect"
	"thinnet/capture/flow"
	"thinnet/wire"
)

// jsonView is --json: one object a packet and line. docs/tcpdump.md says what its
// members are; a member that the packet has nothing for is left out.
type jsonView struct {
	lines
	printer *dissect.Printer
	iface   func(*capture.Packet) string // the name of a packet's interface
	index   func(uint32) string          // that of an interface's index, may be nil
	streams flow.Streams
	headers flow.Headers
	options wire.TCPOptions
	text    []byte
}

func newJSONView(out lines, c *command) *jsonView {
	text := c.text
	text.Time, text.Number, text.Lengths = dissect.TimeNone, false, false
	return &jsonView{lines: out, printer: dissect.New(text), iface: c.interfaceName, index: c.InterfaceName}
}

func (v *jsonView) take(number int64, p *capture.Packet) error {
	h := &v.headers
	h.Parse(p)
	o := object{append(v.buf, '{')}
	o.number("number", uint64(number))
	o.key("time")
	o.b = append(p.Time.UTC().AppendFormat(append(o.b, '"'), "2006-01-02T15:04:05.000000000Z"), '"')
	v.where(&o, p)
	o.number("caplen", uint64(len(p.Data)))
	o.number("len", uint64(max(p.OrigLen, 0)))
	o.string("link", p.LinkType.String())
	if h.HasMAC {
		ethernet(&o, h)
	}
	if h.Version != 0 {
		ip(&o, h)
	}
	switch {
	case h.HasICMP:
		o.open("icmp")
		o.number("type", uint64(h.ICMPType))
		o.number("code", uint64(h.ICMPCode))
		o.close()
	case h.TCP != nil:
		v.tcp(&o)
	case h.HasPorts:
		o.open(transportKey(h.Protocol))
		o.number("sport", uint64(h.SrcPort))
		o.number("dport", uint64(h.DstPort))
		o.number("len", uint64(max(h.PayloadLen, 0)))
		o.close()
	}
	v.text = v.printer.AppendPacket(v.text[:0], p)
	o.text("text", v.text[:len(v.text)-1])
	if p.Comment != "" {
		o.string("comment", p.Comment)
	}
	o.close()
	v.buf = append(o.b, '\n')
	return v.flushFull()
}

func (v *jsonView) skip() { v.printer.Skip() }

// where writes where a packet was captured.
func (v *jsonView) where(o *object, p *capture.Packet) {
	name := ""
	if v.headers.Interface != 0 && v.index != nil {
		name = v.index(v.headers.Interface)
	}
	if name == "" {
		name = v.iface(p)
	}
	if name != "" {
		o.string("interface", name)
	}
	if p.Direction != capture.DirectionUnknown {
		o.string("direction", p.Direction.String())
	}
}

func ethernet(o *object, h *flow.Headers) {
	o.open("eth")
	o.key("src")
	o.b = append(h.SrcMAC.AppendTo(append(o.b, '"')), '"')
	o.key("dst")
	o.b = append(h.DstMAC.AppendTo(append(o.b, '"')), '"')
	if h.HasVLAN {
		o.number("vlan", uint64(h.VLAN))
	}
	if h.EtherType != 0 {
		o.number("type", uint64(h.EtherType))
	}
	o.close()
}

func ip(o *object, h *flow.Headers) {
	o.open("ip")
	o.number("version", uint64(h.Version))
	o.addr("src", h.Src)
	o.addr("dst", h.Dst)
	o.number("ttl", uint64(h.HopLimit))
	o.number("protocol", uint64(h.Protocol))
	o.number("len", uint64(max(h.Length, 0)))
	if h.HasID {
		o.number("id", uint64(h.ID))
	}
	if h.Fragment {
		o.open("fragment")
		o.number("offset", uint64(h.Offset))
		o.bool("more", h.More)
		o.close()
	}
	o.close()
}

// transportKey is the member for the ports of a packet without a whole TCP header.
func transportKey(p wire.Protocol) string {
	if p == wire.ProtocolTCP {
		return "tcp"
	}
	return "udp"
}

func (v *jsonView) tcp(o *object) {
	h := &v.headers
	t := h.TCP
	stream, _ := v.streams.Of(h)
	o.open("tcp")
	o.number("sport", uint64(h.SrcPort))
	o.number("dport", uint64(h.DstPort))
	o.number("len", uint64(h.PayloadLen))
	o.number("stream", uint64(stream.Number))
	o.key("flags")
	o.b = append(t.Flags().AppendTo(append(o.b, '"')), '"')
	o.number("seq", uint64(t.Seq()))
	o.number("ack", uint64(t.Ack()))
	o.number("win", uint64(t.Window()))
	if len(t.Options()) > 0 {
		v.tcpOptions(o)
	}
	o.close()
}

// tcpOptions writes the options that are understood.
func (v *jsonView) tcpOptions(o *object) {
	p := &v.options
	wire.ParseTCPOptions(v.headers.TCP.Options(), p)
	o.open("options")
	if p.MSS != 0 {
		o.number("mss", uint64(p.MSS))
	}
	if p.HasScale {
		o.number("wscale", uint64(p.WindowScale))
	}
	if p.SACKPermitted {
		o.bool("sackok", true)
	}
	if p.HasTimestamps {
		o.number("tsval", uint64(p.TSVal))
		o.number("tsecr", uint64(p.TSEcr))
	}
	if p.NumSACK > 0 {
		o.array("sack")
		for _, block := range p.SACK[:p.NumSACK] {
			o.array("")
			o.number("", uint64(block.Left))
			o.number("", uint64(block.Right))
			o.endArray()
		}
		o.endArray()
	}
	o.close()
}
