package tcpscript

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"time"

	"thinnet/clock"
	"thinnet/packet"
	"thinnet/transport/tcp"
	"thinnet/wire"
)

var (
	local  = netip.MustParseAddrPort("192.0.2.1:80")
	remote = netip.MustParseAddrPort("192.0.2.2:1024")
)

// runner is a machine, and around it what little of a host it needs.
type runner struct {
	conn     tcp.Conn
	counters tcp.Counters
	settings tcp.Settings
	config   tcp.Config

	start     Start
	now       clock.Time
	listening bool
	live      int64 // slabs before
	finished  bool
	writable  bool // and the script has not asked since
	wrote     int64
	read      int64

	p     packet.Packet
	sent  []*segment // and not expected yet
	bad   error      // a segment with wrong bytes
	trace strings.Builder
}

func newRunner(start Start) *runner {
	return &runner{
		start: start, now: clock.Time(time.Second), live: packet.Live(),
		config: tcp.Config{Local: local, Remote: remote, MTU: 1500, HeaderLen: wire.IPv4MinLen, NoDelay: true},
	}
}

func (r *runner) end() {
	r.conn.Kill()
	r.conn.Release()
}

func (r *runner) log(format string, a ...any) {
	at := time.Duration(r.now) - time.Second
	fmt.Fprintf(&r.trace, "\t%10v  %s\n", at, fmt.Sprintf(format, a...))
}

// line does what one line says.
func (r *runner) line(l line) error {
	if err := r.advance(l.after); err != nil {
		return err
	}
	if l.words[0] == ">" {
		want, err := parseSegment(l.words[1:])
		if err != nil {
			return err
		}
		return r.expect(want)
	}
	// Nothing but an expectation may come after a segment at its instant.
	if err := r.quiet(); err != nil {
		return err
	}
	return r.do(l.words)
}

// quiet returns an error if a segment was sent that nobody expects.
func (r *runner) quiet() error {
	if r.bad != nil {
		return r.bad
	}
	if len(r.sent) > 0 {
		return fmt.Errorf("was sent and not expected:  > %v", r.sent[0])
	}
	return nil
}

// advance lets d pass, with the machine's timers.
func (r *runner) advance(d time.Duration) error {
	until := r.now.Add(d)
	for d > 0 {
		if at := r.conn.Deadline(); at < until {
			if err := r.quiet(); err != nil {
				return err
			}
			if at <= r.now {
				return fmt.Errorf("the deadline %v is not later than now", at)
			}
			r.now = at
			r.conn.Tick(at)
			r.output()
			continue
		}
		break
	}
	if d > 0 {
		if err := r.quiet(); err != nil {
			return err
		}
	}
	r.now = until
	if r.conn.Deadline() <= r.now {
		r.conn.Tick(r.now)
		r.output()
	}
	return nil
}

func (r *runner) expect(want *segment) error {
	if r.bad != nil {
		return r.bad
	}
	if len(r.sent) == 0 {
		return fmt.Errorf("nothing was sent, want  > %v", want)
	}
	got := r.sent[0]
	r.sent = r.sent[1:]
	if !want.matches(got) {
		return fmt.Errorf("got  > %v, want  > %v", got, want)
	}
	return nil
}

// output is what a host does after every event.
func (r *runner) output() {
	r.conn.Output(r.now, r)
	e := r.conn.TakeEvents()
	r.finished = r.finished || e&tcp.Finished != 0
	r.writable = r.writable || e&tcp.Writable != 0
}

// Packet and Send make a runner a tcp.Sink.
func (r *runner) Packet() *packet.Packet {
	r.p.Reset()
	return &r.p
}

func (r *runner) Send(p *packet.Packet, _ uint8) {
	defer p.Release()
	var s tcp.Segment
	h, ok, err := s.Parse(p)
	if err != nil || !ok {
		r.bad = errors.Join(r.bad, fmt.Errorf("sent a bad header: % x", p.Head()))
		return
	}
	got := r.relative(&s, r.start.ISS, r.start.IRS)
	r.log("> %v", got)
	if sum := wire.PseudoHeader(local.Addr(), remote.Addr(), wire.ProtocolTCP, p.Len()); h.Checksum() != wire.Fold(sum) ||
		p.Checksum != packet.ChecksumPartial {
		r.bad = errors.Join(r.bad, errors.New("sent a wrong partial checksum"))
	}
	b := make([]byte, s.Len)
	p.CopyTo(b, s.HeaderLen)
	first := got.seq
	if s.Flags&wire.FlagSYN != 0 {
		first++
	}
	for i, c := range b {
		if c != pattern(first+int64(i)) {
			r.bad = errors.Join(r.bad, fmt.Errorf("sent wrong bytes in  > %v", got))
			break
		}
	}
	r.sent = append(r.sent, got)
}

// relative makes a segment one of a script, whose sender began at iss and whose
// receiver at irs.
func (r *runner) relative(s *tcp.Segment, iss, irs tcp.Seq) *segment {
	g := &segment{flags: s.Flags, seq: int64(s.Seq.Sub(iss)), win: int64(s.Window), options: s.Options}
	g.end = g.seq + int64(s.Len)
	g.options.Cookie = slices.Clone(g.options.Cookie) // it lies in the packet
	if s.Flags&wire.FlagACK != 0 {
		g.ack = int64(s.Ack.Sub(irs))
	}
	for i := range g.options.SACK[:g.options.NumSACK] {
		b := &g.options.SACK[i]
		b.Left -= uint32(irs)
		b.Right -= uint32(irs)
	}
	return g
}

// pattern is the byte at the sequence number i.
func pattern(i int64) byte { return byte(i ^ i>>8 ^ i>>16) }

