package stack

import "thinnet/transport/tcp"

// SetTCPSettings replaces the host's choices for the connections and listeners
// that begin from now on, as writing Linux's sysctls does; the limits of its memory
// change at once. It changes nothing if one of them is out of its range: see
// [tcp.Settings.Check].
func (s *Stack) SetTCPSettings(set tcp.Settings) error {
	if err := set.Check(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tcpSet = tcp.NewSettings(set)
	s.tcpMem.SetLimits(s.tcpSet)
	return nil
}

// TCPSettings returns the host's choices, every field of which is set.
func (s *Stack) TCPSettings() tcp.Settings {
	s.mu.Lock()
	defer s.mu.Unlock()
	return *s.tcpSet
}

// TCPMemory returns a look at the memory that the host's connections hold, as
// /proc/net/sockstat gives it.
func (s *Stack) TCPMemory() tcp.MemoryInfo {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tcpMem.Info()
}

// check checks settings that may be nil.
func check(set *tcp.Settings) error {
	if set == nil {
		return nil
	}
	return set.Check()
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
func (l *TCPListener) SetSettings(set tcp.Settings) error {
	if err := set.Check(); err != nil {
		return err
	}
	l.s.mu.Lock()
	defer l.s.mu.Unlock()
	l.set = tcp.NewSettings(set)
	return nil
}

// Settings returns the choices of a connection, every field of which is set. One that has
// ended and is closed has none any more: they are the host's.
func (c *TCPConn) Settings() tcp.Settings {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	if set := c.conn.Settings(); set != nil {
		return *set
	}
	return *c.s.tcpSet
}

// SetSettings replaces the choices of one connection: what was agreed upon with
// the peer, and the sizes that were taken from them at the beginning, stay.
func (c *TCPConn) SetSettings(set tcp.Settings) error {
	return c.ChangeSettings(func(s *tcp.Settings) { *s = set })
}

// ChangeSettings is SetSettings with what f makes of the present ones. f sets fields
// and nothing else: it runs under the host's lock.
func (c *TCPConn) ChangeSettings(f func(set *tcp.Settings)) error {
	var wrong error
	err := c.do(func() {
		set := *c.conn.Settings()
		f(&set)
		if wrong = set.Check(); wrong == nil {
			c.conn.SetSettings(tcp.NewSettings(set))
		}
	})
	if err != nil {
		return err
	}
	return wrong
}
