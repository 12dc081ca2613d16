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
	"time"
)

// curler is a curl under way. It keeps one connection, for the next request to
// the same server.
type curler struct {
	*curlOptions
	env  *Env
	body curlBody
	jar  curlCookies

	conn    net.Conn
	reader  *bufio.Reader
	streams *curlStreams // if it speaks HTTP/2
	to      curlRoute    // where conn leads
	peer    string       // its name
	number  int          // of the connection

	// Of one transfer:
	words   []string // that its URL was made with
	origin  string   // that it began with: nobody else is told the password
	referer string
	skip    int64 // how much of the page is there already (-C)
	heads   io.Writer
	meter   curlMeter
	result  curlResult
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
	start                      time.Time
	resolved, secured          time.Duration // until then, from start, as the next ones
	connected, first, done     time.Duration
	moved                      time.Duration // to the last redirect
	local, remote              netip.AddrPort
	number                     int // of the URL, from 0
	header                     http.Header
	proxyCode                  int // of the answer to CONNECT
	file                       string
	retryAfter                 time.Duration
}

// maxHeader bounds the head of a response, in bytes, as curl does.
const maxHeader = 300 << 10

// attempt makes the nth transfer once, with the redirects behind it.
func (c *curler) attempt(ctx context.Context, n int, rawURL string) (failure *curlError) {
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
	if !c.pathAsIs {
		u = new(url.URL).ResolveReference(u) // without . and .. (RFC 3986, section 5.2.4)
	}
	out, failure := c.output(n, u)
	if failure != nil {
		return failure
	}
	c.result.file = out.name
	c.skip = c.offset(out)
	closeHeads, failure := c.openHeads()
	if failure != nil {
		return failure
	}
	defer closeHeads()
	c.meter = curlMeter{}
	if out.name != "" && !c.silent && !c.noMeter {
		c.meter = curlMeter{env: c.env, bar: c.bar}
	}
	c.meter.begin()
	failure = c.transfer(ctx, u, out)
	if failed := out.close(failure != nil); failure == nil {
		failure = failed
	}
	return failure
}

// openHeads opens the file of -D.
func (c *curler) openHeads() (func(), *curlError) {
	switch c.dump {
	case "":
		return func() {}, nil
	case "-":
		c.heads = c.env.Stdout
		return func() {}, nil
	}
	f, err := c.env.create(c.dump)
	if err != nil {
		return nil, &curlError{code: curlWriteFailed, message: "Failed to open " + c.dump}
	}
	c.heads = f
	return func() { f.Close() }, nil
}

// transfer makes a request, and those that its answers redirect to.
func (c *curler) transfer(ctx context.Context, u *url.URL, out *curlOutput) *curlError {
	kind := c.firstKind()
	c.origin = u.Scheme + "://" + u.Host
	c.referer = c.curlOptions.referer
	if name := path.Base(c.upload); c.upload != "" && name != "-" && strings.HasSuffix(u.Path, "/") {
		u.Path += name
	}
	u.RawQuery = c.queryOf(u)
	for {
		c.result.url, c.result.method = u.String(), c.methodOf(kind)
		next, failure := c.exchange(ctx, u, kind, out)
		if failure != nil || next == nil {
			return failure
		}
		if c.result.moves++; c.maxMoves >= 0 && c.result.moves > c.maxMoves {
			return &curlError{code: curlTooManyMoves, message: fmt.Sprintf("Maximum (%d) redirects followed", c.maxMoves)}
		}
		c.result.moved = time.Since(c.result.start)
		kind = c.nextKind(kind)
		if c.autoReferer {
			c.referer = u.String()
		}
		u = next
		c.meter.begin()
		c.note("Issue another request to this URL: '%s'", u)
	}
}

// queryOf returns the query of u with what -G and --url-query add to it.
func (c *curler) queryOf(u *url.URL) string {
	var parts []string
	if u.RawQuery != "" {
		parts = append(parts, u.RawQuery)
	}
	if c.get && c.data != nil {
		parts = append(parts, string(bytes.Join(c.data, []byte("&"))))
	}
	for _, q := range c.query {
		parts = append(parts, curlQuery(q))
	}
	return strings.Join(parts, "&")
}

// firstKind returns the kind of the first request: its method, unless -X has it called
// something else.
func (c *curler) firstKind() string {
	switch {
	case c.head:
		return "HEAD"
	case c.body.kind != "":
		return c.body.kind
	}
	return "GET"
}

// nextKind returns the kind of the request behind a redirect: where browsers go on
// with a GET, it has no body any more (RFC 9110, section 15.4).
func (c *curler) nextKind(kind string) string {
	switch code := c.result.code; {
	case code == http.StatusMovedPermanently && kind == "POST" && !c.post301,
		code == http.StatusFound && kind == "POST" && !c.post302,
		code == http.StatusSeeOther && kind != "HEAD" && !(kind == "POST" && c.post303):
		return "GET"
	}
	return kind
}

