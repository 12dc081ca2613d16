package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"thinnet"
	"thinnet/capture"
	"thinnet/capture/flow"
	"thinnet/clock"
	"thinnet/framing"
	"thinnet/link/monitor"
	"thinnet/packet"
	"thinnet/wire"
)

// scene is what boundaries watches: four columns, and time goes down.
type scene struct {
	o        *boundariesOptions
	e        *Env
	receiver *thinnet.Host
	to       netip.AddrPort
	start    clock.Time

	mu       sync.Mutex
	port     uint16    // the sender's; 0: nothing was sent yet
	first    [2]uint32 // sequence numbers of the SYNs, there and back
	writes   int
	segments int // with data
	reads    int
	messages int
}

// column is a place for something that happens.
type column int

const (
	writeColumn column = iota
	segmentColumn
	readColumn
	messageColumn
)

var columnWidths = [...]int{14, 26, 12, 0}

// show prints a line with one thing that happened.
func (s *scene) show(at clock.Time, c column, format string, args ...any) {
	indent := 0
	for _, w := range columnWidths[:c] {
		indent += w
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.e.printf("%9.6f  %s%s\n", at.Sub(s.start).Seconds(), strings.Repeat(" ", indent), fmt.Sprintf(format, args...))
}

func (s *scene) now() clock.Time { return s.e.Host.Stack().Now() }

func (s *scene) title() {
	w := columnWidths
	s.e.printf("%9s  %-*s%-*s%-*s%s\n", "seconds", w[0], s.e.Host.Name(), w[1], "-> segments <-", w[2], s.receiver.Name(), "messages")
}

func (s *scene) summary() {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.o.udp:
		s.e.printf("%d writes, %d datagrams, %d reads: %d of %d messages arrived\n\n",
			s.writes, s.segments, s.reads, s.messages, s.o.messages)
	case s.o.codec == nil:
		s.e.printf("%d writes, %d segments with data, %d reads: nothing says where the %d messages end\n\n",
			s.writes, s.segments, s.reads, s.o.messages)
	default:
		s.e.printf("%d writes, %d segments with data, %d reads: %d of %d messages found in the stream\n\n",
			s.writes, s.segments, s.reads, s.messages, s.o.messages)
	}
}

// watch shows the segments between the two ends, as the sender's interface sees
// them.
func (s *scene) watch() (stop func(), err error) {
	route, err := s.e.Host.Stack().LookupRoute(s.to.Addr())
	if err != nil {
		return nil, err
	}
	var frame [capture.MaxSnapLen]byte
	var h flow.Headers
	return s.e.Host.Interface(route.Interface.Name).Monitor().Tap(func(at clock.Time, dir monitor.Direction, p *packet.Packet) {
		n := monitor.Flatten(frame[:], p)
		h.Parse(&capture.Packet{Data: frame[:n], OrigLen: p.Len(), LinkType: capture.LinkTypeEthernet})
		s.segment(at, dir, p, &h)
	}), nil
}

func (s *scene) segment(at clock.Time, dir monitor.Direction, p *packet.Packet, h *flow.Headers) {
	there := h.HasPorts && netip.AddrPortFrom(h.Dst, h.DstPort) == s.to
	back := h.HasPorts && netip.AddrPortFrom(h.Src, h.SrcPort) == s.to
	// On a loopback device each packet is seen twice.
	if !there && !back || there && dir == monitor.In || back && dir == monitor.Out {
		return
	}
	arrow, way, port := "->", 0, h.SrcPort
	if back {
		arrow, way, port = "<-", 1, h.DstPort
	}
	s.mu.Lock()
	if s.port == 0 && there && (h.TCP == nil || h.TCP.Flags()&wire.FlagSYN != 0) {
		s.port = port
	}
	if port != s.port || (h.TCP == nil) != s.o.udp {
		s.mu.Unlock()
		return // of another connection, before this one
	}
	if t := h.TCP; t != nil && t.Flags()&wire.FlagSYN != 0 {
		s.first[way] = t.Seq()
	}
	s.mu.Unlock()
	// What the wire splits is shown as the wire has it.
	size := h.PayloadLen
	if p.SegmentSize > 0 {
		size = min(size, int(p.SegmentSize))
	}
	for from := 0; from == 0 || from < h.PayloadLen; from += max(size, 1) {
		s.piece(at, way, arrow, h, from, min(from+size, h.PayloadLen))
	}
}

