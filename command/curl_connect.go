package command

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"syscall"
	"time"

	"thinnet/socket"
)

// curlRoute is where requests for a URL go.
type curlRoute struct {
	server string // host:port of the URL
	scheme string
	proxy  *curlProxy
	tunnel bool
}

// route returns where requests for u go.
func (c *curler) route(u *url.URL) curlRoute {
	r := curlRoute{server: u.Host, scheme: u.Scheme, proxy: c.proxyFor(u)}
	if u.Port() == "" {
		r.server += ":" + curlPorts[u.Scheme]
	}
	r.tunnel = r.proxy != nil && c.tunnels(u)
	if r.proxy != nil && !r.tunnel {
		r.server = "" // it takes requests for all
	}
	return r
}

// connect makes sure that there is a connection for requests for u, and says whether
// it was there already.
func (c *curler) connect(ctx context.Context, u *url.URL) (reused bool, failure *curlError) {
	route := c.route(u)
	if c.conn != nil && c.to == route {
		c.note("Re-using existing connection #%d with host %s", c.number, c.peer)
		return true, nil
	}
	if c.conn != nil {
		c.disconnect()
		c.number++
	}
	if c.connectTimeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, c.connectTimeout, errCurlConnectTimeout)
		defer cancel()
	}
	if failure := c.open(ctx, route); failure != nil {
		c.disconnect()
		return false, failure
	}
	c.to = route
	if failure := c.prepare(ctx, route, u.Hostname()); failure != nil {
		c.note("Closing connection %d", c.number)
		c.disconnect()
		return false, failure
	}
	return false, nil
}

// errCurlConnectTimeout is why a context ends after --connect-timeout.
var errCurlConnectTimeout = errors.New("connect timeout")

// open connects to the server, or to the proxy on the way to it.
func (c *curler) open(ctx context.Context, route curlRoute) *curlError {
	server := route.server
	if route.proxy != nil {
		server = net.JoinHostPort(route.proxy.host, route.proxy.port)
	}
	host, port, _ := net.SplitHostPort(server)
	c.peer = host
	to := c.mapped(host, port)
	host, port, _ = net.SplitHostPort(to)
	addr, ok := c.resolve(ctx, host, to)
	c.result.resolved = time.Since(c.result.start)
	if !ok && route.proxy != nil {
		return &curlError{code: curlNoProxy, message: "Could not resolve proxy: " + host}
	}
	if !ok {
		c.note("Could not resolve host: %s", host)
		return &curlError{code: curlNoHost, message: "Could not resolve host: " + host}
	}
	c.note("  Trying %s...", net.JoinHostPort(addr.String(), port))
	start := time.Now()
	conn, err := c.dial(ctx, net.JoinHostPort(addr.String(), port))
	var failure *curlError
	if errors.As(err, &failure) {
		return failure
	}
	if err != nil {
		took := time.Since(start).Milliseconds()
		failure := &curlError{code: curlNoConnect, message: fmt.Sprintf("Failed to connect to %s port %s after %d ms: Couldn't connect to server", host, port, took)}
		switch {
		case ctx.Err() != nil && context.Cause(ctx) != errCurlConnectTimeout:
			failure = &curlError{code: curlTimeout, message: fmt.Sprintf("Connection timed out after %d milliseconds", time.Since(c.result.start).Milliseconds())}
		case ctx.Err() != nil || errors.Is(err, os.ErrDeadlineExceeded):
			failure = &curlError{code: curlTimeout, message: fmt.Sprintf("Failed to connect to %s port %s after %d ms: Timeout was reached", host, port, took)}
		case errors.Is(err, syscall.ECONNREFUSED):
			failure.refused = true
			c.note("connect to %s port %s failed: Connection refused", addr, port)
		}
		c.note("%s", failure.message)
		c.meter.end()
		c.note("Closing connection %d", c.number)
		return failure
	}
	c.note("Connected to %s (%s) port %s (#%d)", host, addr, port, c.number)
	c.conn = conn
	c.result.connects++
	c.result.connected = time.Since(c.result.start)
	c.result.local, c.result.remote = addrPort(conn.LocalAddr()), addrPort(conn.RemoteAddr())
	return nil
}

