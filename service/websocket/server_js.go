package websocket

import (
	"errors"
	"net"
)

// Server is none here.
type Server struct{}

// Serve fails: in a browser the library is a client only.
func Serve(net.Listener, Options) (*Server, error) {
	return nil, errors.New("there is no WebSocket server for js/wasm")
}

// TurnedAway returns 0.
func (s *Server) TurnedAway() uint64 { return 0 }

// Close does nothing.
func (s *Server) Close() error { return nil }
