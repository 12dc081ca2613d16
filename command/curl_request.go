package command

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
)

// request returns the head of the request as curl writes it: its own headers
// first, then those of -H as they are spelled, then those of the body.
func (c *curler) request(u *url.URL, method string, withBody bool) []byte {
	var b bytes.Buffer
	line := func(name, value string) {
		if value != "" && !c.overridden(name) {
			fmt.Fprintf(&b, "%s: %s\r\n", name, value)
		}
	}
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\n", method, u.RequestURI())
	if h, ok := c.custom("Host"); ok {
		b.WriteString(h)
	} else {
		line("Host", strings.TrimSuffix(u.Host, ":"+curlPorts[u.Scheme]))
	}
	if c.user != "" && u.Scheme+"://"+u.Host == c.origin {
		line("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(c.user)))
	}
	if c.byteRange != "" {
		line("Range", "bytes="+c.byteRange)
	}
	line("User-Agent", c.agent)
	line("Accept", "*/*")
	line("Referer", c.referer)
	line("Cookie", c.cookies)
	for _, h := range c.headers {
		if name, _, _ := strings.Cut(h, ":"); !strings.EqualFold(name, "Host") {
			b.WriteString(customHeader(h))
		}
	}
	if withBody {
		line("Content-Length", fmt.Sprint(len(c.data)))
		if c.upload == "" {
			line("Content-Type", "application/x-www-form-urlencoded")
		}
	}
	b.WriteString("\r\n")
	return b.Bytes()
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
func (c *curler) overridden(name string) bool {
	for _, h := range c.headers {
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
