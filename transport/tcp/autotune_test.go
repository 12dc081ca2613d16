package tcp

import (
	"testing"
	"time"
)

// stream is a sim whose end 0 writes whenever there is room, and whose end 1 reads.
type stream struct {
	*sim
	unread int // bytes that the reader always leaves
}

// newStream returns a path with a rate in bits a second.
func newStream(t testing.TB, rate float64, rtt time.Duration, client, server Settings) *stream {
	s := newSim(t, 1)
	s.delay = rtt / 2
	s.segmented = 65535
	s.wire[0] = &bottleneck{rate: rate, queue: max(rtt, 5*time.Millisecond)}
	s.listener = server
	s.open(client)
	return &stream{sim: s}
}

// run lets d pass, and returns how many bits a second were read.
func (s *stream) run(d time.Duration) float64 {
	a, b := s.ends[0], s.ends[1]
	start, end := b.read, s.now.Add(d)
	for s.step(end) {
		for a.conn.State() == Established && a.conn.SendSpace() >= 64<<10 {
			a.writeFast(64 << 10)
		}
		if b.conn.Readable() > s.unread {
			b.readFast()
		}
	}
	return float64(b.read-start) * 8 / d.Seconds()
}

// sizes returns the sizes of the sender's and the receiver's buffer.
func (s *stream) sizes() (send, receive int) {
	return int(s.ends[0].conn.sndSize.bytes), s.ends[1].conn.rcvBufSize
}

// With nothing set, one stream fills a path of 1 Gbit/s over 100 ms, with and without
// timestamps.
func TestBuffersGrow(t *testing.T) {
	for _, set := range []Settings{{}, {NoTimestamps: true}} {
		s := newStream(t, 1e9, 100*time.Millisecond, set, set)
		s.run(4 * time.Second)
		send, receive := s.sizes()
		if got := s.run(2 * time.Second); got < 0.9e9*1448/1514 {
			t.Errorf("no timestamps %v: %.0f Mbit/s with buffers of %d and %d KiB", set.NoTimestamps, got/1e6, send>>10, receive>>10)
		}
		const bdp = 1e9 / 8 / 10
		if send < bdp || receive < bdp {
			t.Errorf("buffers of %d and %d KiB, the path takes %d", send>>10, receive>>10, bdp>>10)
		}
	}
}

// Buffers stay as they are where the peer is near, where the user has set them, and
// where he does not read; and they grow no further than they may.
func TestBuffersStay(t *testing.T) {
	const def, far = 256 << 10, 50 * time.Millisecond
	for _, tt := range []struct {
		name          string
		rtt           time.Duration
		client        Settings
		server        Settings
		prepare       func(s *stream)
		send, receive int
	}{
		{"near", 400 * time.Microsecond, Settings{}, Settings{}, nil, def, def},
		{"near, without timestamps", 400 * time.Microsecond, Settings{NoTimestamps: true}, Settings{}, nil, def, def},
		{"set for the host", far, Settings{SndBuf: 100 << 10}, Settings{RcvBuf: 50 << 10}, nil, 100 << 10, 50 << 10},
		{"set on the connection", far, Settings{}, Settings{}, func(s *stream) {
			s.ends[0].conn.SetSendBuffer(100 << 10)
			s.ends[1].conn.SetRecvBuffer(60 << 10)
		}, 100 << 10, 60 << 10},
		{"nobody reads", far, Settings{SndBuf: def}, Settings{}, func(s *stream) { s.unread = 1 << 30 }, def, def},
		{"up to a bound", far, Settings{SndBufMax: 700 << 10}, Settings{RcvBufMax: 600 << 10}, nil, 700 << 10, 600 << 10},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newStream(t, 10e9, tt.rtt, tt.client, tt.server)
			s.run(2 * tt.rtt)
			if tt.prepare != nil {
				tt.prepare(s)
			}
			s.run(min(time.Second, 100*tt.rtt))
			if send, receive := s.sizes(); send != tt.send || receive != tt.receive {
				t.Errorf("buffers of %d and %d KiB, want %d and %d", send>>10, receive>>10, tt.send>>10, tt.receive>>10)
			}
		})
	}
}

// A machine that is busy for a moment makes one round trip long, not a peer far.
func TestSendBufferHiccup(t *testing.T) {
	c := Conn{Remnant: Remnant{set: NewSettings(Settings{})}}
	c.sndSize.bytes = 1000
	c.cwnd.Window = 10_000
	for range 10 {
		c.sizeSendBuffer(20*time.Microsecond, true)
		c.sizeSendBuffer(10*time.Millisecond, true)
		c.sizeSendBuffer(10*time.Millisecond, true)
	}
	if c.sndSize.bytes != 1000 {
		t.Errorf("the buffer grew to %d", c.sndSize.bytes)
	}
	c.sizeSendBuffer(10*time.Millisecond, true)
	if c.sndSize.bytes != 20_000 {
		t.Errorf("the buffer has %d bytes after three long round trips, want twice the window", c.sndSize.bytes)
	}
}
