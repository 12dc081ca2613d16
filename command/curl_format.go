package command

import (
	"encoding/pem"
	"fmt"
	"io"
	"strings"
	"time"
)

// writeOut prints what -w asks for.
func (c *curler) writeOut() {
	to := c.env.Stdout
	var b strings.Builder
	flush := func() {
		_, _ = io.WriteString(to, b.String()) // the screen
		b.Reset()
	}
	defer flush()
	for f := c.format; f != ""; {
		switch {
		case strings.HasPrefix(f, "%%"):
			b.WriteByte('%')
			f = f[2:]
		case strings.HasPrefix(f, "%{"):
			name, rest, ok := strings.Cut(f[2:], "}")
			if !ok {
				b.WriteString(f)
				return
			}
			f = rest
			v, ok := c.result.variable(name)
			switch {
			case ok:
				b.WriteString(v)
			case name == "onerror" && c.result.exit == 0:
				return
			case name == "onerror":
			case name == "stderr":
				flush()
				to = c.env.Stderr
			case name == "stdout":
				flush()
				to = c.env.Stdout
			default:
				c.env.errorf("curl: unknown --write-out variable: '%s'\n", name)
			}
		case strings.HasPrefix(f, "%header{"):
			name, rest, ok := strings.Cut(f[len("%header{"):], "}")
			if !ok {
				b.WriteString(f)
				return
			}
			b.WriteString(c.result.header.Get(name))
			f = rest
		case len(f) > 1 && f[0] == '\\':
			if i := strings.IndexByte("nrt", f[1]); i >= 0 {
				b.WriteByte("\n\r\t"[i])
			} else {
				b.WriteString(f[:2])
			}
			f = f[2:]
		default:
			b.WriteByte(f[0])
			f = f[1:]
		}
	}
}

func (r *curlResult) variable(name string) (string, bool) {
	seconds := func(d time.Duration) string { return fmt.Sprintf("%.6f", d.Seconds()) }
	switch name {
	case "http_code", "response_code":
		return fmt.Sprintf("%03d", r.code), true
	case "exitcode":
		return fmt.Sprint(r.exit), true
	case "method":
		return r.method, true
	case "url_effective", "url":
		return r.url, true
	case "content_type":
		return r.contentType, true
	case "num_redirects":
		return fmt.Sprint(r.moves), true
	case "num_connects":
		return fmt.Sprint(r.connects), true
	case "size_download":
		return fmt.Sprint(r.size), true
	case "size_header":
		return fmt.Sprint(r.headerSize), true
	case "size_request":
		return fmt.Sprint(r.sentSize), true
	case "speed_download":
		return fmt.Sprintf("%.0f", float64(r.size)/max(r.done.Seconds(), 1e-6)), true
	case "time_connect":
		return seconds(r.connected), true
	case "time_starttransfer":
		return seconds(r.first), true
	case "time_namelookup":
		return seconds(r.resolved), true
	case "time_appconnect":
		return seconds(r.secured), true
	case "time_pretransfer":
		return seconds(max(r.connected, r.secured)), true
	case "size_upload":
		return fmt.Sprint(r.uploaded), true
	case "speed_upload":
		return fmt.Sprintf("%.0f", float64(r.uploaded)/max(r.done.Seconds(), 1e-6)), true
	case "http_version":
		return map[int]string{10: "1.0", 11: "1.1", 20: "2"}[r.version], true
	case "scheme":
		return r.scheme, true
	case "redirect_url":
		return r.redirect, true
	case "num_headers":
		n := 0
		for _, values := range r.header {
			n += len(values)
		}
		return fmt.Sprint(n), true
	case "urlnum":
		return fmt.Sprint(r.number), true
	case "filename_effective":
		return r.file, true
	case "time_redirect":
		return seconds(r.moved), true
	case "http_connect":
		return fmt.Sprintf("%03d", r.proxyCode), true
	case "errormsg":
		return r.message, true
	case "ssl_verify_result":
		return fmt.Sprint(r.verify), true
	case "certs":
		var b strings.Builder
		for _, c := range r.certificates {
			b.Write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}))
		}
		return b.String(), true
	case "time_total":
		return seconds(r.done), true
	case "local_ip":
		return r.local.Addr().String(), true
	case "local_port":
		return fmt.Sprint(r.local.Port()), true
	case "remote_ip":
		return r.remote.Addr().String(), true
	case "remote_port":
		return fmt.Sprint(r.remote.Port()), true
	}
	return "", false
}
