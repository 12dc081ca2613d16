package command

import (
	"context"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"thinnet/socket"
	"thinnet/transport/tcp"
)

// iperfTest is one test, as one end of it runs it.
type iperfTest struct {
	env *Env
	iperfParams
	client   bool
	format   byte          // of rates: a letter of iperfAmount
	interval time.Duration // between reports; 0: none
	cookie   iperfCookie
	ctl      iperfControl
	news     chan iperfNews // what comes on ctl while nothing is expected: holds one
	streams  []*iperfStream
	packets  net.PacketConn // the server's, if the test is UDP

	running  sync.WaitGroup // of the streams
	sent     atomic.Int64   // bytes, towards the limit
	got      atomic.Int64   // bytes, towards the limit
	stopped  atomic.Bool
	stop     chan struct{} // closed when stopped is set
	finished chan error    // holds one: the streams have done their part, or one has failed

	start    time.Time
	ended    time.Duration // when the test did, from start
	reported time.Duration // when the last report was
	headed   bool          // the reports have their head
	json     *iperfJSON    // -J; nil: it is told in text
}

// iperfTick keeps things of one instant apart: what would race in virtual time.
const iperfTick = time.Microsecond

// sends reports whether data goes from this end to the other, in the first streams if
// there are such in both directions.
func (t *iperfTest) sends() bool { return t.client != t.Reverse }

// count returns how many streams the test has.
func (t *iperfTest) count() int {
	if t.Bidir {
		return 2 * t.Parallel
	}
	return t.Parallel
}

// add adds a stream on a connection: the first ones go in the first direction.
func (t *iperfTest) add(conn net.Conn) *iperfStream {
	n := len(t.streams)
	s := newIperfStream(n, conn, t.sends() == (n < t.Parallel))
	t.streams = append(t.streams, s)
	return s
}

// directions returns the streams of each direction that there is.
func (t *iperfTest) directions() [][]*iperfStream {
	if n := t.Parallel; t.Bidir && len(t.streams) > n {
		return [][]*iperfStream{t.streams[:n], t.streams[n:]}
	}
	return [][]*iperfStream{t.streams}
}

// set makes the test's settings a connection's, before it is opened.
func (t *iperfTest) set(s *tcp.Settings) {
	if t.MSS > 0 {
		s.MaxSegment = t.MSS
	}
	if t.Window > 0 {
		s.RcvBuf, s.SndBuf = t.Window, t.Window
		s.RcvBufMax, s.SndBufMax = t.Window, t.Window
	}
	if t.Congestion != "" {
		s.CongestionControl = t.Congestion
	}
}

// adopt makes the test's settings those of a connection that was accepted.
func (t *iperfTest) adopt(c net.Conn) error {
	conn, ok := c.(*socket.TCPConn)
	if !ok {
		return nil
	}
	set := conn.Settings()
	if t.MSS > 0 {
		set.MaxSegment = t.MSS
	}
	if t.Congestion != "" {
		set.CongestionControl = t.Congestion
	}
	if err := conn.SetSettings(set); err != nil {
		return err
	}
	if t.Window > 0 {
		if err := conn.SetReadBuffer(t.Window); err != nil {
			return err
		}
		if err := conn.SetWriteBuffer(t.Window); err != nil {
			return err
		}
	}
	return conn.SetNoDelay(t.NoDelay)
}

// finish ends the streams' part of the test. Only the first call counts.
func (t *iperfTest) finish(err error) {
	select {
	case t.finished <- err:
	default:
	}
}

// iperfNews is what came on the control connection.
type iperfNews struct {
	state iperfState
	err   error
}

// listen reads what the peer does next, whenever it does, and calls heard before it is
// in news.
func (t *iperfTest) listen(heard func()) {
	t.news = make(chan iperfNews, 1)
	go func() {
		s, err := t.ctl.state(0)
		heard()
		t.news <- iperfNews{s, err}
	}()
}

