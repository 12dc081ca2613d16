package command

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// request returns the head of the request as curl writes it: its own headers
// first, then those of -H as they are spelled, then those of the body, if not nil.
func (c *curler) request(u *url.URL, kind string, body *curlBody) []byte {
	var b bytes.Buffer
	line := func(name, value string) {
		if value != "" && !c.overridden(name) {
			fmt.Fprintf(&b, "%s: %s\r\n", name, value)
		}
	}
	proxy := c.proxyFor(u)
	if proxy != nil && c.tunnels(u) {
		proxy = nil
	}
	version := "1.1"
	if c.http == curlHTTP10 {
		version = "1.0"
	}
	fmt.Fprintf(&b, "%s %s HTTP/%s\r\n", c.methodOf(kind), c.requestTarget(u, proxy != nil), version)
	if h, ok := c.custom("Host"); ok {
		b.WriteString(h)
	} else {
		line("Host", strings.TrimSuffix(u.Host, ":"+curlPorts[u.Scheme]))
	}
	if proxy != nil {
		line("Proxy-Authorization", proxy.authorization())
	}
	line("Authorization", c.authorization(u))
	switch {
	case c.skip > 0:
		line("Range", fmt.Sprintf("bytes=%d-", c.skip))
	case c.byteRange != "":
		line("Range", "bytes="+c.byteRange)
	}
	line("User-Agent", c.agent)
	line("Accept", "*/*")
	if c.compressed {
		line("Accept-Encoding", curlCodings)
	}
	line("Referer", c.referer)
	if proxy != nil {
		line("Proxy-Connection", "Keep-Alive")
	}
	if body != nil && body.unsized && c.streams == nil {
		line("Transfer-Encoding", "chunked")
	}
	line("Cookie", c.cookieHeader(u))
	for _, h := range c.headers {
		if name, _, _ := strings.Cut(h, ":"); !strings.EqualFold(name, "Host") {
			b.WriteString(customHeader(h))
		}
	}
	if proxy != nil {
		for _, h := range c.proxyHeaders {
			b.WriteString(customHeader(h))
		}
	}
	if body != nil {
		if !body.unsized || c.streams != nil {
			line("Content-Length", fmt.Sprint(len(body.bytes)))
		}
		line("Content-Type", body.typ)
		if body.asks() && c.http != curlHTTP10 && c.streams == nil {
			line("Expect", "100-continue")
		}
	}
	b.WriteString("\r\n")
	return b.Bytes()
}

// requestTarget returns what is asked for: for a proxy the whole URL (RFC 9112, section
// 3.2.2).
func (c *curler) requestTarget(u *url.URL, proxied bool) string {
	switch {
	case c.target != "":
		return c.target
	case proxied:
		whole := *u
		whole.User, whole.Host = nil, strings.TrimSuffix(u.Host, ":"+curlPorts[u.Scheme])
		return whole.String()
	}
	return u.RequestURI()
}

// authorization returns the value of Authorization, which nobody is told but the server
// that the transfer began with.
func (c *curler) authorization(u *url.URL) string {
	user := c.user
	if user == "" && u.User != nil {
		password, _ := u.User.Password()
		user = u.User.Username() + ":" + password
	}
	switch {
	case u.Scheme+"://"+u.Host != c.origin && !c.trusted:
		return ""
	case c.bearer != "":
		return "Bearer " + c.bearer
	case user == "":
		return ""
	case !strings.Contains(user, ":"):
		user += ":"
	}
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user))
}

// cookieHeader returns the cookies for u, and those of -b.
func (c *curler) cookieHeader(u *url.URL) string {
	told := ""
	if c.keepsCookies() {
		told = c.jar.header(u, time.Now())
	}
	if told != "" && c.cookies != "" {
		return told + "; " + c.cookies
	}
	return told + c.cookies
}

// customHeader returns the line of a -H: "Name: value" as it is, "Name;" with
// nothing for a value, and none for "Name:".
func customHeader(h string) string {
	if name, ok := strings.CutSuffix(h, ";"); ok && !strings.Contains(h, ":") {
		return name + ":\r\n"
	}
	_, value, ok := strings.Cut(h, ":")
	if !ok || strings.TrimSpace(value) == "" || strings.ContainsAny(h, "\r\n") {
		return ""
	}
	return h + "\r\n"
}

// overridden reports whether a -H names the header, be it to remove it.
func (o *curlOptions) overridden(name string) bool {
	for _, h := range o.headers {
		n, _, _ := strings.Cut(h, ":")
		if strings.EqualFold(strings.TrimSuffix(n, ";"), name) {
			return true
		}
	}
	return false
}

// custom returns the line of the first -H of that name.
func (c *curler) custom(name string) (string, bool) {
	for _, h := range c.headers {
		if n, _, _ := strings.Cut(h, ":"); strings.EqualFold(n, name) {
			return customHeader(h), true
		}
	}
	return "", false
}
