package command

import (
	"bufio"
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path"
	"strings"
	"syscall"
	"time"
)

// curler is a curl under way. It keeps one connection, for the next request to
// the same server.
type curler struct {
	*curlOptions
	env *Env

	conn           net.Conn
	reader         *bufio.Reader
	streams        *curlStreams // if it speaks HTTP/2
	server, scheme string       // that conn leads to
	number         int          // of the connection
	origin         string       // that the transfer began with: nobody else is told the password
	result         curlResult
}

// curlResult is what -w can tell of a transfer.
type curlResult struct {
	url, method, contentType   string
	code, exit, moves          int
	size, headerSize, sentSize int64
	connects                   int
	uploaded                   int64
	version                    int // of HTTP, times 10: 10, 11 or 20
	scheme, redirect, message  string
	verify                     int // a curlVerify number
	certificates               []*x509.Certificate
	resolved, secured          time.Duration
	start                      time.Time
	connected, first, done     time.Duration
	local, remote              netip.AddrPort
}

// maxHeader bounds the head of a response, in bytes, as curl does.
const maxHeader = 300 << 10

// fetch makes the nth transfer, with the redirects behind it.
func (c *curler) fetch(ctx context.Context, n int, rawURL string) (failure *curlError) {
	c.result = curlResult{url: rawURL, start: time.Now()}
	defer func() {
		c.result.done = time.Since(c.result.start)
		if failure != nil {
			c.result.exit, c.result.message = failure.code, failure.message
		}
	}()
	if c.maxTime > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, c.result.start.Add(c.maxTime))
		defer cancel()
	}
	u, failure := parseURL(rawURL)
	if failure != nil {
		return failure
	}
	out, closeOut, failure := c.output(n, u)
	if failure != nil {
		return failure
	}
	failure = c.transfer(ctx, u, out)
	if err := closeOut(); err != nil && failure == nil {
		failure = &curlError{curlWriteFailed, "Failure writing output to destination"}
	}
	return failure
}

// transfer makes a request, and those that its answers redirect to.
func (c *curler) transfer(ctx context.Context, u *url.URL, out io.Writer) *curlError {
	method := c.firstMethod()
	c.origin = u.Scheme + "://" + u.Host
	if name := path.Base(c.upload); c.upload != "" && name != "-" && strings.HasSuffix(u.Path, "/") {
		u.Path += name
	}
	if c.get && c.data != nil {
		if u.RawQuery != "" {
			u.RawQuery += "&"
		}
		u.RawQuery += string(c.data)
	}
	for {
		c.result.url, c.result.method = u.String(), method
		next, failure := c.exchange(ctx, u, method, out)
		if failure != nil || next == nil {
			return failure
		}
		if c.result.moves++; c.maxMoves >= 0 && c.result.moves > c.maxMoves {
			return &curlError{curlTooManyMoves, fmt.Sprintf("Maximum (%d) redirects followed", c.maxMoves)}
		}
		if code := c.result.code; method == "POST" && c.method == "" && code <= 303 {
			method = "GET" // as browsers do (RFC 9110, section 15.4)
		}
		u = next
		c.note("Issue another request to this URL: '%s'", u)
	}
}

func (c *curler) firstMethod() string {
	switch {
	case c.method != "":
		return c.method
	case c.head:
		return "HEAD"
	case c.upload != "":
		return "PUT"
	case c.data != nil && !c.get:
		return "POST"
	}
	return "GET"
}

// note prints a line of -v.
func (c *curler) note(format string, args ...any) {
	if c.verbose {
		c.env.errorf("* "+format+"\n", args...)
	}
}

// trace prints the lines of a head for -v.
func (c *curler) trace(mark string, head []byte) {
	if c.verbose {
		for line := range bytes.Lines(head) {
			c.env.errorf("%s %s\n", mark, bytes.TrimRight(line, "\r\n"))
		}
	}
}

