package command

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"
	"time"
)

// finish deals with a response, or with the error instead of one.
func (c *curler) finish(ctx context.Context, u *url.URL, r *http.Response, raw []byte, err error, out *curlOutput) (*url.URL, *curlError) {
	if err != nil {
		return nil, c.failure(ctx, err, raw, -1)
	}
	defer r.Body.Close()
	c.learn(u, r, raw)
	failed := r.StatusCode >= 400 && (c.failFast || c.failLate)
	failure := &curlError{code: curlHTTPError, message: fmt.Sprintf("The requested URL returned error: %d", r.StatusCode)}
	if failed && c.failFast {
		c.traceHead(bytes.TrimSuffix(raw, []byte("\r\n")), u)
		c.note("%s", failure.message)
		if err := c.printHead(raw, out); err != nil {
			return nil, err
		}
		return nil, failure
	}
	c.traceHead(raw, u)
	if err := c.printHead(raw, out); err != nil {
		return nil, err
	}
	next, moved := c.redirect(u, r)
	if moved != nil {
		return nil, moved
	}
	if refused := c.refuses(r, next != nil); refused != nil {
		return nil, refused
	}
	if stopped := c.receive(ctx, r, raw, next != nil, out); stopped != nil {
		return nil, stopped
	}
	if r.Close {
		c.note("Closing connection %d", c.number)
		c.disconnect()
		c.number++
	} else {
		c.note("Connection #%d to host %s left intact", c.number, c.peer)
	}
	if failed {
		return nil, failure
	}
	return next, nil
}

// learn keeps what a response says for -w, and its cookies.
func (c *curler) learn(u *url.URL, r *http.Response, raw []byte) {
	c.result.code = r.StatusCode
	c.result.header = r.Header
	c.result.contentType = r.Header.Get("Content-Type")
	c.result.version, c.result.scheme = r.ProtoMajor*10+r.ProtoMinor, strings.ToUpper(u.Scheme)
	c.result.redirect = ""
	if to, err := u.Parse(r.Header.Get("Location")); err == nil && r.Header.Get("Location") != "" {
		c.result.redirect = to.String()
	}
	c.result.headerSize += int64(len(raw))
	c.result.retryAfter = curlRetryAfter(r.Header.Get("Retry-After"), time.Now())
	c.meter.length = r.ContentLength
}

// traceHead prints the head of a response for -v, and takes its cookies.
func (c *curler) traceHead(raw []byte, u *url.URL) {
	for line := range bytes.Lines(raw) {
		name, value, _ := strings.Cut(string(line), ":")
		if c.keepsCookies() && strings.EqualFold(name, "Set-Cookie") {
			if what := c.jar.set(strings.TrimSpace(value), u, time.Now()); what != "" {
				c.note("%s", what)
			}
		}
		c.trace("<", line)
	}
}

// printHead writes the head of a response where -i and -D want it.
func (c *curler) printHead(raw []byte, out io.Writer) *curlError {
	if c.include || c.head {
		if _, err := out.Write(raw); err != nil {
			return errCurlWrite
		}
	}
	if c.heads != nil {
		if _, err := c.heads.Write(raw); err != nil {
			return errCurlWrite
		}
	}
	return nil
}

// redirect returns where a response leads, if it is followed there.
func (c *curler) redirect(u *url.URL, r *http.Response) (*url.URL, *curlError) {
	location := r.Header.Get("Location")
	if !c.follow || location == "" || r.StatusCode/100 != 3 {
		return nil, nil
	}
	// Blanks, which some servers leave in it, are encoded.
	path, query, found := strings.Cut(location, "?")
	location = strings.ReplaceAll(path, " ", "%20")
	if found {
		location += "?" + strings.ReplaceAll(query, " ", "+")
	}
	next, err := u.Parse(location)
	if err != nil {
		return nil, errCurlURL
	}
	if _, failure := parseURL(next.String()); failure != nil {
		return nil, failure
	}
	return next, nil
}

// refuses says why the body of a response is not taken.
func (c *curler) refuses(r *http.Response, moving bool) *curlError {
	switch {
	case moving || c.head:
		return nil
	case c.maxSize > 0 && r.ContentLength > c.maxSize:
		return &curlError{code: curlTooLarge, message: "Maximum file size exceeded"}
	case c.skip > 0 && r.StatusCode == http.StatusOK:
		return &curlError{code: curlNoRange, message: "HTTP server doesn't seem to support byte ranges. Cannot resume."}
	}
	return nil
}

