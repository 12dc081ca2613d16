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

// Close does nothing.
func (s *Server) Close() error { return nil }
