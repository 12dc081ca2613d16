package command

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"time"

	"thinnet/socket"
	"thinnet/transport/tcp"
)

// iperfClient is a client under way.
type iperfClient struct {
	*iperfTest
	host, port string
	bind       string     // -B
	addr       string     // host's address and the port
	from       netip.Addr // bind's; not valid: any
}

// What ends a test before its time.
var (
	errIperfBusy   = errors.New("the server is busy running a test. try again later")
	errIperfServer = errors.New("the server has terminated")
	errIperfClosed = errors.New("control socket has closed unexpectedly")
)

func (c *iperfClient) run(ctx context.Context) error {
	addr, ok := c.env.resolve(ctx, c.host)
	if !ok {
		return errors.New("unable to connect to server: Name or service not known")
	}
	c.addr = net.JoinHostPort(addr.String(), c.port)
	c.env.printf("Connecting to host %s, port %s\n", c.host, c.port)
	if c.Reverse {
		c.env.printf("Reverse mode, remote host %s is sending\n", c.host)
	}
	if c.bind != "" {
		if c.from, ok = c.env.resolve(ctx, c.bind); !ok {
			return errors.New("unable to connect to server: Name or service not known")
		}
	}
	d := socket.Dialer{Net: c.env.Host.Sockets(), LocalAddr: c.local("tcp")}
	ctl, err := d.DialContext(ctx, "tcp", c.addr)
	if err != nil {
		return fmt.Errorf("unable to connect to server: %s", errorText(err))
	}
	c.ctl = iperfControl{ctl}
	c.json.reached(c.iperfTest, c.host, int(addrPort(ctl.RemoteAddr()).Port()))
	defer c.close()
	stop := context.AfterFunc(ctx, func() { ctl.Close() })
	err = c.prepare(ctx)
	stop() // to say that the client ends, while it runs
	if err != nil {
		return err
	}
	c.listen(func() {})
	// The server begins at its own instant, if the way between has no delay as well.
	time.Sleep(time.Nanosecond)
	if err := c.iperfTest.run(ctx); err != nil {
		c.summary(&iperfResults{})
		_ = ctl.SetWriteDeadline(time.Now().Add(time.Second))
		_ = c.ctl.send(iperfClientTerminate)
		return err
	}
	stop = context.AfterFunc(ctx, func() { ctl.Close() })
	defer stop()
	return c.conclude()
}

// close closes what is open.
func (c *iperfClient) close() {
	for _, s := range c.streams {
		s.conn.Close()
	}
	c.ctl.Close()
}

// prepare agrees on the test, and opens its streams.
func (c *iperfClient) prepare(ctx context.Context) error {
	c.newCookie()
	if _, err := c.ctl.Write(c.cookie[:]); err != nil {
		return fmt.Errorf("unable to send cookie to server: %s", errorText(err))
	}
	if err := c.expect(iperfParamExchange); err != nil {
		return err
	}
	if c.Len == 0 {
		c.Len = c.blockSize()
	}
	if err := c.ctl.sendJSON(c.iperfParams); err != nil {
		return fmt.Errorf("unable to send parameters to server: %s", errorText(err))
	}
	if err := c.expect(iperfCreateStreams); err != nil {
		return err
	}
	for range c.count() {
		conn, err := c.open(ctx)
		if err != nil {
			return err
		}
		c.add(conn)
	}
	if err := c.expect(iperfTestStart); err != nil {
		return err
	}
	for _, s := range c.streams {
		c.introduce(s)
	}
	c.json.agreed(c.iperfTest)
	return c.expect(iperfTestRunning)
}

// newCookie names the test after the connection, which no other test of the server
// has as long as this one lasts.
func (c *iperfClient) newCookie() {
	const filler = "abcdefghijklmnopqrstuvwxyz234567abcdefghijklmnopqrstuvwxyz"
	from := addrPort(c.ctl.LocalAddr())
	copy(c.cookie[:iperfCookieSize-1], fmt.Sprintf("%x%04x%s", from.Addr().AsSlice(), from.Port(), filler))
}

// blockSize is the default of -l: for UDP what one packet takes, as the control
// connection has found out.
func (c *iperfClient) blockSize() int {
	if !c.UDP {
		return 128 << 10
	}
	if conn, ok := c.ctl.Conn.(*socket.TCPConn); ok {
		return conn.Info().SndMSS
	}
	return 1460
}

// expect waits for a state.
func (c *iperfClient) expect(want iperfState) error {
	s, err := c.ctl.state(iperfPatience)
	return iperfCheck(want, iperfNews{s, err})
}