// exchange sends a request and takes the response. It returns where to go on, if
// the response is a redirect that is followed.
func (c *curler) exchange(ctx context.Context, u *url.URL, method string, out io.Writer) (*url.URL, *curlError) {
	reused, failure := c.connect(ctx, u)
	if failure != nil {
		return nil, failure
	}
	conn := c.conn
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) }) // long past
	withBody := c.data != nil && !c.get && method != "GET" && method != "HEAD"
	head := c.request(u, method, withBody)
	c.result.sentSize += int64(len(head))
	response, raw, err := c.send(ctx, u, method, head, withBody)
	if err != nil && reused && len(raw) == 0 && ctx.Err() == nil {
		// The server closed what it had promised to keep.
		stop()
		c.note("Connection died, retrying a fresh connect")
		c.disconnect()
		return c.exchange(ctx, u, method, out)
	}
	next, failure := c.finish(ctx, u, response, raw, err, out)
	if !stop() && failure == nil && ctx.Err() != nil {
		failure = c.failure(ctx, ctx.Err(), raw, -1)
	}
	if failure != nil {
		c.note("Closing connection %d", c.number)
		c.disconnect()
	}
	return next, failure
}

// send sends a request and returns the head of the response, as it is and as it came.
func (c *curler) send(ctx context.Context, u *url.URL, method string, head []byte, withBody bool) (*http.Response, []byte, error) {
	var body []byte
	if withBody {
		body = c.data
		c.result.uploaded += int64(len(body))
	}
	if c.streams != nil {
		return c.roundTrip2(ctx, u, method, head, body)
	}
	c.trace(">", head)
	return c.roundTrip(append(head, body...), method)
}

