package command

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"strconv"
	"time"

	"thinnet/socket"
	"thinnet/wire"
)

// tracerWindow is how many requests are under way at most, as with the real one.
const tracerWindow = 16

// tracer is a traceroute under way: echo requests whose TTL grows, each of which dies at
// the router that it takes to zero, or gets there.
type tracer struct {
	tracerouteOptions
	env    *Env
	conn   *socket.ICMPConn
	dst    netip.Addr
	id     uint16
	probes []probe // that were sent; the sequence numbers are their indexes
	shown  int     // how many of them
	last   int     // the TTL that got there; 0: none yet
}

// probe is one request.
type probe struct {
	at    time.Time
	from  netip.Addr // who answered; zero: nobody yet
	rtt   time.Duration
	error string // what an answer says besides, such as !H
}

// ttl returns the TTL of a probe.
func (t *tracer) ttl(n int) int { return t.first + n/t.queries }

// all returns how many probes there are to be.
func (t *tracer) all() int {
	to := t.maximum
	if t.last > 0 {
		to = t.last
	}
	return (to - t.first + 1) * t.queries
}

func (t *tracer) run(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { t.conn.Close() })
	defer stop()
	buf := make([]byte, 65535)
	for {
		t.show(time.Now())
		if t.shown >= t.all() {
			return nil
		}
		for len(t.probes) < t.all() && len(t.probes)-t.shown < tracerWindow {
			if err := t.send(); err != nil {
				return fail(1, "send: %s", errorText(err))
			}
		}
		// The answers to later ones do not wait for longer than the first.
		_ = t.conn.SetReadDeadline(t.probes[t.shown].at.Add(t.patience)) // if it fails, so does Read
		n, info, err := t.conn.Read(buf)
		switch {
		case err == nil:
			t.receive(buf[:n], info.From, time.Now())
		case !errors.Is(err, os.ErrDeadlineExceeded):
			return context.Cause(ctx)
		}
	}
}

func (t *tracer) send() error {
	n := len(t.probes)
	t.probes = append(t.probes, probe{at: time.Now()})
	m := make([]byte, t.size-wire.IPv4MinLen)
	wire.PutICMPv4(m, wire.ICMPv4Echo, 0, uint32(t.id)<<16|uint32(uint16(n)))
	for i := range m[wire.ICMPv4Len:] {
		m[wire.ICMPv4Len+i] = byte('@' + i%32)
	}
	return t.conn.WriteTo(m, t.dst, t.ttl(n))
}

// receive takes any ICMP message: most are somebody else's.
func (t *tracer) receive(m []byte, from netip.Addr, now time.Time) {
	h, seq, ok := echoAnswer(m, t.dst, t.id)
	n := int(seq)
	if !ok || n >= len(t.probes) || t.probes[n].from.IsValid() {
		return
	}
	p := &t.probes[n]
	p.from, p.rtt = from, now.Sub(p.at)
	if h.Type() == wire.ICMPv4Unreachable {
		p.error = tracerouteMark(h.Code())
	}
	if h.Type() != wire.ICMPv4TimeExceeded && (t.last == 0 || t.ttl(n) < t.last) {
		t.last = t.ttl(n)
	}
}

// show prints the probes that are answered or given up, in their order.
func (t *tracer) show(now time.Time) {
	for ; t.shown < min(len(t.probes), t.all()); t.shown++ {
		p := t.probes[t.shown]
		if !p.from.IsValid() && now.Before(p.at.Add(t.patience)) {
			return
		}
		before, end := netip.Addr{}, ""
		switch t.shown % t.queries {
		case 0:
			t.env.printf("%2d ", t.ttl(t.shown))
		default:
			before = t.probes[t.shown-1].from
		}
		if t.shown%t.queries == t.queries-1 {
			end = "\n"
		}
		switch {
		case !p.from.IsValid():
			t.env.printf(" *%s", end)
		case p.from == before:
			t.env.printf("  %.3f ms%s%s", milliseconds(p.rtt), p.error, end)
		default:
			t.env.printf(" %s  %.3f ms%s%s", t.name(p.from), milliseconds(p.rtt), p.error, end)
		}
	}
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func (t *tracer) name(a netip.Addr) string {
	if t.numeric {
		return a.String()
	}
	name := t.env.hostName(a)
	if name == "" {
		name = a.String()
	}
	return name + " (" + a.String() + ")"
}

// tracerouteMark is how traceroute shows why a destination is unreachable.
func tracerouteMark(code uint8) string {
	switch code {
	case wire.ICMPv4NetUnreachable:
		return " !N"
	case wire.ICMPv4HostUnreachable:
		return " !H"
	case wire.ICMPv4ProtocolUnreachable:
		return " !P"
	case wire.ICMPv4PortUnreachable:
		return ""
	case wire.ICMPv4FragmentationNeeded:
		return " !F"
	case wire.ICMPv4SourceRouteFailed:
		return " !S"
	case wire.ICMPv4AdminProhibited:
		return " !X"
	}
	return " !<" + strconv.Itoa(int(code)) + ">"
}
