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

// Serve hands each connection of l on to one that dial opens, byte by byte. The
// end of one direction is passed on as such: the other goes on.
func Serve(l net.Listener, dial Dial) *accept.Server {
	return accept.Serve(l, accept.MaxConnections, func(c net.Conn) {
		ctx, cancel := context.WithTimeout(context.Background(), dialTimeout)
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
	})
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
