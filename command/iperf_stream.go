package command

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"sync/atomic"
	"time"

	"thinnet/socket"
	"thinnet/transport/tcp"
)

// iperfUDPHeader is the size of what a datagram begins with, in bytes: when it
// was sent, in seconds and microseconds, and its number.
const iperfUDPHeader = 12

// Datagrams that open a UDP stream, and answer that.
const (
	iperfHello  = "9876"
	iperfAnswer = "6789"
)

// iperfStream is one of the streams of a test. One goroutine moves its data;
// another one looks at the counters.
type iperfStream struct {
	number int // as it is printed
	id     int // as it is exchanged
	sends  bool
	conn   net.Conn
	bytes  atomic.Int64
	datagrams

	// What the report before the last one has seen.
	seen iperfCount
}

// datagrams are the counters of a UDP stream: of those that were sent, or that
// came, as RFC 1889 and iperf3 count.
type datagrams struct {
	packets atomic.Int64 // the highest number
	lost    atomic.Int64
	jitter  atomic.Int64 // nanoseconds
	transit time.Duration
}

// iperfCount is a look at the counters of a stream.
type iperfCount struct {
	bytes, packets, lost, retransmits, cwnd int64
	jitter                                  time.Duration
}

// newIperfStream numbers the nth stream of a test as iperf3 does, whose numbers
// are descriptors.
func newIperfStream(n int, conn net.Conn, sends bool) *iperfStream {
	id := n + 2
	if n == 0 {
		id = 1
	}
	return &iperfStream{number: 5 + 2*n, id: id, sends: sends, conn: conn}
}

// info returns what TCP says of the stream, or nil.
func (s *iperfStream) info() *tcp.Info {
	c, ok := s.conn.(*socket.TCPConn)
	if !ok {
		return nil
	}
	i := c.Info()
	return &i
}

// count looks at the counters.
func (s *iperfStream) count() iperfCount {
	c := iperfCount{
		bytes: s.bytes.Load(), packets: s.packets.Load(), lost: s.lost.Load(),
		jitter: time.Duration(s.jitter.Load()),
	}
	if i := s.info(); i != nil {
		c.retransmits, c.cwnd = int64(i.TotalRetrans), int64(i.SndCwnd)*int64(i.SndMSS)
	}
	return c
}

// sinceLast returns what has happened since sinceLast was called before.
func (s *iperfStream) sinceLast() iperfCount {
	now := s.count()
	c := now
	c.bytes -= s.seen.bytes
	c.packets -= s.seen.packets
	c.lost -= s.seen.lost
	c.retransmits -= s.seen.retransmits
	s.seen = now
	return c
}

// arrived counts a datagram that came.
func (s *iperfStream) arrived(b []byte, now time.Time) {
	if len(b) < iperfUDPHeader {
		return
	}
	s.bytes.Add(int64(len(b)))
	sent := time.Unix(int64(binary.BigEndian.Uint32(b)), int64(binary.BigEndian.Uint32(b[4:]))*1000)
	number, highest := int64(binary.BigEndian.Uint32(b[8:])), s.packets.Load()
	switch {
	case number > highest:
		s.lost.Add(number - highest - 1)
		s.packets.Store(number)
	case s.lost.Load() > 0:
		s.lost.Add(-1) // it came late
	}
	transit := now.Sub(sent)
	if highest > 0 {
		jitter := s.jitter.Load()
		s.jitter.Store(jitter + (int64((transit-s.transit).Abs())-jitter)/16)
	}
	s.transit = transit
}

// stamp fills in the header of the next datagram.
func (s *iperfStream) stamp(b []byte) {
	now := time.Now()
	binary.BigEndian.PutUint32(b, uint32(now.Unix()))
	binary.BigEndian.PutUint32(b[4:], uint32(now.Nanosecond()/1000))
	binary.BigEndian.PutUint32(b[8:], uint32(s.packets.Add(1)))
}

// iperfNoTime passes with every block where no time does: virtual time would stand
// still on a path that has neither rate nor delay.
const iperfNoTime = 100 * time.Microsecond

// send writes blocks until the test's time is over or its bytes are sent. delay
// keeps the streams of a test apart: in virtual time those that begin at one
// instant would race, and with a report.
func (t *iperfTest) send(s *iperfStream, delay time.Duration) error {
	time.Sleep(delay)
	block := make([]byte, t.Len)
	start, last := time.Now(), time.Time{}
	for t.claim() {
		if !t.pace(s, start) {
			return nil
		}
		now := time.Now()
		if now.Equal(last) {
			time.Sleep(iperfNoTime)
		}
		last = now
		if t.UDP {
			s.stamp(block)
		}
		n, err := s.conn.Write(block)
		s.bytes.Add(int64(n))
		switch {
		case t.stopped.Load() || errors.Is(err, os.ErrDeadlineExceeded):
			return nil
		case err != nil && !t.UDP: // a datagram may be lost, whatever the reason
			return err
		}
	}
	return nil
}

// claim reports whether there is a block left to send.
func (t *iperfTest) claim() bool {
	return !t.stopped.Load() && (t.limit() == 0 || t.sent.Add(int64(t.Len))-int64(t.Len) < t.limit())
}

// pace waits until the target rate allows for the next block. It reports false if
// the test ends before.
func (t *iperfTest) pace(s *iperfStream, start time.Time) bool {
	if t.Bandwidth == 0 {
		return true
	}
	due := time.Duration(float64(s.bytes.Load()) * 8 / float64(t.Bandwidth) * float64(time.Second))
	left := due - time.Since(start)
	if left <= 0 {
		return true
	}
	timer := time.NewTimer(left)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-t.stop:
		return false
	}
}

// receive reads until the test ends.
func (t *iperfTest) receive(s *iperfStream) error {
	block := make([]byte, max(t.Len, iperfUDPHeader))
	for {
		n, err := s.conn.Read(block)
		switch {
		case t.stopped.Load() || errors.Is(err, os.ErrDeadlineExceeded) || err == io.EOF:
			return nil
		case err != nil && !t.UDP:
			return err
		}
		if t.UDP {
			s.arrived(block[:n], time.Now())
		} else {
			s.bytes.Add(int64(n))
		}
		t.received(n)
	}
}

// received ends a test of so many bytes when they have come.
func (t *iperfTest) received(n int) {
	if most := t.limit(); most > 0 && t.got.Add(int64(n)) >= most {
		t.finish(nil)
	}
}

// iperfDatagrams is the server's socket, which all UDP streams share.
type iperfDatagrams struct {
	net.PacketConn
	to netip.AddrPort
}

// Write sends a datagram to the stream's client.
func (c iperfDatagrams) Write(b []byte) (int, error) {
	return c.WriteTo(b, net.UDPAddrFromAddrPort(c.to))
}

// Read is not called: the server reads for all streams.
func (c iperfDatagrams) Read([]byte) (int, error) { return 0, net.ErrClosed }

// RemoteAddr returns the client's address.
func (c iperfDatagrams) RemoteAddr() net.Addr { return net.UDPAddrFromAddrPort(c.to) }

// LocalAddr returns the server's address, which the socket has none of.
func (c iperfDatagrams) LocalAddr() net.Addr { return c.PacketConn.LocalAddr() }
