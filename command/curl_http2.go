package command

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"time"
)

// curlStreams are HTTP/2 on a connection.
type curlStreams struct {
	transport http.Transport
	last      int // the number of the last stream
}

// newCurlStreams begins HTTP/2 on a connection.
func newCurlStreams(conn net.Conn) *curlStreams {
	s := &curlStreams{last: -1}
	used := false
	dial := func(context.Context, string, string) (net.Conn, error) {
		if used {
			return nil, errCurlConnectionEnded
		}
		used = true
		return conn, nil
	}
	var protocols http.Protocols
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(true)
	s.transport = http.Transport{
		Protocols:              &protocols,
		DialContext:            dial,
		DialTLSContext:         dial,
		DisableCompression:     true,
		MaxResponseHeaderBytes: maxHeader,
	}
	return s
}

var errCurlConnectionEnded = errors.New("the connection has ended")

// roundTrip2 makes a request whose head is written as for HTTP/1.1, and returns the
// response, and its head as curl prints it.
func (c *curler) roundTrip2(ctx context.Context, u *url.URL, method string, head, body []byte) (*http.Response, []byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	if body == nil {
		r.Body, r.ContentLength = nil, 0
	}
	r.Host = ""
	shown := []string{method + " " + u.RequestURI() + " HTTP/2"}
	fields := []string{":method: " + method, ":path: " + u.RequestURI(), ":scheme: " + u.Scheme, ":authority: " + u.Host}
	r.Header = http.Header{"User-Agent": nil}
	for _, line := range strings.Split(strings.TrimRight(string(head), "\r\n"), "\r\n")[1:] {
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		if name == "Host" {
			r.Host = value
			fields[3] = ":authority: " + value
			shown = append(shown, "Host: "+value)
			continue
		}
		lower := strings.ToLower(name)
		if lower != "content-length" { // the body has it
			key := textproto.CanonicalMIMEHeaderKey(name)
			r.Header[key] = append(r.Header[key], value)
		}
		fields = append(fields, lower+": "+value)
		shown = append(shown, lower+": "+value)
	}
	for _, f := range fields {
		c.note("h2h3 [%s]", f)
	}
	c.streams.last += 2
	c.note("Using Stream ID: %d", c.streams.last)
	c.trace(">", []byte(strings.Join(shown, "\n")+"\n\n"))
	response, err := c.streams.transport.RoundTrip(r)
	if err != nil {
		return nil, nil, err
	}
	if c.result.first == 0 {
		c.result.first = time.Since(c.result.start)
	}
	return response, curlHead2(response), nil
}

// curlHead2 writes the head of an HTTP/2 response as curl prints it. The order that
// the fields came in is not known: they are in that of the alphabet.
func curlHead2(r *http.Response) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "HTTP/2 %d \r\n", r.StatusCode)
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		for _, value := range r.Header[name] {
			fmt.Fprintf(&b, "%s: %s\r\n", strings.ToLower(name), value)
		}
	}
	b.WriteString("\r\n")
	return b.Bytes()
}
