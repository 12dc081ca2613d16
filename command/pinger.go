package command

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"syscall"
	"time"

	"thinnet/socket"
	"thinnet/wire"
)

// pinger is a ping under way.
type pinger struct {
	pingOptions
	env   *Env
	conn  *socket.ICMPConn
	dst   netip.Addr
	id    uint16
	start time.Time

	sent        [pingWindow]sentPing
	lastSent    time.Time
	transmitted uint64
	received    uint64
	duplicates  uint64
	errors      uint64
	pipe        int // the most requests that were under way at once
	rtt         rttStats
}

// pingWindow is how many requests are remembered. Replies to earlier ones are
// not counted.
const pingWindow = 1024

// sentPing is one request.
type sentPing struct {
	number   uint64 // its sequence number before it was cut to 16 bits; 0: none
	at       time.Time
	answered bool
}

// run sends and receives until all is there or ctx ends.
func (p *pinger) run(ctx context.Context) {
	stop := context.AfterFunc(ctx, func() { p.conn.Close() })
	defer stop()
	buf := make([]byte, 65535)
	next := p.start
	for {
		now := time.Now()
		more := p.count == 0 || p.transmitted < p.count
		if more && !now.Before(next) {
			p.send(now)
			next = next.Add(p.interval)
			if p.interval <= 0 || next.Before(now) {
				next = now.Add(p.interval)
			}
			continue
		}
		wake := next
		if !more {
			if p.received+p.errors >= p.count {
				return
			}
			wake = p.lastSent.Add(p.patience())
		}
		if end := p.start.Add(p.deadline); p.deadline > 0 && end.Before(wake) {
			wake, more = end, false
		}
		if !more && !now.Before(wake) {
			return
		}
		_ = p.conn.SetReadDeadline(wake) // if it fails, so does Read
		n, info, err := p.conn.Read(buf)
		switch {
		case err == nil:
			p.receive(buf[:n], info, time.Now())
		case !errors.Is(err, os.ErrDeadlineExceeded):
			return
		}
	}
}

// patience is how long the last request waits for its reply: twice the longest
// round trip, if there was one.
func (p *pinger) patience() time.Duration {
	if p.received == 0 {
		return p.linger
	}
	return max(2*p.rtt.max, p.interval)
}

func (p *pinger) send(now time.Time) {
	p.transmitted++
	seq := p.transmitted
	p.sent[seq%pingWindow] = sentPing{number: seq, at: now}
	p.lastSent = now
	m := make([]byte, wire.ICMPv4Len+p.size)
	wire.PutICMPv4(m, wire.ICMPv4Echo, 0, uint32(p.id)<<16|uint32(uint16(seq)))
	data := m[wire.ICMPv4Len:]
	for i := range data {
		data[i] = byte(i)
	}
	if len(data) >= 16 { // where the real one keeps a struct timeval
		binary.LittleEndian.PutUint64(data, uint64(now.Unix()))
		binary.LittleEndian.PutUint64(data[8:], uint64(now.Nanosecond()/1000))
	}
	switch err := p.conn.WriteTo(m, p.dst, p.ttl); {
	case err == nil:
	case errors.Is(err, syscall.EMSGSIZE):
		p.errors++
		p.env.errorf("ping: local error: message too long\n")
	case errors.Is(err, syscall.ENETUNREACH):
		p.errors++
		p.env.errorf("ping: sendmsg: Network is unreachable\n")
	default:
		p.errors++
		p.env.errorf("ping: sendmsg: %v\n", err)
	}
}

// receive takes any ICMP message: most are somebody else's.
func (p *pinger) receive(m []byte, info socket.ICMPInfo, now time.Time) {
	h, seq, ok := echoAnswer(m, p.dst, p.id)
	if !ok {
		return
	}
	if h.Type() == wire.ICMPv4EchoReply {
		if info.From == p.dst || p.dst.IsMulticast() {
			p.reply(seq, len(m), info, now)
		}
		return
	}
	text, isError := pingErrorText(h)
	if text == "" {
		return
	}
	if isError {
		p.errors++
		p.underWay(seq)
	}
	if !p.quiet {
		p.env.printf("From %s icmp_seq=%d %s\n", p.name(info.From), seq, text)
	}
}

