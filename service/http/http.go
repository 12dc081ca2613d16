// Package http is a web server for a lab: fixed pages, files, and the delays
// and statuses that a test of a client asks for, over HTTP/1.1 and HTTP/2 with TLS or
// without. It is net/http on a host's listener.
package http

import (
	"context"
	"crypto/tls"
	"io"
	"io/fs"
	"log"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"thinnet/service/accept"
)

// Bounds on a client, who is anybody.
const (
	headerTimeout  = 10 * time.Second
	idleTimeout    = 2 * time.Minute
	maxHeaderBytes = 64 << 10
	bodyTimeout    = 30 * time.Second // from the head of a request to the end of its body
	maxBody        = 64 << 20         // bytes
	stallTimeout   = 2 * time.Minute  // while not a byte of an answer is taken
	maxConnections = accept.MaxConnections
)

// Site is what a server serves.
type Site struct {
	// Pages are the fixed pages by path, such as "/" and "/news". A path that
	// is not here is looked for in Files.
	Pages map[string]Page
	// Files may be nil.
	Files fs.FS
}

// Page is the answer to a GET, HEAD or POST of one path.
type Page struct {
	Status int               // 200 to 599; 0: 200
	Header map[string]string // beside Date and Content-Length; Content-Type is text/html if it is not set
	Body   string
	Size   int           // if not 0: the body is that many bytes of filler, made as they are sent
	Delay  time.Duration // from the request to the answer
}

// Server is a running server.
type Server struct {
	server http.Server
	conns  atomic.Int64
	max    int64 // of conns
	turned atomic.Uint64
	done   sync.WaitGroup
	stop   chan struct{} // closed by Close: no page waits any longer
	once   sync.Once
}

// Serve serves the site to whoever connects to l, until Close: HTTP/1.1, and HTTP/2
// to clients that begin with its preface (h2c with prior knowledge; RFC 9113, section
// 3.3).
func Serve(l net.Listener, site Site) *Server {
	s := newServer(site)
	s.done.Go(func() { _ = s.server.Serve(l) }) // returns when Close is called
	return s
}

// ServeTLS is Serve over TLS 1.2 and 1.3, where ALPN chooses between HTTP/2 and
// HTTP/1.1.
func ServeTLS(l net.Listener, site Site, certificate tls.Certificate) *Server {
	s := newServer(site)
	s.server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	s.done.Go(func() { _ = s.server.ServeTLS(l, "", "") })
	return s
}

func newServer(site Site) *Server {
	s := &Server{stop: make(chan struct{}), max: maxConnections}
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(true)
	s.server = http.Server{
		Handler:           s.handler(site),
		Protocols:         &protocols,
		ReadHeaderTimeout: headerTimeout, // and of the TLS handshake
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          log.New(io.Discard, "", 0), // clients that go away are not news
		ConnState:         s.count,
	}
	return s
}

// Close closes the listener and every connection, and returns when nothing of
// the server runs any more. The second call does nothing.
func (s *Server) Close() error {
	var err error
	s.once.Do(func() {
		close(s.stop)
		err = s.server.Close()
		s.done.Wait()
	})
	return err
}

// TurnedAway returns how many connections were closed because there were too many.
func (s *Server) TurnedAway() uint64 { return s.turned.Load() }

// count keeps account of the goroutines that serve connections. A new one is
// counted by the goroutine that accepts, which done counts itself. One too many is
// closed, and counted as such.
func (s *Server) count(c net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		s.done.Add(1)
		if s.conns.Add(1) > s.max {
			s.turned.Add(1)
			c.Close()
		}
	case http.StateClosed, http.StateHijacked:
		s.conns.Add(-1)
		s.done.Done()
	}
}

func (s *Server) handler(site Site) http.Handler {
	files := http.NotFoundHandler()
	if site.Files != nil {
		files = http.FileServerFS(site.Files)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !takeBody(w, r) {
			return
		}
		w = &stallWriter{ResponseWriter: w, control: http.NewResponseController(w)}
		page, ok := site.Pages[r.URL.Path]
		if !ok {
			files.ServeHTTP(w, r)
			return
		}
		if s.wait(r.Context(), page.Delay) {
			page.write(w, r)
		}
	})
}

// wait reports whether d has passed, not the connection's or the server's time.
func (s *Server) wait(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
	case <-s.stop:
	}
	return false
}

func (p Page) write(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "text/html")
	for k, v := range p.Header {
		h.Set(k, v)
	}
	status := p.Status
	if status == 0 {
		status = http.StatusOK
	}
	size := len(p.Body)
	if p.Size > 0 {
		size = p.Size
	}
	if bodyAllowed(status) {
		h.Set("Content-Length", strconv.Itoa(size))
	}
	w.WriteHeader(status)
	// A client that went away is not news.
	switch {
	case r.Method == http.MethodHead || !bodyAllowed(status):
	case p.Size > 0:
		_ = writeFiller(w, p.Size)
	default:
		_, _ = io.WriteString(w, p.Body)
	}
}

// bodyAllowed reports whether an answer has a body (RFC 9110, section 6.4.1).
func bodyAllowed(status int) bool {
	return status != http.StatusNoContent && status != http.StatusNotModified
}