func (c *curler) methodOf(kind string) string {
	if c.method != "" {
		return c.method
	}
	return kind
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
func (c *curler) exchange(ctx context.Context, u *url.URL, kind string, out *curlOutput) (*url.URL, *curlError) {
	reused, failure := c.connect(ctx, u)
	if failure != nil {
		return nil, failure
	}
	stop := c.endWith(ctx)
	var body *curlBody
	if kind != "GET" && kind != "HEAD" {
		body = &c.body
	}
	head := c.request(u, kind, body)
	c.result.sentSize += int64(len(head))
	response, raw, err := c.send(ctx, u, kind, head, body)
	if err != nil && reused && len(raw) == 0 && ctx.Err() == nil {
		// The server closed what it had promised to keep.
		stop()
		c.note("Connection died, retrying a fresh connect")
		c.disconnect()
		return c.exchange(ctx, u, kind, out)
	}
	next, failure := c.finish(ctx, u, response, raw, err, out)
	if !stop() && failure == nil && ctx.Err() != nil {
		failure = c.failure(ctx, ctx.Err(), raw, -1)
	}
	if failure != nil && failure.code != curlHTTPError || failure != nil && !c.failLate {
		c.note("Closing connection %d", c.number)
		c.disconnect()
	}
	c.meter.end()
	return next, failure
}

// send sends a request and returns the head of the response, as it is and as it came.
func (c *curler) send(ctx context.Context, u *url.URL, kind string, head []byte, body *curlBody) (*http.Response, []byte, error) {
	if c.streams != nil {
		var b []byte
		if body != nil {
			b = body.bytes
			c.uploads(len(b))
		}
		return c.roundTrip2(ctx, u, c.methodOf(kind), head, b)
	}
	c.trace(">", head)
	return c.roundTrip(ctx, head, body, kind)
}

// uploads counts the bytes of a body that was sent.
func (c *curler) uploads(n int) {
	c.result.uploaded += int64(n)
	c.meter.sent, c.meter.uploadSize = int64(n), int64(n)
}

// roundTrip writes the request and reads the head of the response, which it
// returns as it came, too.
func (c *curler) roundTrip(ctx context.Context, head []byte, body *curlBody, kind string) (r *http.Response, raw []byte, err error) {
	request := head
	wait := body != nil && bytes.Contains(head, []byte("\r\nExpect: 100-continue\r\n"))
	if body != nil && !wait {
		request = append(request, body.wire()...)
	}
	if _, err := c.conn.Write(request); err != nil {
		return nil, nil, err
	}
	told := false // something about the response is known before the body is sent
	if wait {
		told = c.awaitContinue(ctx)
	} else if body != nil {
		c.uploads(len(body.bytes))
	}
	for {
		if wait && !told {
			if _, err := c.conn.Write(body.wire()); err != nil {
				return nil, nil, err
			}
			wait = false
			c.uploads(len(body.bytes))
			c.note("We are completely uploaded and fine")
		}
		raw, err = peekHead(c.reader)
		if err != nil {
			return nil, raw, err
		}
		if c.result.first == 0 {
			c.result.first = time.Since(c.result.start)
		}
		r, err = http.ReadResponse(c.reader, &http.Request{Method: kind})
		if err != nil || r.StatusCode >= 200 || r.StatusCode == http.StatusSwitchingProtocols {
			if wait && err == nil {
				c.note("HTTP error before end of send, stop sending")
				r.Close = true // the server still waits for the body
			}
			return r, raw, err
		}
		c.trace("<", bytes.TrimSuffix(raw, []byte("\r\n")))
		told = false
	}
}

// curlContinueTimeout is how long curl waits for a server that was asked whether it
// wants the body (RFC 9110, section 10.1.1).
const curlContinueTimeout = time.Second

// awaitContinue reports whether the server has said something in time.
func (c *curler) awaitContinue(ctx context.Context) bool {
	_ = c.conn.SetReadDeadline(time.Now().Add(curlContinueTimeout)) // if it fails, so does Peek
	_, err := c.reader.Peek(1)
	_ = c.conn.SetReadDeadline(time.Time{})
	if ctx.Err() != nil {
		_ = c.conn.SetDeadline(time.Unix(1, 0))
	}
	if errors.Is(err, os.ErrDeadlineExceeded) && ctx.Err() == nil {
		c.note("Done waiting for 100-continue")
		return false
	}
	return true
}

// wire returns the body as HTTP/1 sends it.
func (b *curlBody) wire() []byte {
	if !b.unsized {
		return b.bytes
	}
	var w []byte
	if len(b.bytes) > 0 {
		w = fmt.Appendf(w, "%x\r\n%s\r\n", len(b.bytes), b.bytes)
	}
	return append(w, "0\r\n\r\n"...)
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