// number returns the request that a sequence number of 16 bits means, or 0 if
// it is none of those remembered.
func (p *pinger) number(seq uint16) uint64 {
	age := uint64(uint16(p.transmitted) - seq)
	if age >= pingWindow || age >= p.transmitted {
		return 0
	}
	return p.transmitted - age
}

func (p *pinger) underWay(seq uint16) {
	if n := p.number(seq); n > 0 {
		p.pipe = max(p.pipe, int(p.transmitted-n)+1)
	}
}

func (p *pinger) reply(seq uint16, size int, info socket.ICMPInfo, now time.Time) {
	n := p.number(seq)
	if n == 0 {
		return
	}
	s := &p.sent[n%pingWindow]
	duplicate := s.answered
	s.answered = true
	rtt := now.Sub(s.at)
	if duplicate {
		p.duplicates++
	} else {
		p.received++
		p.underWay(seq)
		if p.timed() {
			p.rtt.add(rtt)
		}
	}
	if p.quiet {
		return
	}
	p.env.printf("%d bytes from %s: icmp_seq=%d ttl=%d", size, p.name(info.From), seq, info.TTL)
	if p.timed() {
		p.env.printf(" time=%s ms", pingTime(rtt))
	}
	if duplicate {
		p.env.printf(" (DUP!)")
	}
	p.env.printf("\n")
}

// timed reports whether requests are large enough for a time stamp, without
// which the real one tells no times.
func (p *pinger) timed() bool { return p.size >= 16 }

func (p *pinger) name(a netip.Addr) string {
	if p.numeric {
		return a.String()
	}
	if name := p.env.hostName(a); name != "" {
		return fmt.Sprintf("%s (%s)", name, a)
	}
	return fmt.Sprintf("%s (%s)", a, a)
}

// finish prints the statistics.
func (p *pinger) finish() {
	e := p.env
	e.printf("\n--- %s ping statistics ---\n%d packets transmitted, %d received", p.target, p.transmitted, p.received)
	if p.duplicates > 0 {
		e.printf(", +%d duplicates", p.duplicates)
	}
	if p.errors > 0 {
		e.printf(", +%d errors", p.errors)
	}
	if p.transmitted > 0 {
		loss := float32(p.transmitted-p.received) * 100 / float32(p.transmitted)
		took := p.lastSent.Sub(p.start)
		e.printf(", %.6g%% packet loss, time %dms", loss, took.Round(time.Millisecond).Milliseconds())
	}
	e.printf("\n")
	comma := ""
	if p.rtt.n > 0 {
		e.printf("rtt min/avg/max/mdev = %s ms", &p.rtt)
		comma = ", "
	}
	if p.pipe > 1 {
		e.printf("%spipe %d", comma, p.pipe)
	}
	e.printf("\n")
}

// pingErrorText returns what an ICMP message says, and whether it means that
// the request is lost.
func pingErrorText(h wire.ICMPv4) (text string, isError bool) {
	switch h.Type() {
	case wire.ICMPv4Unreachable:
		switch h.Code() {
		case wire.ICMPv4NetUnreachable:
			return "Destination Net Unreachable", true
		case wire.ICMPv4HostUnreachable:
			return "Destination Host Unreachable", true
		case wire.ICMPv4ProtocolUnreachable:
			return "Destination Protocol Unreachable", true
		case wire.ICMPv4PortUnreachable:
			return "Destination Port Unreachable", true
		case wire.ICMPv4FragmentationNeeded:
			return fmt.Sprintf("Frag needed and DF set (mtu = %d)", h.MTU()), true
		case wire.ICMPv4SourceRouteFailed:
			return "Source Route Failed", true
		case wire.ICMPv4AdminProhibited:
			return "Packet filtered", true
		}
		return fmt.Sprintf("Dest Unreachable, Bad Code: %d", h.Code()), true
	case wire.ICMPv4TimeExceeded:
		if h.Code() == wire.ICMPv4ReassemblyExceeded {
			return "Frag reassembly time exceeded", true
		}
		return "Time to live exceeded", true
	case wire.ICMPv4ParamProblem:
		return fmt.Sprintf("Parameter problem: pointer = %d", h.Rest()>>24), true
	case wire.ICMPv4SourceQuench:
		return "Source Quench", true
	case wire.ICMPv4Redirect:
		nexthop := netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, h.Rest())))
		return fmt.Sprintf("Redirect Host(New nexthop: %s)", nexthop), false
	}
	return "", false
}
