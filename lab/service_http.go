package lab

import (
	"errors"
	"net/netip"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"thinnet"
	"thinnet/service/http"
)

// HTTP is a web server on a host.
type HTTP struct {
	Endpoint
	Site http.Site
	// Folder, if not empty, holds the files that are served, relative to the
	// topology file. It does not lead out of that file's folder.
	Folder string
	// TLS has it listen for https, on port 443 unless another is named, with a
	// certificate of its own that the seed determines.
	TLS bool
}

func (d decoder) http(v value) Service {
	h := &HTTP{Endpoint: Endpoint{Pos: v.pos}}
	d.object(v, "http", append(d.endpoint(&h.Endpoint),
		setter{"pages", func(v value) { h.Site.Pages = d.pages(v) }},
		setter{"files", func(v value) {
			h.Folder, _ = d.text(v, "files")
			if v.kind == scalar && !filepath.IsLocal(filepath.FromSlash(h.Folder)) {
				d.add(v.pos, "files %q leads out of the topology file's folder; name a folder in it", h.Folder)
			}
		}},
		d.boolean("tls", &h.TLS))...)
	switch {
	case h.Port != 0:
	case h.TLS:
		h.Port = 443
	default:
		h.Port = 80
	}
	return h
}

func (h *HTTP) kind() string { return "http" }

func (h *HTTP) start(l *Lab, host *thinnet.Host) (server, error) {
	site := h.Site
	if h.Folder != "" {
		files, err := l.openFolder(h.Folder)
		if err != nil {
			return nil, err
		}
		site.Files = files
	}
	listener, err := host.Listen("tcp", h.String())
	if err != nil {
		return nil, err
	}
	if !h.TLS {
		return http.Serve(listener, site), nil
	}
	var addresses []netip.Addr
	for _, i := range host.Stack().Interfaces() {
		for _, p := range i.Addresses {
			addresses = append(addresses, p.Addr())
		}
	}
	certificate, err := http.Certificate(l.seed, host.Name(), addresses, time.Now())
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	return http.ServeTLS(listener, site, certificate), nil
}

func (d decoder) pages(v value) map[string]http.Page {
	if !d.isKind(v, "pages", mapping) {
		return nil
	}
	pages := make(map[string]http.Page)
	d.each(v, func(f field) {
		if !strings.HasPrefix(f.key, "/") {
			d.add(f.pos, "page %q does not begin with a slash", f.key)
		}
		var p http.Page
		if f.value.kind == scalar {
			p.Body = f.value.text
		} else {
			d.object(f.value, "page "+f.key,
				d.integer("status", &p.Status, 200, 599),
				setter{"headers", func(v value) { p.Header = d.headers(v) }},
				d.str("body", &p.Body),
				d.bytes("size", &p.Size, 0, 1<<30),
				d.duration("delay", &p.Delay, 0, time.Hour))
			if p.Size > 0 && p.Body != "" {
				d.add(f.pos, "page %q has both a body and a size; size is that of a page of filler", f.key)
			}
		}
		pages[f.key] = p
	})
	return pages
}

func (d decoder) headers(v value) map[string]string {
	if !d.isKind(v, "headers", mapping) {
		return nil
	}
	h := make(map[string]string)
	d.each(v, func(f field) {
		s, ok := d.text(f.value, "header "+f.key)
		if !headerName.MatchString(f.key) || strings.ContainsAny(s, "\r\n\x00") {
			d.add(f.pos, "header %q: %q cannot be sent", f.key, s)
		} else if ok {
			h[f.key] = s
		}
	})
	return h
}

var headerName = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$") // RFC 9110, section 5.6.2
