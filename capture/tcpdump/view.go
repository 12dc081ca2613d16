package tcpdump

import (
	"io"
	"math"
	"net/netip"

	"thinnet/capture"
	"thinnet/capture/dissect"
)

// view is what standard output shows of the packets.
type view interface {
	// take shows a packet. number counts those that the filter took, from 1.
	take(number int64, p *capture.Packet) error
	// skip passes over a packet.
	skip()
	// flush writes what waits.
	flush() error
	// end shows what only the last packet makes known.
	end() error
}

// viewKind is what was asked for.
type viewKind uint8

const (
	viewText          viewKind = iota
	viewJSON                   // --json
	viewFollow                 // --follow
	viewConversations          // --conversations
	viewEndpoints              // --endpoints
	viewLadder                 // --ladder
)

var viewNames = [...]string{"", "--json", "--follow", "--conversations", "--endpoints", "--ladder"}

// setView takes an option that asks for a view; false if it is none.
func (o *options) setView(name, value string) (bool, error) {
	var kind viewKind
	var err error
	switch name {
	case "json":
		kind = viewJSON
	case "follow":
		kind = viewFollow
		o.stream, err = number("stream number", value, 0, math.MaxInt32, 10)
	case "conversations":
		kind = viewConversations
	case "endpoints":
		kind = viewEndpoints
	case "ladder":
		kind = viewLadder
		if value != "" {
			o.stream, err = number("stream number", value, 0, math.MaxInt32, 10)
		}
	default:
		return false, nil
	}
	if err == nil && o.view != viewText && o.view != kind {
		err = fail("%s and %s are mutually exclusive.", viewNames[o.view], viewNames[kind])
	}
	o.view, o.print = kind, true
	return true, err
}

func (c *command) newView() view {
	out := lines{w: c.Stdout}
	switch c.view {
	case viewJSON:
		return newJSONView(out, c)
	case viewFollow:
		return &followView{lines: out, pick: pick{number: int(c.stream)}, ends: c.ends(), dump: c.text.Dump}
	case viewConversations:
		return &conversationView{lines: out, ends: c.ends()}
	case viewEndpoints:
		return &endpointView{lines: out, ends: c.ends()}
	case viewLadder:
		return &ladderView{lines: out, pick: pick{number: int(c.stream)}, ends: c.ends(), absolute: c.text.AbsoluteSeq}
	}
	return &textOut{lines: out, printer: dissect.New(c.text), sampling: c.sampling}
}

// lines is text that waits to be written.
type lines struct {
	w   io.Writer
	buf []byte
}

// textBuffer is how much text is written at once, in bytes.
const textBuffer = 64 << 10

// flushFull writes what waits if that is much.
func (l *lines) flushFull() error {
	if len(l.buf) < textBuffer {
		return nil
	}
	return l.flush()
}

func (l *lines) flush() error {
	if len(l.buf) == 0 {
		return nil
	}
	_, err := l.w.Write(l.buf)
	l.buf = l.buf[:0]
	if err != nil {
		return writeError(err)
	}
	return nil
}

// end is that of a view which the last packet ends.
func (l *lines) end() error { return l.flush() }

// ends prints who talks, as tcpdump does: 10.0.0.1.80.
type ends struct {
	host func(netip.Addr) string // nil: as numbers
}

func (c *command) ends() ends {
	if c.text.Numeric {
		return ends{}
	}
	return ends{c.text.Host}
}

func (e ends) append(b []byte, a netip.Addr) []byte {
	if e.host != nil {
		if name := e.host(a); name != "" {
			return append(b, name...)
		}
	}
	return a.AppendTo(b)
}
