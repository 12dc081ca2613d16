package tcpdump

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"thinnet/capture"
	"thinnet/capture/flow"
)

// table is text in columns: the first ones to the left, numbers to the right.
type table struct {
	left int // how many columns are
	rows [][]string
}

func (t *table) row(cells ...string) { t.rows = append(t.rows, cells) }

// appendTo appends the table, each column as wide as its widest cell.
func (t *table) appendTo(b []byte) []byte {
	var widths []int
	for _, r := range t.rows {
		for i, cell := range r {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], len(cell))
		}
	}
	for _, r := range t.rows {
		start := len(b)
		for i, cell := range r {
			if i > 0 {
				b = append(b, "  "...)
			}
			pad := strings.Repeat(" ", widths[i]-len(cell))
			if i < t.left {
				b = append(append(b, cell...), pad...)
			} else {
				b = append(append(b, pad...), cell...)
			}
		}
		b = append(b[:start], strings.TrimRight(string(b[start:]), " ")...)
		b = append(b, '\n')
	}
	return b
}

// counts are the cells of a count.
func counts(c flow.Count) (packets, bytes string) {
	return strconv.FormatUint(c.Packets, 10), strconv.FormatUint(c.Bytes, 10)
}

// others is the line about packets that the table has no row for.
func (l *lines) others(c flow.Count) {
	if c.Packets != 0 {
		l.buf = fmt.Appendf(l.buf, "%s in no row, %d bytes\n", plural(c.Packets), c.Bytes)
	}
}

// conversationView is --conversations.
type conversationView struct {
	lines
	ends    ends
	headers flow.Headers
	table   flow.Conversations
	first   time.Time // packet
	begun   bool
}

func (v *conversationView) take(_ int64, p *capture.Packet) error {
	if !v.begun {
		v.begun, v.first = true, p.Time
	}
	v.headers.Parse(p)
	v.table.Add(&v.headers, p)
	return nil
}

func (v *conversationView) skip() {}

func (v *conversationView) end() error {
	t := table{left: 3}
	t.row("proto", "A", "B", "A>B packets", "bytes", "B>A packets", "bytes", "start", "duration")
	for _, c := range v.table.List() {
		ends := [2]string{c.MACs[flow.A].String(), c.MACs[flow.B].String()}
		if c.IP {
			for i, end := range c.Ends {
				ends[i] = string(v.ends.append(nil, end.Addr()))
				if c.HasPorts {
					ends[i] = v.ends.name(end)
				}
			}
		}
		toB, toBBytes := counts(c.Sent[flow.A])
		toA, toABytes := counts(c.Sent[flow.B])
		t.row(protocolName(c), ends[flow.A], ends[flow.B], toB, toBBytes, toA, toABytes,
			seconds(c.First.Sub(v.first)), seconds(c.Last.Sub(c.First)))
	}
	v.buf = t.appendTo(v.buf)
	v.others(v.table.Other())
	return v.flush()
}

// seconds prints a duration to the microsecond.
func seconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', 6, 64) }

// protocolName returns what a conversation spoke.
func protocolName(c *flow.Conversation) string {
	if !c.IP {
		switch c.EtherType {
		case 0:
			return "llc"
		case 0x0806:
			return "arp"
		}
		return fmt.Sprintf("0x%04x", uint16(c.EtherType))
	}
	switch c.Protocol {
	case 1:
		return "icmp"
	case 2:
		return "igmp"
	case 6:
		return "tcp"
	case 17:
		return "udp"
	case 58:
		return "icmp6"
	case 132:
		return "sctp"
	}
	return fmt.Sprintf("ip-proto-%d", c.Protocol)
}

// endpointView is --endpoints.
type endpointView struct {
	lines
	ends    ends
	headers flow.Headers
	table   flow.Endpoints
}

func (v *endpointView) take(_ int64, p *capture.Packet) error {
	v.headers.Parse(p)
	v.table.Add(&v.headers, p)
	return nil
}

func (v *endpointView) skip() {}

func (v *endpointView) end() error {
	t := table{left: 1}
	t.row("address", "sent packets", "bytes", "received packets", "bytes")
	for _, e := range v.table.List() {
		name := e.MAC.String()
		if e.Addr.IsValid() {
			name = string(v.ends.append(nil, e.Addr))
		}
		sent, sentBytes := counts(e.Sent)
		received, receivedBytes := counts(e.Received)
		t.row(name, sent, sentBytes, received, receivedBytes)
	}
	v.buf = t.appendTo(v.buf)
	v.others(v.table.Other())
	return v.flush()
}