// prepare brings the connection to where requests can be sent: through a proxy, and
// with TLS.
func (c *curler) prepare(ctx context.Context, route curlRoute, host string) *curlError {
	if c.haproxy {
		l, r := c.result.local, c.result.remote
		line := fmt.Sprintf("PROXY TCP4 %s %s %d %d\r\n", l.Addr(), r.Addr(), l.Port(), r.Port())
		if _, err := c.conn.Write([]byte(line)); err != nil {
			return c.failure(ctx, err, nil, -1)
		}
	}
	c.reader = bufio.NewReaderSize(c.conn, maxHeader)
	if route.tunnel {
		if failure := c.openTunnel(ctx, route.proxy, route.server); failure != nil {
			return failure
		}
	}
	http2 := c.http == curlHTTP2Only
	if route.scheme == "https" {
		secured, failure := c.secure(ctx, c.conn, host)
		if failure != nil {
			return failure
		}
		c.conn, http2 = secured, secured.ConnectionState().NegotiatedProtocol == "h2"
		c.reader = bufio.NewReaderSize(c.conn, maxHeader)
		c.result.secured = time.Since(c.result.start)
		c.note("using HTTP/%s", map[bool]string{true: "2", false: "1.1"}[http2])
	}
	if http2 {
		c.streams = newCurlStreams(c.conn)
	}
	return nil
}

// mapped returns where --connect-to sends what is for host and port.
func (c *curler) mapped(host, port string) string {
	for _, s := range c.connectTo {
		f := strings.SplitN(s, ":", 4)
		if len(f) != 4 || f[0] != "" && !strings.EqualFold(f[0], host) || f[1] != "" && f[1] != port {
			continue
		}
		if f[2] != "" {
			host = f[2]
		}
		if f[3] != "" {
			port = f[3]
		}
		c.note("Connecting to hostname: %s", host)
		c.note("Connecting to port: %s", port)
		break
	}
	return net.JoinHostPort(host, port)
}

// resolve returns the address of a host, which --resolve may have set for a server.
func (c *curler) resolve(ctx context.Context, host, server string) (netip.Addr, bool) {
	for _, r := range c.resolved {
		if strings.EqualFold(r.server, server) {
			c.note("Hostname %s was found in DNS cache", host)
			return r.address, true
		}
	}
	return c.env.resolve(ctx, host)
}

// dial opens a connection from where --interface and --local-port say.
func (c *curler) dial(ctx context.Context, address string) (net.Conn, error) {
	d := socket.Dialer{Net: c.env.Host.Sockets()}
	switch {
	case c.noKeepAlive:
		d.KeepAlive = -1
	case c.keepAlive > 0:
		d.KeepAliveConfig = net.KeepAliveConfig{Enable: true, Idle: c.keepAlive, Interval: c.keepAlive}
	}
	from := &net.TCPAddr{}
	if name := strings.TrimPrefix(strings.TrimPrefix(c.device, "if!"), "host!"); name != "" {
		a, ok := c.source(ctx, name)
		if !ok {
			return nil, &curlError{code: curlNoInterface, message: "Couldn't bind to '" + name + "'"}
		}
		from.IP = a.AsSlice()
	}
	d.LocalAddr = from
	for port := c.firstPort; ; port++ {
		from.Port = int(port)
		conn, err := d.DialContext(ctx, "tcp", address)
		taken := errors.Is(err, syscall.EADDRINUSE)
		switch {
		case taken && port < c.lastPort:
			continue
		case taken, errors.Is(err, syscall.EADDRNOTAVAIL):
			return nil, &curlError{code: curlNoInterface, message: curlNotBound(err)}
		}
		return conn, err
	}
}

// curlNotBound says why a connection cannot come from where it is to, with Linux's
// numbers.
func curlNotBound(err error) string {
	number, why := 98, syscall.EADDRINUSE
	if !errors.Is(err, why) {
		number, why = 99, syscall.EADDRNOTAVAIL
	}
	return fmt.Sprintf("bind failed with errno %d: %s", number, errnoTexts[why])
}

// source returns the address of --interface, which is that of an interface, an address
// or the name of a host.
func (c *curler) source(ctx context.Context, name string) (netip.Addr, bool) {
	for _, i := range c.env.Host.Stack().Interfaces() {
		if i.Name == name && len(i.Addresses) > 0 {
			return i.Addresses[0].Addr(), true
		}
	}
	return c.env.resolve(ctx, name)
}

func addrPort(a net.Addr) netip.AddrPort {
	p, _ := netip.ParseAddrPort(a.String())
	return p
}

// endWith makes the connection's calls return when ctx ends, until stop, which reports
// whether it has not.
func (c *curler) endWith(ctx context.Context) (stop func() bool) {
	conn := c.conn
	return context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) }) // long past
}

func (c *curler) disconnect() {
	if c.conn != nil {
		c.conn.Close()
		c.conn, c.reader, c.streams = nil, nil, nil
	}
}
