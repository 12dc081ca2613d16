// Package accept serves the connections of a listener, each in a goroutine: as
// many as a service allows, and none behind its Close.
package accept

import (
	"net"
	"sync"
)

// MaxConnections is how many connections a service of a lab serves at a time.
const MaxConnections = 16384

// Server serves the connections of a listener.
type Server struct {
	l      net.Listener
	max    int
	handle func(net.Conn)
	done   sync.WaitGroup

	mu     sync.Mutex
	conns  map[net.Conn]bool
	closed bool
	turned uint64
}

// Serve runs handle for each connection of l, at most max at a time, and closes
// the connection when it returns. A connection beyond max is closed at once and
// counted. max is 1 or more. l is the server's from then on: Close closes it.
func Serve(l net.Listener, max int, handle func(net.Conn)) *Server {
	s := &Server{l: l, max: max, handle: handle, conns: make(map[net.Conn]bool)}
	s.done.Go(s.accept)
	return s
}

func (s *Server) accept() {
	for {
		c, err := s.l.Accept()
		if err != nil {
			return // Close, or the host's end: a listener has no other errors
		}
		if !s.add(c) {
			c.Close()
			continue
		}
		s.done.Go(func() {
			defer s.remove(c)
			s.handle(c)
		})
	}
}

func (s *Server) add(c net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	if len(s.conns) >= s.max {
		s.turned++
		return false
	}
	s.conns[c] = true
	return true
}

func (s *Server) remove(c net.Conn) {
	c.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
}

// TurnedAway returns how many connections were closed because there were too many.
func (s *Server) TurnedAway() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.turned
}

// Close closes the listener and every connection, and returns when no handle runs
// any more.
func (s *Server) Close() error {
	s.mu.Lock()
	s.closed = true
	for c := range s.conns {
		c.Close()
	}
	s.mu.Unlock()
	err := s.l.Close()
	s.done.Wait()
	return err
}
