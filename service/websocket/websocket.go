// Package websocket is a WebSocket server (RFC 6455) for a lab: it sends each
// message back to who sent it, or on to everybody.
package websocket

import (
	"time"

	"thinnet/service/accept"
)

// Options say what a server does.
type Options struct {
	// Path is where it is, such as /ws; other paths are not found. Empty: any.
	Path string
	// Broadcast sends each message on to all clients, its sender too; otherwise
	// it goes back to its sender alone. Each client has a goroutine that writes to
	// it, so which is first at one instant of virtual time is open.
	Broadcast bool
	// Ping is the time between two pings to each client, which must answer before
	// the next; 0: none are sent. Pings of clients are always answered.
	Ping time.Duration
}

// Bounds on a client, who is anybody.
const (
	// MaxMessage is the longest message, in bytes. A longer one closes its
	// connection with status 1009.
	MaxMessage = 1 << 20
	// MaxQueue is how many messages wait for a client that is slow. One more
	// closes its connection with status 1008.
	MaxQueue = 64

	// MaxConnections is how many are served at a time. One more is closed at once.
	MaxConnections = accept.MaxConnections
	// MessageTimeout is how long a message may take from its beginning to its end.
	// One that is slower closes its connection with status 1008. Between two messages
	// a client may be silent for as long as it answers pings.
	MessageTimeout = time.Minute

	headerTimeout = 10 * time.Second
	writeTimeout  = 30 * time.Second
)
