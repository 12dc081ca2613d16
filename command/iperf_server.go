package command

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"

	"thinnet/socket"
)

// iperfServer runs the tests of clients, one at a time.
type iperfServer struct {
	env      *Env
	port     uint16
	interval time.Duration
	format   byte
	once     bool // -1: end behind the first test
	json     bool // -J
	bind     string

	greeting sync.WaitGroup
	mu       sync.Mutex
	greeted  map[net.Conn]bool // connections that have not shown their cookie yet
	cookie   *iperfCookie      // of the test under way, or nil
	control  chan iperfGreeted // the connection of the next test
	stream   chan net.Conn     // those of its streams
}

// iperfGreeted is a connection that has shown its cookie.
type iperfGreeted struct {
	net.Conn
	cookie iperfCookie
}

// iperfMaxGreeted bounds the connections that have not shown their cookie.
const iperfMaxGreeted = 256

const iperfRule = "-----------------------------------------------------------\n"

func (s *iperfServer) run(ctx context.Context) error {
	l, err := s.env.Host.Listen("tcp", net.JoinHostPort(s.bind, fmt.Sprint(s.port)))
	if err != nil {
		return fmt.Errorf("unable to start listener for connections: %s", errorText(err))
	}
	s.greeted = make(map[net.Conn]bool)
	s.control, s.stream = make(chan iperfGreeted), make(chan net.Conn)
	ctx, cancel := context.WithCancel(ctx)
	s.greeting.Go(func() { s.accept(ctx, l) })
	defer func() {
		cancel()
		l.Close()
		s.dismiss()
		s.greeting.Wait()
	}()
	for n := 1; ; n++ {
		if !s.json {
			s.env.printf("%sServer listening on %d (test #%d)\n%s", iperfRule, s.port, n, iperfRule)
		}
		if n == 1 {
			s.env.ready()
		}
		select {
		case c := <-s.control:
			err = s.serve(ctx, c)
		case <-ctx.Done():
			return ctx.Err()
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil && !s.json {
			s.env.errorf("iperf3: error - %v\n", err)
		}
		if s.once {
			return nil
		}
	}
}

// accept takes connections until the listener is closed.
func (s *iperfServer) accept(ctx context.Context, l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		full := len(s.greeted) == iperfMaxGreeted
		if !full {
			s.greeted[c] = true
		}
		s.mu.Unlock()
		if full {
			c.Close()
			continue
		}
		s.greeting.Go(func() { s.greet(ctx, c) })
	}
}

// greet reads a connection's cookie and brings it where it belongs: to the test of
// that cookie, or to a new one if there is none.
func (s *iperfServer) greet(ctx context.Context, c net.Conn) {
	g := iperfGreeted{Conn: c}
	_ = c.SetReadDeadline(time.Now().Add(iperfPatience)) // if it fails, so does Read
	_, err := io.ReadFull(c, g.cookie[:])
	s.mu.Lock()
	delete(s.greeted, c)
	fresh, ours := s.cookie == nil, s.cookie != nil && *s.cookie == g.cookie
	if fresh && err == nil {
		s.cookie = &g.cookie
	}
	s.mu.Unlock()
	_ = c.SetReadDeadline(time.Time{})
	patience, cancel := context.WithTimeout(ctx, iperfPatience)
	defer cancel()
	switch {
	case err != nil:
	case fresh:
		select {
		case s.control <- g:
			return
		case <-ctx.Done():
		}
	case ours:
		select {
		case s.stream <- c:
			return
		case <-patience.Done():
		}
	default:
		_ = iperfControl{c}.send(iperfAccessDenied)
	}
	c.Close()
}

// dismiss closes the connections that have not shown their cookie.
func (s *iperfServer) dismiss() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.greeted {
		_ = c.SetReadDeadline(time.Unix(1, 0)) // who reads it closes it
	}
}

// serve runs one test.
func (s *iperfServer) serve(ctx context.Context, c iperfGreeted) (failure error) {
	t := &iperfTest{env: s.env, interval: s.interval, format: s.format, cookie: c.cookie, ctl: iperfControl{c.Conn}}
	if s.json {
		t.json, t.env = newIperfJSON(s.env.Host.Name()), s.env.silent()
		defer func() { s.env.printf("%s", t.json.text(failure)) }()
	}
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer func() {
		stop()
		for _, x := range t.streams {
			x.conn.Close()
		}
		if t.packets != nil {
			t.packets.Close()
		}
		c.Close()
		s.mu.Lock()
		s.cookie = nil
		s.mu.Unlock()
	}()
	peer := addrPort(c.RemoteAddr())
	t.env.printf("Accepted connection from %s, port %d\n", peer.Addr(), peer.Port())
	t.json.reached(t, peer.Addr().String(), int(peer.Port()))
	err := s.prepare(ctx, t)
	stop() // to say that the server ends, while it runs
	if err != nil {
		return err
	}
	if err := t.run(ctx); err != nil {
		_ = c.SetWriteDeadline(time.Now().Add(time.Second))
		_ = t.ctl.send(iperfServerTerminate)
		return err
	}
	stop = context.AfterFunc(ctx, func() { c.Close() })
	return t.settle(<-t.news)
}

