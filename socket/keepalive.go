package socket

import (
	"net"
	"time"

	"thinnet/transport/tcp"
)

// defaultKeepAlive is what package net gives a connection that it dials or
// accepts.
var defaultKeepAlive = tcp.KeepAlive{Idle: 15 * time.Second, Interval: 15 * time.Second, Count: 9}

// keepAlive returns what k says, nil if it says that connections are not probed. As in
// package net a field that is zero means 15 seconds, 15 seconds, 9 probes, and one that
// is negative the system's default, which here is the host's tcp.Settings.KeepAlive.
func keepAlive(k net.KeepAliveConfig) *tcp.KeepAlive {
	if !k.Enable {
		return nil
	}
	v := defaultKeepAlive
	for _, f := range []struct {
		to   *time.Duration
		from time.Duration
	}{{&v.Idle, k.Idle}, {&v.Interval, k.Interval}} {
		if f.from != 0 {
			*f.to = max(f.from, 0)
		}
	}
	if k.Count != 0 {
		v.Count = max(k.Count, 0)
	}
	return &v
}

// keepAliveFor returns what the fields of a Dialer or a ListenConfig say: period counts
// only if k is not enabled; zero is the default, and a negative one turns it off.
func keepAliveFor(period time.Duration, k net.KeepAliveConfig) *tcp.KeepAlive {
	if !k.Enable && period == 0 {
		return &defaultKeepAlive
	}
	if !k.Enable && period > 0 {
		k = net.KeepAliveConfig{Enable: true, Idle: period}
	}
	return keepAlive(k)
}

// SetKeepAlive turns probing of an idle connection on, every 15 seconds and nine
// times without an answer, or off.
func (c *TCPConn) SetKeepAlive(on bool) error {
	return c.SetKeepAliveConfig(net.KeepAliveConfig{Enable: on})
}

// SetKeepAlivePeriod sets the time before the first probe and between two.
func (c *TCPConn) SetKeepAlivePeriod(d time.Duration) error {
	return c.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true, Idle: d, Interval: d})
}

// SetKeepAliveConfig says when an idle connection is probed. Zero fields mean 15
// seconds, 15 seconds and 9 probes; for negative ones the host's
// tcp.Settings.KeepAlive is taken.
func (c *TCPConn) SetKeepAliveConfig(k net.KeepAliveConfig) error {
	return c.wrap("set", c.conn().SetKeepAlive(keepAlive(k)))
}
