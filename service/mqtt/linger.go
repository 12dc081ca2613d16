package mqtt

import (
	"io"
	"net"
	"sync"
	"time"
)

// lingerTimeout is how long a client may still send that the broker has hung up on.
const lingerTimeout = 5 * time.Second

// lingering is a connection whose Close lets the client read why. A connection closed
// while something is on its way from the client would be reset (RFC 2525, section
// 2.17), and the reset may outrun the DISCONNECT with its reason.
type lingering struct {
	net.Conn
	mu     sync.Mutex
	closed bool
}

// Close ends what is sent to the client, and makes every Read return.
func (c *lingering) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return net.ErrClosed
	}
	c.closed = true
	half, ok := c.Conn.(interface{ CloseWrite() error })
	if !ok {
		return c.Conn.Close()
	}
	err := half.CloseWrite()
	_ = c.SetReadDeadline(time.Unix(1, 0)) // if it fails, Read has ended as well
	return err
}

// SetDeadline is refused after Close, whose own it would replace.
func (c *lingering) SetDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return net.ErrClosed
	}
	return c.Conn.SetDeadline(t)
}

// drain throws away what the client still sends, after Close.
func (c *lingering) drain() {
	_ = c.SetReadDeadline(time.Now().Add(lingerTimeout))
	_, _ = io.Copy(io.Discard, c.Conn)
}