// inject hands the machine a segment of the peer's.
func (r *runner) inject(s *segment, last bool) error {
	r.log("< %v", s)
	var b [100]byte
	o := s.options
	for i := range o.SACK[:o.NumSACK] {
		o.SACK[i].Left += uint32(r.start.ISS)
		o.SACK[i].Right += uint32(r.start.ISS)
	}
	opt := wire.PutTCPOptions(b[wire.TCPMinLen:], &o)
	if s.badOption {
		// One that says it is longer than the header.
		opt += copy(b[wire.TCPMinLen+opt:], []byte{wire.TCPOptionMSS, 40, 0, 0})
	}
	f := wire.TCPFields{
		SrcPort: remote.Port(), DstPort: local.Port(), Flags: s.flags,
		Seq: uint32(r.start.IRS.Add(int(s.seq))), Window: uint16(max(s.win, 0)),
	}
	if s.flags&wire.FlagACK != 0 {
		f.Ack = uint32(r.start.ISS.Add(int(s.ack)))
	}
	wire.PutTCP(b[:], &f, opt)
	var p packet.Packet
	p.Reset()
	p.Write(b[:wire.TCPMinLen+opt])
	data := make([]byte, s.end-s.seq)
	first := s.seq
	if s.flags&wire.FlagSYN != 0 {
		first++
	}
	for i := range data {
		data[i] = pattern(first + int64(i))
	}
	if len(data) > 0 && !p.Write(data) {
		return fmt.Errorf("%d bytes are too many for a segment", len(data))
	}
	var in tcp.Segment
	if _, ok, err := in.Parse(&p); err != nil || ok == s.badOption {
		return fmt.Errorf("the segment does not parse: %v", err)
	}
	return r.deliver(&in, last)
}

// deliver is what a host does with a segment that arrives.
func (r *runner) deliver(in *tcp.Segment, last bool) error {
	defer func() {
		if last {
			r.output()
		}
	}()
	switch {
	case r.conn.CanReplace(in):
		r.start.ISS = r.conn.NextISS()
		r.start.IRS = in.Seq
		r.config.ISS = r.start.ISS
		r.conn.Kill()
		r.conn.Release()
		r.log("a new connection")
		r.conn.OpenPassive(r.now, &r.config, in)
		r.wrote, r.read, r.finished = 0, 0, false
		in.Packet.Release()
	case r.conn.State() != tcp.Closed:
		if r.conn.NeedsReset(in) {
			r.sendReset(in)
		}
		r.conn.Input(r.now, in)
	case r.listening && r.settings.SynCookies == tcp.SynCookiesAlways && r.cookie(in):
	case r.listening && in.Flags&(wire.FlagSYN|wire.FlagACK|wire.FlagRST) == wire.FlagSYN:
		r.setup()
		r.conn.OpenPassive(r.now, &r.config, in)
		in.Packet.Release()
	default:
		r.sendReset(in)
		in.Packet.Release()
	}
	return nil
}

// sendReset answers a segment as a host does that has no connection for it.
func (r *runner) sendReset(in *tcp.Segment) {
	f, ok := tcp.ResetFor(in)
	if !ok {
		return
	}
	s := tcp.Segment{Seq: tcp.Seq(f.Seq), Ack: tcp.Seq(f.Ack), Flags: f.Flags}
	g := r.relative(&s, r.start.ISS, r.start.IRS)
	if f.Flags&wire.FlagACK != 0 {
		g.seq, g.end = 0, 0 // the true 0, for a segment without an acknowledgement
	}
	r.log("> %v", g)
	r.sent = append(r.sent, g)
}

// setup makes the configuration of a connection that begins.
func (r *runner) setup() {
	if r.settings.RcvBuf == 0 {
		// A size that stays, unless a script is about that: windows and scales are
		// then the same everywhere.
		r.settings.RcvBuf = 256 << 10
	}
	if r.settings.MinRTO == 0 {
		// The round-trip time is 10 ms: timeouts come out as 200 ms, 400 ms …
		r.settings.MinRTO = 190 * time.Millisecond
	}
	r.config.Settings = tcp.NewSettings(r.settings)
	r.config.Counters = &r.counters
	r.config.ISS = r.start.ISS
}

// write gives the machine up to n bytes and returns how many it took.
func (r *runner) write(n int) int {
	n = r.fill(n)
	r.output()
	return n
}

// fill puts up to n bytes into the send buffer and returns how many it took.
func (r *runner) fill(n int) int {
	taken := 0
	for taken < n {
		k := min(n-taken, r.conn.SendSpace(), packet.LargeSlab)
		if k <= 0 {
			break
		}
		s, off := r.conn.Tail()
		if s == nil {
			s, off = packet.NewSlab(k), 0
		}
		k = min(k, len(s.B)-off)
		for i := range k {
			r.wrote++
			s.B[off+i] = pattern(r.wrote)
		}
		r.conn.Append(s, off, k)
		taken += k
	}
	return taken
}

// take reads up to n bytes and returns how many it got.
func (r *runner) take(n int) (int, error) {
	got := 0
	var err error
	for {
		frags, k := r.conn.Take(make([]packet.Frag, 0, 16), n-got)
		for _, f := range frags {
			for _, c := range f.Bytes() {
				r.read++
				if c != pattern(r.read) {
					err = fmt.Errorf("byte %d was delivered wrong", r.read)
				}
			}
			f.Slab.Release()
		}
		if got += k; k == 0 {
			break
		}
	}
	r.output()
	return got, err
}

// errorNames are the errors that a connection ends with.
var errorNames = map[string]error{
	"none": nil, "refused": syscall.ECONNREFUSED, "reset": syscall.ECONNRESET,
	"timeout": syscall.ETIMEDOUT, "unreachable": syscall.EHOSTUNREACH,
}
