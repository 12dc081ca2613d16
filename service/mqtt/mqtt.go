// Package mqtt is an MQTT broker for a lab, for versions 3.1.1 and 5: mochi-mqtt
// on a host's listener.
package mqtt

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"time"

	broker "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"

	"thinnet/service/accept"
)

// Options say what a broker is like.
type Options struct {
	// Store, if not empty, is the file that keeps retained messages, sessions and
	// what waits for their clients from one run to the next.
	Store string
	// Refused are the filters that nobody may subscribe to, for clients to be
	// tested with. A subscription is answered with 0x80, failure (MQTT 3.1.1,
	// section 3.9.3), whatever the version.
	Refused []string
	// KeepAlive, if not 0, is the longest keep alive that a client of MQTT 5 may
	// have, 1 s to 12 h in whole seconds: who asks for a longer one, or for none, is
	// told so (MQTT 5, section 3.2.2.3.14). Clients of 3.1.1 cannot be told, and have
	// what they ask for.
	KeepAlive time.Duration
	// Log, if not nil, hears what the broker has to say.
	Log *slog.Logger
}

// Bounds on a client, who is anybody.
const (
	// MaxPacket is the longest packet, in bytes.
	MaxPacket = 1 << 20
	// MaxClients is how many are connected at a time.
	MaxClients = accept.MaxConnections
	// connectTimeout is how long a client may take until its CONNECT is there.
	// MQTT 5, section 3.1.4, leaves it to the server.
	connectTimeout = 10 * time.Second
)

// Server is a running broker.
type Server struct {
	broker *broker.Server
	conns  *accept.Server
}

// maxKeepAlive is what the broker can count half as much again of, in 16 bits of seconds.
const maxKeepAlive = 12 * time.Hour

// Serve serves whoever connects to l, until Close. The error is that of the
// store, or says what is wrong with the options; l is the caller's then.
func Serve(l net.Listener, o Options) (*Server, error) {
	if k := o.KeepAlive; k < 0 || k > maxKeepAlive || k%time.Second != 0 {
		return nil, fmt.Errorf("mqtt: KeepAlive %v: want whole seconds from 1s to %v, or 0 for what clients ask for", k, maxKeepAlive)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	limits := broker.NewDefaultServerCapabilities()
	limits.MaximumPacketSize = MaxPacket
	limits.MaximumClients = MaxClients
	limits.Compatibilities.ObscureNotAuthorized = true       // 3.1.1 has no other code
	limits.Compatibilities.NoInheritedPropertiesOnAck = true // what a message is marked with is no reason
	b := broker.New(&broker.Options{Logger: o.Log, Capabilities: limits})
	if err := b.AddHook(&everybody{refused: o.Refused, keepAlive: uint16(o.KeepAlive / time.Second)}, nil); err != nil {
		return nil, fmt.Errorf("mqtt: %w", err)
	}
	if o.Store != "" {
		if err := keep(b, o.Store); err != nil {
			return nil, fmt.Errorf("mqtt: store %s: %w", o.Store, err)
		}
	}
	if err := b.Serve(); err != nil { // what is in the store cannot be read
		return nil, fmt.Errorf("mqtt: store %s: %w", o.Store, errors.Join(err, b.Close()))
	}
	return &Server{b, accept.Serve(l, MaxClients, func(c net.Conn) {
		// The broker replaces the deadline by that of the client's keepalive.
		_ = c.SetReadDeadline(time.Now().Add(connectTimeout)) // if it fails, so does Read
		l := &lingering{Conn: c}
		_ = b.EstablishConnection("lab", l) // a client that goes away is not news
		l.drain()
	})}, nil
}

// TurnedAway returns how many connections were closed because there were too many.
func (s *Server) TurnedAway() uint64 { return s.conns.TurnedAway() }

// Close ends the broker as a power failure would: wills are sent as the clients
// go. When it returns nothing of it runs any more.
func (s *Server) Close() error {
	err := s.conns.Close()
	if e := s.broker.Close(); err == nil {
		err = e
	}
	return err
}

// everybody may connect, publish to anything and subscribe to all but what is
// refused.
type everybody struct {
	broker.HookBase
	refused   []string
	keepAlive uint16 // the longest, in seconds; 0: any
}

// ID returns the hook's name.
func (*everybody) ID() string { return "everybody" }

// Provides says which questions the hook answers.
func (*everybody) Provides(question byte) bool {
	return question == broker.OnConnectAuthenticate || question == broker.OnACLCheck || question == broker.OnConnect
}

// OnConnect sets the keep alive.
func (e *everybody) OnConnect(c *broker.Client, p packets.Packet) error {
	asked := p.Connect.Keepalive
	if e.keepAlive != 0 && p.ProtocolVersion >= 5 && (asked == 0 || asked > e.keepAlive) {
		c.State.Keepalive, c.State.ServerKeepalive = e.keepAlive, true
	}
	return nil
}

// OnConnectAuthenticate lets everybody in.
func (*everybody) OnConnectAuthenticate(*broker.Client, packets.Packet) bool { return true }

// OnACLCheck says whether a topic may be published to, or a filter subscribed to.
func (e *everybody) OnACLCheck(_ *broker.Client, topic string, write bool) bool {
	return write || !slices.Contains(e.refused, topic)
}
