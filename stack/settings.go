package stack

import "thinnet/transport/tcp"

// SetTCPSettings replaces the host's choices for the connections and listeners
// that begin from now on, as writing Linux's sysctls does.
func (s *Stack) SetTCPSettings(set tcp.Settings) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tcpSet = tcp.NewSettings(set)
}

// settings returns set with its defaults filled in, or the host's if it is nil.
func (s *Stack) settings(set *tcp.Settings) *tcp.Settings {
	if set == nil {
		return s.tcpSet
	}
	return tcp.NewSettings(*set)
}

// SetSettings replaces the choices for the connections that a listener opens from
// now on.
func (l *TCPListener) SetSettings(set tcp.Settings) {
	l.s.mu.Lock()
	defer l.s.mu.Unlock()
	l.set = tcp.NewSettings(set)
}

// SetSettings replaces the choices of one connection: what was agreed upon with
// the peer, and the sizes that were taken from them at the beginning, stay.
func (c *TCPConn) SetSettings(set tcp.Settings) error {
	return c.do(func() { c.conn.SetSettings(tcp.NewSettings(set)) })
}
