package tcpdump

import (
	"fmt"
	"strings"
	"time"

	"thinnet/capture"
	"thinnet/capture/flow"
	"thinnet/wire"
)

// ladderView is --ladder: the segments of one TCP stream as arrows between its
// ends, and the state that each end is in by then.
//
//	    10.0.0.1.49152                             10.0.0.2.80
//	            CLOSED |                          | LISTEN
//	0.000000  SYN-SENT |-- [S] seq 0, win 1000 -->| SYN-RECEIVED
type ladderView struct {
	lines
	pick
	ends     ends
	absolute bool // -S
	states   flow.States
	base     [2]uint32 // what sequence numbers are counted from
	hasBase  [2]bool
	first    time.Time
	label    []byte
}

// Widths of the ladder's columns.
const (
	timeWidth  = 10
	stateWidth = 12
	arrowWidth = 56
)

func (l *ladderView) take(_ int64, p *capture.Packet) error {
	met := l.stream != nil
	from, mine := l.pick.take(p)
	if !mine {
		return nil
	}
	if !met {
		l.first = p.Time
		l.states.Begin(&l.headers)
		a, b := l.stream.Ends[flow.A], l.stream.Ends[flow.B]
		l.buf = fmt.Appendf(l.buf, "%*s  %*s  %s\n", timeWidth+2+stateWidth, l.ends.name(a), arrowWidth, "", l.ends.name(b))
		l.row("", strings.Repeat(" ", arrowWidth), "")
	}
	l.rebase(from)
	lost := p.IsDropped()
	kind := l.states.Step(&l.headers, from, lost)
	note := p.Comment
	if note == "" {
		note = kindNotes[kind]
	}
	l.row(seconds(p.Time.Sub(l.first)), arrow(l.segment(from), from, lost), note)
	return l.flushFull()
}

var kindNotes = [...]string{
	flow.Retransmitted: "retransmission",
	flow.KeepAlive:     "keepalive",
	flow.AfterGap:      "what comes before it is missing",
}

func (l *ladderView) skip() {}

func (l *ladderView) end() error {
	if err := l.flush(); err != nil {
		return err
	}
	return l.check()
}

// row prints one line.
func (l *ladderView) row(at, arrow, note string) {
	a, b := l.states.Ends[flow.A].String(), l.states.Ends[flow.B].String()
	if note != "" {
		b = fmt.Sprintf("%-*s  %s", stateWidth, b, note)
	}
	l.buf = fmt.Appendf(l.buf, "%*s  %*s |%s| %s\n", timeWidth, at, stateWidth, a, arrow, b)
}

// rebase makes a side's numbers count from its SYN, or else from the first of its
// numbers that was seen.
func (l *ladderView) rebase(from flow.Side) {
	if l.absolute {
		return
	}
	tcp := l.headers.TCP
	if isn, ok := l.stream.ISN(from); ok {
		l.base[from], l.hasBase[from] = isn, true
	}
	if !l.hasBase[from] {
		l.base[from], l.hasBase[from] = tcp.Seq()-1, true
	}
	if to := from.Other(); !l.hasBase[to] && tcp.Flags()&wire.FlagACK != 0 {
		l.base[to], l.hasBase[to] = tcp.Ack()-1, true
	}
}

// segment says what a segment is, as tcpdump does.
func (l *ladderView) segment(from flow.Side) string {
	tcp, n := l.headers.TCP, uint32(max(l.headers.PayloadLen, 0))
	flags := tcp.Flags()
	b := append(flags.AppendTo(append(l.label[:0], '[')), ']')
	if seq := tcp.Seq() - l.base[from]; n > 0 {
		b = fmt.Appendf(b, " seq %d:%d,", seq, seq+n)
	} else if flags&(wire.FlagSYN|wire.FlagFIN|wire.FlagRST) != 0 {
		b = fmt.Appendf(b, " seq %d,", seq)
	}
	if flags&wire.FlagACK != 0 {
		b = fmt.Appendf(b, " ack %d,", tcp.Ack()-l.base[from.Other()])
	}
	l.label = fmt.Appendf(b, " win %d", tcp.Window())
	return string(l.label)
}

// arrow draws a segment from the left to the right, or back.
func arrow(label string, from flow.Side, lost bool) string {
	const shortest = 2
	line := strings.Repeat("-", max(arrowWidth-len(label)-2-shortest-2, shortest))
	switch {
	case from == flow.A && lost:
		return "-- " + label + " " + line[:len(line)-1] + "X  "
	case from == flow.A:
		return "-- " + label + " " + line + "->"
	case lost:
		return "  X" + line[:len(line)-1] + " " + label + " --"
	}
	return "<-" + line + " " + label + " --"
}
