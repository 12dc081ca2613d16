// Package proxy hands connections on to another address.
package proxy

import (
	"context"
	"io"
	"net"
	"time"

	"thinnet/service/accept"
)

// dialTimeout is how long the other side is given to answer.
const dialTimeout = 30 * time.Second

// Dial connects to the other side.
type Dial func(ctx context.Context) (net.Conn, error)

// Server is a running proxy.
type Server struct {
	conns  *accept.Server
	cancel context.CancelFunc // of what is being dialled
}

// TurnedAway returns how many connections were closed because there were too many.
func (s *Server) TurnedAway() uint64 { return s.conns.TurnedAway() }

// Close closes the listener and every connection, and returns when nothing of the
// proxy runs any more.
func (s *Server) Close() error {
	s.cancel()
	return s.conns.Close()
}

// Serve hands each connection of l on to one that dial opens, byte by byte, for at most
// [accept.MaxConnections] at a time. The end of one direction is passed on as such: the
// other goes on. Silence is passed on as well, for as long as both sides like: what is
// behind the proxy knows how long it waits.
func Serve(l net.Listener, dial Dial) *Server {
	running, stop := context.WithCancel(context.Background())
	return &Server{cancel: stop, conns: accept.Serve(l, accept.MaxConnections, func(c net.Conn) {
		ctx, cancel := context.WithTimeout(running, dialTimeout)
		other, err := dial(ctx)
		cancel()
		if err != nil {
			return // the client's connection is closed, which says as much
		}
		defer other.Close()
		back := make(chan struct{})
		go func() {
			defer close(back)
			copyTo(c, other)
		}()
		copyTo(other, c)
		<-back
	})}
}

// copyTo copies src to dst and passes its end on. After an error nothing goes
// either way.
func copyTo(dst, src net.Conn) {
	_, err := io.Copy(dst, src)
	if half, ok := dst.(interface{ CloseWrite() error }); ok && err == nil {
		err = half.CloseWrite()
	}
	if err != nil {
		dst.Close()
		src.Close()
	}
}