// iperfCheck says what is wrong with a state that came instead of another.
func iperfCheck(want iperfState, n iperfNews) error {
	switch {
	case errors.Is(n.err, os.ErrDeadlineExceeded):
		return errors.New("unable to receive control message: Connection timed out")
	case n.err != nil:
		return errIperfClosed
	case n.state == want:
		return nil
	case n.state == iperfAccessDenied:
		return errIperfBusy
	case n.state == iperfServerTerminate:
		return errIperfServer
	case n.state == iperfServerError:
		return errors.New("the server cannot run such a test")
	}
	return fmt.Errorf("received an unknown control message (ensure other side is iperf3 and not iperf): %d", n.state)
}

// open opens a stream and tells the server whose it is.
func (c *iperfClient) open(ctx context.Context) (net.Conn, error) {
	d := socket.Dialer{Net: c.env.Host.Sockets(), Control: func(_, _ string, set *tcp.Settings) error {
		c.set(set)
		return nil
	}}
	if c.UDP {
		d.LocalAddr = c.local("udp")
		conn, err := d.DialContext(ctx, "udp", c.addr)
		if err != nil {
			return nil, fmt.Errorf("unable to connect stream: %s", errorText(err))
		}
		if err := iperfGreet(conn); err != nil {
			conn.Close()
			return nil, err
		}
		return conn, nil
	}
	d.LocalAddr = c.local("tcp")
	conn, err := d.DialContext(ctx, "tcp", c.addr)
	if err != nil {
		return nil, fmt.Errorf("unable to connect stream: %s", errorText(err))
	}
	if tcpConn, ok := conn.(*socket.TCPConn); ok {
		err = tcpConn.SetNoDelay(c.NoDelay)
	}
	if err == nil {
		_, err = conn.Write(c.cookie[:])
	}
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("unable to send cookie to server: %s", errorText(err))
	}
	return conn, nil
}

// local returns the address that a connection comes from, or nil for any.
func (c *iperfClient) local(network string) net.Addr {
	switch {
	case !c.from.IsValid():
		return nil
	case network == "udp":
		return &net.UDPAddr{IP: c.from.AsSlice()}
	}
	return &net.TCPAddr{IP: c.from.AsSlice()}
}

// iperfGreet opens a UDP stream: its first datagrams may be lost.
func iperfGreet(conn net.Conn) error {
	var b [64]byte
	for range 10 {
		if _, err := conn.Write([]byte(iperfHello)); err != nil {
			return fmt.Errorf("unable to write to stream socket: %s", errorText(err))
		}
		_ = conn.SetReadDeadline(time.Now().Add(time.Second)) // if it fails, so does Read
		n, err := conn.Read(b[:])
		switch {
		case err == nil && string(b[:n]) == iperfAnswer:
			return conn.SetReadDeadline(time.Time{})
		case err != nil && !errors.Is(err, os.ErrDeadlineExceeded):
			return fmt.Errorf("unable to read from stream socket: %s", errorText(err))
		}
	}
	return errors.New("unable to read from stream socket: Connection timed out")
}

// introduce prints the two ends of a stream.
func (t *iperfTest) introduce(s *iperfStream) {
	local, remote := addrPort(s.conn.LocalAddr()), addrPort(s.conn.RemoteAddr())
	if local.Addr().IsUnspecified() {
		local = addrPort(&net.UDPAddr{IP: addrPort(t.ctl.LocalAddr()).Addr().AsSlice(), Port: int(local.Port())})
	}
	t.env.printf("[%3d] local %s port %d connected to %s port %d\n", s.number,
		local.Addr(), local.Port(), remote.Addr(), remote.Port())
	t.json.connected(s, local, remote)
}

// conclude ends the test on the client's side: both tell what they have counted.
func (c *iperfClient) conclude() error {
	if err := c.ctl.send(iperfTestEnd); err != nil {
		return errIperfClosed
	}
	c.ctl.wait(iperfPatience)
	if err := iperfCheck(iperfExchangeResults, <-c.news); err != nil {
		return err
	}
	if err := c.ctl.sendJSON(c.results()); err != nil {
		return fmt.Errorf("unable to send results: %s", errorText(err))
	}
	var peer iperfResults
	if err := c.ctl.readJSON(&peer); err != nil {
		return fmt.Errorf("unable to receive results: %s", errorText(err))
	}
	if err := c.expect(iperfDisplayResults); err != nil {
		return err
	}
	c.summary(&peer)
	c.env.printf("\niperf Done.\n")
	return c.ctl.send(iperfDone)
}