// connect makes sure that there is a connection to the server of u, and says
// whether it was there already.
func (c *curler) connect(ctx context.Context, u *url.URL) (reused bool, failure *curlError) {
	server := u.Host
	if u.Port() == "" {
		server += ":" + curlPorts[u.Scheme]
	}
	if c.conn != nil && c.server == server && c.scheme == u.Scheme {
		c.note("Re-using existing connection #%d with host %s", c.number, u.Hostname())
		return true, nil
	}
	if c.conn != nil {
		c.disconnect()
		c.number++
	}
	host, port, _ := net.SplitHostPort(server)
	addr, ok := c.resolve(ctx, host, server)
	c.result.resolved = time.Since(c.result.start)
	if !ok {
		c.note("Could not resolve host: %s", host)
		return false, &curlError{curlNoHost, "Could not resolve host: " + host}
	}
	c.note("  Trying %s...", net.JoinHostPort(addr.String(), port))
	dialCtx := ctx
	if c.connectTimeout > 0 {
		var cancel context.CancelFunc
		dialCtx, cancel = context.WithTimeout(ctx, c.connectTimeout)
		defer cancel()
	}
	start := time.Now()
	conn, err := c.env.Host.DialContext(dialCtx, "tcp", net.JoinHostPort(addr.String(), port))
	if err != nil {
		took := time.Since(start).Milliseconds()
		failure := &curlError{curlNoConnect, fmt.Sprintf("Failed to connect to %s port %s after %d ms: Couldn't connect to server", host, port, took)}
		switch {
		case ctx.Err() != nil:
			failure = &curlError{curlTimeout, fmt.Sprintf("Connection timed out after %d milliseconds", time.Since(c.result.start).Milliseconds())}
		case dialCtx.Err() != nil || errors.Is(err, os.ErrDeadlineExceeded):
			failure = &curlError{curlTimeout, fmt.Sprintf("Failed to connect to %s port %s after %d ms: Timeout was reached", host, port, took)}
		case errors.Is(err, syscall.ECONNREFUSED):
			c.note("connect to %s port %s failed: Connection refused", addr, port)
		}
		c.note("%s", failure.message)
		c.note("Closing connection %d", c.number)
		return false, failure
	}
	c.note("Connected to %s (%s) port %s (#%d)", host, addr, port, c.number)
	c.conn, c.server, c.scheme = conn, server, u.Scheme
	c.result.connects++
	c.result.connected = time.Since(c.result.start)
	c.result.local, c.result.remote = addrPort(conn.LocalAddr()), addrPort(conn.RemoteAddr())
	http2 := c.http == curlHTTP2Only
	if u.Scheme == "https" {
		secured, failure := c.secure(dialCtx, conn, host)
		if failure != nil {
			c.note("Closing connection %d", c.number)
			c.disconnect()
			return false, failure
		}
		c.conn, http2 = secured, secured.ConnectionState().NegotiatedProtocol == "h2"
		c.result.secured = time.Since(c.result.start)
		c.note("using HTTP/%s", map[bool]string{true: "2", false: "1.1"}[http2])
	}
	if http2 {
		c.streams = newCurlStreams(c.conn)
	}
	c.reader = bufio.NewReaderSize(c.conn, maxHeader)
	return false, nil
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

func addrPort(a net.Addr) netip.AddrPort {
	p, _ := netip.ParseAddrPort(a.String())
	return p
}

func (c *curler) disconnect() {
	if c.conn != nil {
		c.conn.Close()
		c.conn, c.reader, c.streams = nil, nil, nil
	}
}

// roundTrip writes the request and reads the head of the response, which it
// returns as it came, too.
func (c *curler) roundTrip(request []byte, method string) (r *http.Response, raw []byte, err error) {
	if _, err := c.conn.Write(request); err != nil {
		return nil, nil, err
	}
	for {
		raw, err = peekHead(c.reader)
		if err != nil {
			return nil, raw, err
		}
		if c.result.first == 0 {
			c.result.first = time.Since(c.result.start)
		}
		r, err = http.ReadResponse(c.reader, &http.Request{Method: method})
		if err != nil || r.StatusCode >= 200 || r.StatusCode == http.StatusSwitchingProtocols {
			return r, raw, err
		}
		c.trace("<", raw)
	}
}

var (
	errNotHTTP  = errors.New("not HTTP/1")
	errLongHead = errors.New("head too long")
)

// peekHead waits until the head of a response is there and returns a copy of it.
func peekHead(r *bufio.Reader) ([]byte, error) {
	scanned := 0
	for n := 1; ; n = r.Buffered() + 1 {
		b, err := r.Peek(min(n, maxHeader))
		if len(b) > 0 {
			b, _ = r.Peek(r.Buffered())
		}
		if k := min(len(b), 5); string(b[:k]) != "HTTP/"[:k] {
			return bytes.Clone(b), errNotHTTP
		}
		if end := headEnd(b, max(scanned-2, 0)); end > 0 {
			return bytes.Clone(b[:end]), nil
		}
		scanned = len(b)
		switch {
		case n >= maxHeader:
			return bytes.Clone(b), errLongHead
		case err != nil:
			return bytes.Clone(b), errors.Join(err, io.ErrUnexpectedEOF)
		}
	}
}

// headEnd returns where the empty line ends that ends a head, or 0. The line
// before it ends at from or later.
func headEnd(b []byte, from int) int {
	for i := from; i < len(b); i++ {
		if b[i] != '\n' {
			continue
		}
		if i+1 < len(b) && b[i+1] == '\n' {
			return i + 2
		}
		if i+2 < len(b) && b[i+1] == '\r' && b[i+2] == '\n' {
			return i + 3
		}
	}
	return 0
}

// finish deals with a response, or with the error instead of one.
func (c *curler) finish(ctx context.Context, u *url.URL, r *http.Response, raw []byte, err error, out io.Writer) (*url.URL, *curlError) {
	if err != nil {
		return nil, c.failure(ctx, err, raw, -1)
	}
	defer r.Body.Close()
	c.result.code = r.StatusCode
	c.result.contentType = r.Header.Get("Content-Type")
	c.result.version, c.result.scheme = r.ProtoMajor*10+r.ProtoMinor, strings.ToUpper(u.Scheme)
	c.result.redirect = ""
	if to, err := u.Parse(r.Header.Get("Location")); err == nil && r.Header.Get("Location") != "" {
		c.result.redirect = to.String()
	}
	c.result.headerSize += int64(len(raw))
	if c.failFast && r.StatusCode >= 400 {
		c.trace("<", bytes.TrimSuffix(raw, []byte("\r\n")))
		c.note("The requested URL returned error: %d", r.StatusCode)
		return nil, &curlError{curlHTTPError, fmt.Sprintf("The requested URL returned error: %d", r.StatusCode)}
	}
	c.trace("<", raw)
	if c.include || c.head {
		if _, err := out.Write(raw); err != nil {
			return nil, &curlError{curlWriteFailed, "Failure writing output to destination"}
		}
	}
	var next *url.URL
	if location := r.Header.Get("Location"); c.follow && location != "" && r.StatusCode/100 == 3 {
		if next, err = u.Parse(location); err != nil {
			return nil, &curlError{curlBadURL, "URL using bad/illegal format or missing URL"}
		}
		if _, failure := parseURL(next.String()); failure != nil {
			return nil, failure
		}
		out = io.Discard
	}
	n, err := io.Copy(faultyWriter{out}, r.Body)
	c.result.size += n
	var broken writeError
	switch {
	case errors.As(err, &broken):
		return nil, &curlError{curlWriteFailed, "Failure writing output to destination"}
	case err != nil:
		return nil, c.failure(ctx, err, raw, r.ContentLength-n)
	}
	if r.Close {
		c.note("Closing connection %d", c.number)
		c.disconnect()
		c.number++
	} else {
		c.note("Connection #%d to host %s left intact", c.number, u.Hostname())
	}
	return next, nil
}

// faultyWriter marks the errors of a writer, so that they are told from those of
// the connection.
type faultyWriter struct{ io.Writer }

type writeError struct{ error }

func (w faultyWriter) Write(b []byte) (int, error) {
	n, err := w.Writer.Write(b)
	if err != nil {
		err = writeError{err}
	}
	return n, err
}

// failure says what went wrong between request and end of response. missing is
// how many bytes of the body are, or negative.
func (c *curler) failure(ctx context.Context, err error, raw []byte, missing int64) *curlError {
	switch {
	case ctx.Err() != nil || errors.Is(err, os.ErrDeadlineExceeded):
		took := time.Since(c.result.start).Milliseconds()
		if missing >= 0 {
			return &curlError{curlTimeout, fmt.Sprintf("Operation timed out after %d milliseconds with %d out of %d bytes received", took, c.result.size, c.result.size+missing)}
		}
		return &curlError{curlTimeout, fmt.Sprintf("Operation timed out after %d milliseconds with %d bytes received", took, c.result.size)}
	case c.streams != nil && !errors.As(err, new(*net.OpError)):
		return &curlError{curlFraming, "Error in the HTTP2 framing layer"}
	case errors.Is(err, errNotHTTP) && len(raw) > 0:
		return &curlError{curlBadProtocol, "Received HTTP/0.9 when not allowed"}
	case errors.Is(err, syscall.ECONNRESET):
		return &curlError{curlReceiveFailed, "Recv failure: Connection reset by peer"}
	case errors.Is(err, syscall.EPIPE):
		return &curlError{curlSendFailed, "Send failure: Broken pipe"}
	case !bytes.Contains(raw, []byte("\n")):
		return &curlError{curlEmptyReply, "Empty reply from server"}
	case errors.Is(err, errLongHead):
		return &curlError{curlReceiveFailed, fmt.Sprintf("Too large response headers: more than %d", maxHeader)}
	case strings.Contains(err.Error(), "malformed HTTP"):
		return &curlError{curlBadProtocol, "Unsupported HTTP version in response"}
	case strings.Contains(err.Error(), "Content-Length"):
		return &curlError{curlWeirdReply, "Invalid Content-Length: value"}
	case strings.Contains(err.Error(), "chunk length"):
		return &curlError{curlReceiveFailed, "Illegal or missing hexadecimal sequence in chunked-encoding"}
	case missing > 0:
		return &curlError{curlPartial, fmt.Sprintf("transfer closed with %d bytes remaining to read", missing)}
	case errors.Is(err, io.ErrUnexpectedEOF):
		return &curlError{curlPartial, "transfer closed with outstanding read data remaining"}
	}
	return &curlError{curlReceiveFailed, "Recv failure: " + strings.TrimSpace(err.Error())}
}