// receive copies the body of a response to out, or nowhere if it only leads on.
func (c *curler) receive(ctx context.Context, r *http.Response, raw []byte, moving bool, out io.Writer) *curlError {
	if moving {
		c.note("Ignoring the response-body")
		out = io.Discard
	}
	body := &curlBodyReader{ctx: ctx, r: r.Body, c: c, start: time.Now(), ignored: moving}
	content, failure := c.decoded(r, body, moving)
	if failure == nil {
		_, err := io.Copy(faultyWriter{out}, content)
		failure = c.bodyFailure(ctx, err, raw, r, body)
	}
	c.result.size += body.n
	if failure != nil && failure.code == curlBadEncoding {
		c.note("%s", failure.message)
	}
	return failure
}

// bodyFailure says why a body is not whole.
func (c *curler) bodyFailure(ctx context.Context, err error, raw []byte, r *http.Response, body *curlBodyReader) *curlError {
	var broken writeError
	var coding codingError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &broken):
		return errCurlWrite
	case err == errCurlTooLarge:
		return &curlError{code: curlTooLarge, message: "Maximum file size exceeded"}
	case body.err != nil:
		c.result.size += body.n // the message tells it
		defer func() { c.result.size -= body.n }()
		return c.failure(ctx, body.err, raw, r.ContentLength-body.n)
	case errors.As(err, &coding):
		return &curlError{code: curlBadEncoding, message: "Error while processing content unencoding: " + coding.Error()}
	}
	return c.failure(ctx, err, raw, -1)
}

// curlBodyReader reads a body, not faster than --limit-rate.
type curlBodyReader struct {
	ctx   context.Context
	r     io.Reader
	c     *curler
	start time.Time
	n     int64
	err   error // of r

	ignored bool // nobody is shown how far it is
}

var errCurlTooLarge = errors.New("too large")

// Read reads of the body.
func (b *curlBodyReader) Read(p []byte) (int, error) {
	if rate := b.c.rate; rate > 0 {
		p = p[:min(int64(len(p)), max(rate/10, 1))]
		due := b.start.Add(time.Duration(float64(b.n) / float64(rate) * float64(time.Second)))
		if err := wait(b.ctx, time.Until(due)); err != nil {
			b.err = err
			return 0, err
		}
	}
	n, err := b.r.Read(p)
	b.n += int64(n)
	if !b.ignored {
		b.c.meter.add(n)
	}
	if err != nil && err != io.EOF {
		b.err = err
	}
	if b.c.maxSize > 0 && b.n > b.c.maxSize {
		return n, errCurlTooLarge
	}
	return n, err
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
			return &curlError{code: curlTimeout, message: fmt.Sprintf("Operation timed out after %d milliseconds with %d out of %d bytes received", took, c.result.size, c.result.size+missing)}
		}
		return &curlError{code: curlTimeout, message: fmt.Sprintf("Operation timed out after %d milliseconds with %d bytes received", took, c.result.size)}
	case c.streams != nil && !errors.As(err, new(*net.OpError)):
		return &curlError{code: curlFraming, message: "Error in the HTTP2 framing layer"}
	case errors.Is(err, errNotHTTP) && len(raw) > 0:
		return &curlError{code: curlBadProtocol, message: "Received HTTP/0.9 when not allowed"}
	case errors.Is(err, syscall.ECONNRESET):
		return &curlError{code: curlReceiveFailed, message: "Recv failure: Connection reset by peer"}
	case errors.Is(err, syscall.EPIPE):
		return &curlError{code: curlSendFailed, message: "Send failure: Broken pipe"}
	case !bytes.Contains(raw, []byte("\n")):
		return &curlError{code: curlEmptyReply, message: "Empty reply from server"}
	case errors.Is(err, errLongHead):
		return &curlError{code: curlReceiveFailed, message: fmt.Sprintf("Too large response headers: more than %d", maxHeader)}
	case strings.Contains(err.Error(), "malformed HTTP"):
		return &curlError{code: curlBadProtocol, message: "Unsupported HTTP version in response"}
	case strings.Contains(err.Error(), "Content-Length"):
		return &curlError{code: curlWeirdReply, message: "Invalid Content-Length: value"}
	case strings.Contains(err.Error(), "chunk length"):
		return &curlError{code: curlReceiveFailed, message: "Illegal or missing hexadecimal sequence in chunked-encoding"}
	case missing > 0:
		return &curlError{code: curlPartial, message: fmt.Sprintf("transfer closed with %d bytes remaining to read", missing)}
	case errors.Is(err, io.ErrUnexpectedEOF):
		return &curlError{code: curlPartial, message: "transfer closed with outstanding read data remaining"}
	}
	return &curlError{code: curlReceiveFailed, message: "Recv failure: " + strings.TrimSpace(err.Error())}
}
