//go:build !js

package websocket

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
)

// Server is a running server.
type Server struct {
	o      Options
	server http.Server
	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	done   sync.WaitGroup
	open   atomic.Int64 // connections
	max    int64        // of them
	turned atomic.Uint64

	mu      sync.Mutex
	clients []*client // in the order in which they came
}

// Serve serves whoever connects to l, until Close. There is no error but in a browser
// (js/wasm), where there are no servers.
func Serve(l net.Listener, o Options) (*Server, error) {
	s := newServer(o)
	s.serve(l)
	return s, nil
}

func (s *Server) serve(l net.Listener) {
	s.done.Go(func() { _ = s.server.Serve(l) }) // returns when Close is called
}

func newServer(o Options) *Server {
	s := &Server{o: o, max: MaxConnections}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.server = http.Server{
		Handler:           s,
		ReadHeaderTimeout: headerTimeout,
		ErrorLog:          log.New(io.Discard, "", 0), // clients that go away are not news
		ConnState: func(c net.Conn, state http.ConnState) {
			switch state {
			case http.StateNew:
				s.done.Add(1)
				if s.open.Add(1) > s.max {
					s.turned.Add(1)
					c.Close()
				}
			case http.StateClosed:
				s.ended()
			}
		},
	}
	return s
}

// ended counts a connection no more.
func (s *Server) ended() {
	s.open.Add(-1)
	s.done.Done()
}

// TurnedAway returns how many connections were closed because there were too many.
func (s *Server) TurnedAway() uint64 { return s.turned.Load() }

// Close closes the listener and every connection, without a close frame, and
// returns when nothing of the server runs any more.
func (s *Server) Close() error {
	s.cancel()
	err := s.server.Close()
	s.mu.Lock()
	clients := s.clients
	s.mu.Unlock()
	for _, c := range clients {
		_ = c.conn.CloseNow() // it may be closed already
	}
	s.done.Wait()
	return err
}

// ServeHTTP makes a request a WebSocket connection and serves it to its end.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.o.Path != "" && r.URL.Path != s.o.Path {
		http.NotFound(w, r)
		return
	}
	// Pages of other sites may use it as well: what is here is nobody's secret.
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true})
	if err != nil {
		return // the client has been told
	}
	defer s.ended() // the connection was hijacked: no state of it follows
	conn.SetReadLimit(MaxMessage)
	c := &client{conn: conn, queue: make(chan message, MaxQueue)}
	if !s.add(c) {
		_ = conn.CloseNow()
		return
	}
	defer s.remove(c)
	c.serve(s)
}

func (s *Server) add(c *client) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() != nil {
		return false
	}
	s.clients = append(s.clients, c)
	return true
}

func (s *Server) remove(c *client) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, other := range s.clients {
		if other == c {
			s.clients = append(s.clients[:i:i], s.clients[i+1:]...)
		}
	}
}

// hand gives a message to those whom it is for.
func (s *Server) hand(from *client, m message) {
	if !s.o.Broadcast {
		s.give(from, m)
		return
	}
	s.mu.Lock()
	clients := s.clients
	s.mu.Unlock()
	for _, c := range clients {
		s.give(c, m)
	}
}

// give queues a message for a client. One that is too slow is sent away, by a goroutine
// of its own: it may not even take the word of it.
func (s *Server) give(c *client, m message) {
	select {
	case c.queue <- m:
	default:
		c.slow.Do(func() {
			s.done.Go(func() { _ = c.conn.Close(websocket.StatusPolicyViolation, "too slow") })
		})
	}
}

// message is text or binary data.
type message struct {
	typ  websocket.MessageType
	data []byte
}

// client is one connection.
type client struct {
	conn  *websocket.Conn
	queue chan message
	slow  sync.Once
}

// serve reads until the connection ends. The library answers pings and closes.
func (c *client) serve(s *Server) {
	ctx, cancel := context.WithCancel(s.ctx)
	var writer sync.WaitGroup
	writer.Go(func() { c.write(ctx) })
	if s.o.Ping > 0 {
		writer.Go(func() { c.ping(ctx, s.o.Ping) })
	}
	for {
		m, err := c.read(ctx)
		if err != nil {
			break
		}
		s.hand(c, m)
	}
	cancel()
	// Where the library has not told the client what is wrong, it is told now.
	_ = c.conn.Close(websocket.StatusProtocolError, "")
	_ = c.conn.CloseNow()
	writer.Wait()
}

// read waits for a message, and for its end as long as it may take.
func (c *client) read(ctx context.Context) (message, error) {
	typ, r, err := c.conn.Reader(ctx)
	if err != nil {
		return message{}, err
	}
	closed := make(chan struct{})
	late := time.AfterFunc(MessageTimeout, func() {
		defer close(closed)
		_ = c.conn.Close(websocket.StatusPolicyViolation, "too slow") // it may be closed already
	})
	data, err := io.ReadAll(r)
	if !late.Stop() {
		<-closed // nothing of a client is left when it has gone
	}
	return message{typ, data}, err
}

func (c *client) write(ctx context.Context) {
	for {
		select {
		case m := <-c.queue:
			deadline, cancel := context.WithTimeout(ctx, writeTimeout)
			err := c.conn.Write(deadline, m.typ, m.data)
			cancel()
			if err != nil {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

// ping sends a ping every so often. A client that does not answer is gone.
func (c *client) ping(ctx context.Context, every time.Duration) {
	t := time.NewTicker(every)
	defer t.Stop()
	for {
		select {
		case <-t.C:
		case <-ctx.Done():
			return
		}
		deadline, cancel := context.WithTimeout(ctx, every)
		err := c.conn.Ping(deadline)
		cancel()
		if err != nil {
			_ = c.conn.CloseNow()
			return
		}
	}
}
