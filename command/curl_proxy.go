package command

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// curlProxy is a -x: an HTTP proxy.
type curlProxy struct {
	host, port string
	user       string // user:password
}

// parseCurlProxy reads [http://][user:password@]host[:port].
func parseCurlProxy(s string) (*curlProxy, error) {
	if s == "" {
		return nil, nil // none, after all
	}
	text := s
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	u, err := url.Parse(text)
	switch {
	case err == nil && u.Scheme != "http":
		return nil, fail(curlNoConnect, "curl: (%d) Unsupported proxy scheme for '%s'", curlNoConnect, s)
	case err != nil || u.Hostname() == "":
		return nil, fail(curlNoProxy, "curl: (%d) Unsupported proxy syntax in '%s'", curlNoProxy, s)
	}
	p := &curlProxy{host: u.Hostname(), port: u.Port()}
	if p.port == "" {
		p.port = "1080"
	}
	if u.User != nil {
		password, _ := u.User.Password()
		p.user = u.User.Username() + ":" + password
	}
	return p, nil
}

// proxyFor returns the proxy for u, or nil.
func (c *curler) proxyFor(u *url.URL) *curlProxy {
	host := strings.ToLower(u.Hostname())
	for _, name := range strings.FieldsFunc(strings.ToLower(c.noProxy), func(r rune) bool { return r == ',' || r == ' ' }) {
		name = strings.TrimPrefix(name, ".")
		if name == "*" || name == host || strings.HasSuffix(host, "."+name) {
			return nil
		}
	}
	return c.proxy
}

// tunnels reports whether requests for u go through the proxy as through a wire.
func (c *curler) tunnels(u *url.URL) bool { return c.tunnel || u.Scheme == "https" }

// authorization returns the value of Proxy-Authorization, or "".
func (p *curlProxy) authorization() string {
	if p.user == "" {
		return ""
	}
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(p.user))
}

// openTunnel asks the proxy at the other end of the connection for one to the server
// (RFC 9110, section 9.3.6).
func (c *curler) openTunnel(ctx context.Context, p *curlProxy, server string) *curlError {
	c.note("allocate connect buffer")
	c.note("Establish HTTP proxy tunnel to %s", server)
	var b strings.Builder
	fmt.Fprintf(&b, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n", server, server)
	if a := p.authorization(); a != "" {
		fmt.Fprintf(&b, "Proxy-Authorization: %s\r\n", a)
	}
	if c.agent != "" && !c.overridden("User-Agent") {
		fmt.Fprintf(&b, "User-Agent: %s\r\n", c.agent)
	}
	b.WriteString("Proxy-Connection: Keep-Alive\r\n")
	for _, h := range c.proxyHeaders {
		b.WriteString(customHeader(h))
	}
	b.WriteString("\r\n")
	c.trace(">", []byte(b.String()))
	stop := c.endWith(ctx)
	defer stop()
	var raw []byte
	_, err := c.conn.Write([]byte(b.String()))
	if err == nil {
		raw, err = peekHead(c.reader)
	}
	var r *http.Response
	if err == nil {
		r, err = http.ReadResponse(c.reader, &http.Request{Method: "CONNECT"})
	}
	if err != nil {
		if ctx.Err() == nil && len(raw) == 0 {
			return &curlError{code: curlReceiveFailed, message: "Proxy CONNECT aborted"}
		}
		return c.failure(ctx, err, raw, -1)
	}
	c.trace("<", raw)
	c.result.proxyCode = r.StatusCode
	if c.heads != nil {
		_, _ = c.heads.Write(raw)
	}
	if r.StatusCode/100 != 2 {
		failure := &curlError{code: curlReceiveFailed, message: fmt.Sprintf("CONNECT tunnel failed, response %d", r.StatusCode)}
		c.note("%s", failure.message)
		return failure
	}
	c.note("CONNECT phase completed")
	c.note("CONNECT tunnel established, response %d", r.StatusCode)
	return nil
}
