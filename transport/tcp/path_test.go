package tcp

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"thinnet/clock"
)

// Sizes of a full segment of a sim, in bytes: of its payload, and of its Ethernet
// frame.
const (
	payloadSize = 1500 - 20 - 20 - 12
	frameSize   = 1514
)

// bottleneck is a link with a rate and a queue, for one direction of a sim.
type bottleneck struct {
	rate  float64    // bits a second
	free  clock.Time // when what is queued has left
	queue time.Duration
	// early, if not nil, makes the queue drop at random before it is full, so that
	// all flows lose alike: with a probability that is the cube of its filling.
	early *rand.Rand

	arrived, dropped int           // frames
	waited           time.Duration // in sum, of those that were not dropped
}

// admit returns when a frame of n bytes has left the queue, or false if it is
// dropped.
func (b *bottleneck) admit(now clock.Time, n int) (clock.Time, bool) {
	b.arrived++
	b.free = max(b.free, now)
	wait := b.free.Sub(now)
	full := wait > b.queue
	if b.early != nil {
		full = full || b.early.Float64() < math.Pow(wait.Seconds()/b.queue.Seconds(), 3)
	}
	if full {
		b.dropped++
		return 0, false
	}
	b.waited += wait
	b.free = b.free.Add(time.Duration(float64(n*8) / b.rate * 1e9))
	return b.free, true
}

// path is a way with a bottleneck, and with one that loses and delays behind it.
type path struct {
	rate float64       // bits a second
	rtt  time.Duration // of a full segment that finds the queue empty
	// loss is the share of the data that is lost: one segment about every 1/loss,
	// since the response functions are derived from a deterministic loss model
	// (RFC 9438, section 5); or each with this probability. A tenth of chance keeps
	// small windows from falling into step with the losses.
	loss    float64
	random  bool
	reorder bool // one segment in 50, either way, is late by up to a quarter of the rtt
}

// bottleneck returns the path's: its queue holds the product of bandwidth and delay.
func (p path) bottleneck() *bottleneck {
	return &bottleneck{rate: p.rate, queue: max(p.rtt, 5*time.Millisecond)}
}

// flow is a sim whose end 0 always has something to send, and whose end 1 reads
// everything at once.
type flow struct {
	*sim
	arrived clock.Time    // when end 1 has last read something
	silence time.Duration // the longest time in which it has not, since reset
}

// newFlow returns a flow over a path, and over b, its bottleneck, which it may
// share with others.
func newFlow(t testing.TB, seed uint64, cc string, p path, b *bottleneck) *flow {
	s := &flow{sim: newSim(t, seed)}
	s.trusted = true
	onWire := time.Duration(frameSize * 8 / p.rate * 1e9)
	s.delay = (p.rtt - onWire) / 2
	switch {
	case p.random:
		s.loss = p.loss
	case p.loss > 0:
		s.every = int(math.Round(1 / p.loss))
		s.due = 1 + s.rng.IntN(s.every)
	}
	if p.reorder {
		s.reorder, s.jitter = 0.02, p.rtt/4
	}
	s.wire[0] = b
	set := Settings{CongestionControl: cc, QuickAck: 1 << 14}
	s.listener = set
	s.open(set)
	return s
}

// stepTo lets the flow's next event happen, if it lies before until.
func (s *flow) stepTo(until clock.Time) {
	s.step(until)
	a, b := s.ends[0], s.ends[1]
	if a.conn.State() == Established {
		for a.conn.SendSpace() >= 64<<10 {
			a.writeFast(64 << 10)
		}
	}
	if b.conn.Readable() > 0 {
		b.readFast()
		s.silence = max(s.silence, s.now.Sub(s.arrived))
		s.arrived = s.now
	}
}

// runTogether runs flows that share a bottleneck.
func runTogether(until clock.Time, flows ...*flow) {
	for {
		first := flows[0]
		for _, s := range flows[1:] {
			if s.next() < first.next() {
				first = s
			}
		}
		if first.next() > until {
			break
		}
		first.stepTo(until)
	}
	for _, s := range flows {
		s.now = until
	}
}

// run runs one flow.
func (s *flow) run(until clock.Time) { runTogether(until, s) }

// runSegments runs the flow until end 0 has sent n segments more, or for d at most.
func (s *flow) runSegments(n uint64, d time.Duration) {
	cnt := &s.ends[0].cnt
	for sent, end := cnt.OutSegs, s.now.Add(d); cnt.OutSegs-sent < n && s.now < end; {
		s.stepTo(end)
	}
}

// measure runs f, and returns the bits a second that arrived in its time.
func (s *flow) measure(f func()) float64 {
	start, read := s.now, s.ends[1].read
	s.silence = 0
	f()
	return float64(s.ends[1].read-read) * 8 / s.now.Sub(start).Seconds()
}