// prepare agrees on the test, and takes its streams.
func (s *iperfServer) prepare(ctx context.Context, t *iperfTest) error {
	if err := t.ctl.send(iperfParamExchange); err != nil {
		return fmt.Errorf("unable to write to the control socket: %s", errorText(err))
	}
	err := t.ctl.readJSON(&t.iperfParams)
	if err == nil {
		err = t.check()
	}
	if err == nil && t.Len == 0 {
		err = fmt.Errorf("a block has 0 bytes")
	}
	if err != nil {
		t.refuse()
		return fmt.Errorf("unable to receive parameters from client: %s", errorText(err))
	}
	if t.UDP {
		if t.packets, err = s.env.Host.ListenPacket("udp", net.JoinHostPort(s.bind, fmt.Sprint(s.port))); err != nil {
			t.refuse()
			return fmt.Errorf("unable to create stream: %s", errorText(err))
		}
	}
	if err := t.ctl.send(iperfCreateStreams); err != nil {
		return fmt.Errorf("unable to write to the control socket: %s", errorText(err))
	}
	patience, cancel := context.WithTimeout(ctx, iperfPatience)
	defer cancel()
	t.listen(cancel) // there is nothing to wait for if the client ends
	if t.UDP {
		err = t.takeGreetings(patience)
	} else {
		err = s.takeStreams(patience, t)
	}
	if err != nil {
		t.refuse()
		return err
	}
	t.json.agreed(t)
	for _, state := range []iperfState{iperfTestStart, iperfTestRunning} {
		if err := t.ctl.send(state); err != nil {
			return fmt.Errorf("unable to write to the control socket: %s", errorText(err))
		}
	}
	return nil
}

// refuse tells the client that the test will not be. iperf3 reads two numbers of
// its own behind the state: 116 is what is wrong with parameters.
func (t *iperfTest) refuse() {
	b := []byte{byte(0xff & int(iperfServerError))}
	b = binary.BigEndian.AppendUint32(b, 116)
	b = binary.BigEndian.AppendUint32(b, 0)
	_, _ = t.ctl.Write(b)
}

// takeStreams takes the TCP streams of a test.
func (s *iperfServer) takeStreams(ctx context.Context, t *iperfTest) error {
	for n := range t.count() {
		select {
		case c := <-s.stream:
			x := t.add(c)
			if err := t.adopt(c); err != nil {
				return fmt.Errorf("unable to accept stream connection: %s", errorText(err))
			}
			t.introduce(x)
		case <-ctx.Done():
			return fmt.Errorf("unable to accept stream connection: %d of %d came", n, t.count())
		}
	}
	return nil
}

// takeGreetings takes the UDP streams of a test, each of which begins with a
// greeting.
func (t *iperfTest) takeGreetings(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { _ = t.packets.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	var b [64]byte
	for len(t.streams) < t.count() {
		n, from, err := t.packets.ReadFrom(b[:])
		if err != nil {
			return fmt.Errorf("unable to accept stream connection: %d of %d came", len(t.streams), t.count())
		}
		to := addrPort(from)
		if string(b[:n]) != iperfHello || to.Addr() != addrPort(t.ctl.RemoteAddr()).Addr() {
			continue
		}
		x := t.streamOf(to)
		if x == nil {
			x = t.add(iperfDatagrams{t.packets, to})
			t.introduce(x)
		}
		_, _ = x.conn.Write([]byte(iperfAnswer)) // it is asked for again if it is lost
	}
	return nil
}

// streamOf returns the UDP stream of a client's address, or nil.
func (t *iperfTest) streamOf(a netip.AddrPort) *iperfStream {
	for _, s := range t.streams {
		if d, ok := s.conn.(iperfDatagrams); ok && d.to == a {
			return s
		}
	}
	return nil
}

// endStreams tells the client that nothing follows on the streams: iperf3 waits for the
// rest of a block, whatever else it is told.
func (t *iperfTest) endStreams() {
	for _, s := range t.streams {
		if c, ok := s.conn.(*socket.TCPConn); ok && s.sends {
			_ = c.CloseWrite() // it may have failed already
		}
	}
}

// settle ends a test on the server's side.
func (t *iperfTest) settle(n iperfNews) error {
	if n.err == nil && n.state == iperfClientTerminate {
		t.summary(nil)
		return fmt.Errorf("the client has terminated")
	}
	if err := iperfCheck(iperfTestEnd, n); err != nil {
		return err
	}
	t.endStreams()
	if err := t.ctl.send(iperfExchangeResults); err != nil {
		return errIperfClosed
	}
	var peer iperfResults
	if err := t.ctl.readJSON(&peer); err != nil {
		return fmt.Errorf("unable to receive results: %s", errorText(err))
	}
	if err := t.ctl.sendJSON(t.results()); err != nil {
		return fmt.Errorf("unable to send results: %s", errorText(err))
	}
	if err := t.ctl.send(iperfDisplayResults); err != nil {
		return errIperfClosed
	}
	t.summary(nil)
	s, err := t.ctl.state(iperfPatience)
	return iperfCheck(iperfDone, iperfNews{s, err})
}