// piece shows the part of a packet that has some bytes of its payload.
func (s *scene) piece(at clock.Time, way int, arrow string, h *flow.Headers, from, to int) {
	if to > from {
		s.mu.Lock()
		s.segments++
		s.mu.Unlock()
	}
	t := h.TCP
	if t == nil {
		s.show(at, segmentColumn, "%s %d bytes", arrow, to-from)
		return
	}
	flags := t.Flags()
	if to < h.PayloadLen {
		flags &^= wire.FlagPSH | wire.FlagFIN // they are the last one's
	}
	switch seq := t.Seq() - s.first[way]; {
	case to > from:
		s.show(at, segmentColumn, "%s [%v] %d:%d", arrow, flags, seq+uint32(from), seq+uint32(to))
	case flags&(wire.FlagSYN|wire.FlagACK) == wire.FlagACK:
		s.show(at, segmentColumn, "%s [%v] ack %d", arrow, flags, t.Ack()-s.first[1-way])
	default:
		s.show(at, segmentColumn, "%s [%v]", arrow, flags)
	}
}

// send sends a message with what the framing puts around it.
func (s *scene) send(w io.Writer, msg []byte) error {
	if s.o.codec == nil {
		_, err := w.Write(msg)
		return err
	}
	return framing.NewWriter(w, s.o.codec).WriteMessage(msg)
}

// receive shows the messages that the framing finds.
func (s *scene) receive(r *framing.Reader) error {
	for {
		msg, err := r.ReadMessage()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		s.found(msg)
	}
}

func (s *scene) found(msg []byte) {
	s.mu.Lock()
	s.messages++
	s.mu.Unlock()
	s.show(s.now(), messageColumn, "%s", excerptOf(msg))
}

// maxExcerpt is how much of a message is shown, in bytes.
const maxExcerpt = 16

func excerptOf(msg []byte) string {
	if len(msg) <= maxExcerpt {
		return fmt.Sprintf("%q", msg)
	}
	return fmt.Sprintf("%q… %d bytes", msg[:maxExcerpt], len(msg))
}

// drain reads to the end of a stream in which nothing is looked for.
func drain(r io.Reader) error {
	b := make([]byte, 64<<10)
	for {
		if _, err := r.Read(b); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// quietDatagrams is how long a receiver of datagrams waits for another one.
const quietDatagrams = time.Second

func (s *scene) receiveDatagrams(ctx context.Context, in net.PacketConn) error {
	b := make([]byte, s.o.read)
	for {
		if err := wait(ctx, s.o.delay); err != nil {
			return err
		}
		if err := in.SetReadDeadline(time.Now().Add(quietDatagrams + s.o.interval)); err != nil {
			return err
		}
		n, _, err := in.ReadFrom(b)
		var e net.Error
		if errors.As(err, &e) && e.Timeout() {
			return nil
		}
		if err != nil {
			return err
		}
		s.sawRead(n)
		s.found(b[:n])
	}
}

func (s *scene) sawRead(n int) {
	s.mu.Lock()
	s.reads++
	s.mu.Unlock()
	s.show(s.now(), readColumn, "read %d", n)
}

// seenWriter shows each Write.
type seenWriter struct {
	s *scene
	w io.Writer
}

func (w *seenWriter) Write(b []byte) (int, error) {
	w.s.mu.Lock()
	w.s.writes++
	w.s.mu.Unlock()
	w.s.show(w.s.now(), writeColumn, "write %d", len(b))
	return w.w.Write(b)
}

// seenReader shows each Read, which waits a while first if it is to be slow.
type seenReader struct {
	ctx context.Context
	s   *scene
	r   io.Reader
}

func (r *seenReader) Read(b []byte) (int, error) {
	if err := wait(r.ctx, r.s.o.delay); err != nil {
		return 0, err
	}
	n, err := r.r.Read(b[:min(len(b), r.s.o.read)])
	if n > 0 {
		r.s.sawRead(n)
	}
	return n, err
}