// run moves data, and reports, until the test's end: for a client that is its time
// or its bytes, for a server what the client says. listen was called.
func (t *iperfTest) run(ctx context.Context) error {
	t.stop, t.finished = make(chan struct{}), make(chan error, 1)
	t.start = time.Now()
	t.begin()
	err := t.watch(ctx)
	t.ended = time.Since(t.start)
	t.halt()
	time.Sleep(iperfTick) // what was sent is on its way before word of the end
	if left := t.ended - t.reported; left > 0 && (10*left >= t.interval || t.fresh()) {
		t.report(t.ended)
	}
	for _, s := range t.streams {
		s.sinceLast()
	}
	if err != nil {
		_ = t.ctl.SetReadDeadline(time.Unix(1, 0))
		<-t.news
	}
	return err
}

// drains reports whether a server waits for the rest of so many bytes when its client
// has sent them all.
func (t *iperfTest) drains() bool {
	return !t.client && !t.sends() && !t.UDP && !t.Bidir && t.limit() > 0
}

// limit returns how many bytes end the test, or 0 if its time does.
func (t *iperfTest) limit() int64 { return max(t.Num, t.Blocks*int64(t.Len)) }

// fresh reports whether something has moved since the last report.
func (t *iperfTest) fresh() bool {
	for _, s := range t.streams {
		if s.bytes.Load() != s.seen.bytes {
			return true
		}
	}
	return false
}

// begin starts a goroutine for each stream, and one for all that a UDP server reads.
func (t *iperfTest) begin() {
	for i, streams := range t.directions() {
		if len(streams) == 0 || !streams[0].sends && t.packets != nil {
			t.running.Go(t.receiveAll)
			continue
		}
		left := new(atomic.Int64)
		left.Store(int64(len(streams)))
		for k, s := range streams {
			t.running.Go(func() {
				var err error
				if s.sends {
					err = t.send(s, time.Duration(i*t.Parallel+k+1)*iperfTick)
				} else {
					err = t.receive(s)
				}
				if left.Add(-1) == 0 || err != nil {
					t.finish(err)
				}
			})
		}
	}
}

// halt ends the streams' goroutines.
func (t *iperfTest) halt() {
	t.stopped.Store(true)
	close(t.stop)
	past := time.Unix(1, 0)
	for _, s := range t.streams {
		_ = s.conn.SetDeadline(past) // if it fails the stream has ended
	}
	if t.packets != nil {
		_ = t.packets.SetDeadline(past)
	}
	t.running.Wait()
}

// watch waits for the end of the test, and reports on the way.
func (t *iperfTest) watch(ctx context.Context) error {
	end := iperfMaxTime * time.Second
	if t.Time > 0 {
		end = time.Duration(t.Time) * time.Second
	}
	news, finished := t.news, t.finished
	if !t.client {
		finished = nil
		end += iperfPatience // then the client is gone
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		wake := end
		if t.interval > 0 {
			wake = min(wake, t.reported+t.interval)
		}
		timer.Reset(wake - time.Since(t.start))
		select {
		case <-timer.C:
			if wake == end {
				if !t.client && news != nil {
					_ = t.ctl.SetReadDeadline(time.Unix(1, 0))
				}
				return nil
			}
			t.report(wake)
		case n := <-news:
			t.news <- n
			if n.err != nil || n.state != iperfTestEnd || !t.drains() {
				return nil
			}
			news, finished, end = nil, t.finished, time.Since(t.start)+iperfPatience
		case err := <-finished:
			if err != nil {
				return fmt.Errorf("the stream has failed: %s", errorText(err))
			}
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// receiveAll reads the datagrams of all streams of a server.
func (t *iperfTest) receiveAll() {
	buf := make([]byte, ncBuffer)
	for {
		n, from, err := t.packets.ReadFrom(buf)
		if err != nil {
			return
		}
		s := t.streamOf(addrPort(from))
		switch {
		case s == nil:
		case string(buf[:n]) == iperfHello: // our answer was lost
			_, _ = s.conn.Write([]byte(iperfAnswer))
		default:
			s.arrived(buf[:n], time.Now())
		}
	}
}
