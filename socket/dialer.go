package socket

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"time"

	"thinnet/stack"
	"thinnet/transport/tcp"
)

// defaultFallbackDelay is Dialer's, as in package net.
const defaultFallbackDelay = 300 * time.Millisecond

// Dialer dials from a host, as net.Dialer does from this computer: its fields of the
// same name mean the same. All but Net may be zero.
type Dialer struct {
	// Net is the host that it dials from.
	Net *Net

	// Timeout is how long dialling may take, 0 for as long as TCP tries. Deadline
	// is when it must have succeeded.
	Timeout  time.Duration
	Deadline time.Time

	// LocalAddr is the address to dial from, a *net.TCPAddr or a *net.UDPAddr; nil
	// has one chosen. What in it is zero is chosen as well.
	LocalAddr net.Addr

	// Reuse says with whom a port that LocalAddr names is shared. Without, it must
	// be nobody else's, a connection's in TIME-WAIT included.
	Reuse stack.Reuse

	// FallbackDelay is how long one address of a name is tried before the next is
	// tried beside it (RFC 8305, section 5): the first that answers is taken. Zero
	// means 300 ms; with a negative one the next is tried when the one before has
	// failed.
	FallbackDelay time.Duration

	// KeepAlive and KeepAliveConfig say when an idle connection is probed, as those
	// of net.Dialer do: by default after 15 seconds.
	KeepAlive       time.Duration
	KeepAliveConfig net.KeepAliveConfig

	// Resolver finds the addresses of a name; nil: the host's.
	Resolver Resolver

	// Control, unless it is nil, is called before a TCP connection is opened, for
	// each address that is tried. set is a copy of the host's settings, what
	// Control makes of it is what the connection begins with: this is the place of
	// the socket options that must be set before connect. network is tcp4 and
	// address that of the peer. An error ends the attempt.
	Control func(network, address string, set *tcp.Settings) error
}

// Dial connects to an address on a network: "tcp" or "udp", with or without a 4.
func (d *Dialer) Dial(network, address string) (net.Conn, error) {
	return d.DialContext(context.Background(), network, address)
}

// DialContext is Dial with a context that ends the attempt. Afterwards it has no
// effect on the connection.
func (d *Dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	return d.dial(ctx, network, address, attempt{connect: (*stack.Stack).DialTCPOptions})
}

// DialFastOpen connects as DialContext does and writes data, by TCP Fast Open (RFC
// 7413): as much as there is room for goes with the SYN, if the server has given this
// host a cookie before. The server may be given it twice, if the network duplicates
// the SYN: data must be such that this does no harm (section 6.1). The addresses of a
// name are tried one after the other. The error is EOPNOTSUPP if the settings do not
// have tcp.FastOpenClient.
func (d *Dialer) DialFastOpen(ctx context.Context, network, address string, data []byte) (net.Conn, error) {
	if kind, _ := checkNetwork(network); kind != "tcp" {
		return nil, &net.OpError{Op: "dial", Net: network, Source: d.LocalAddr, Err: net.UnknownNetworkError(network)}
	}
	return d.dial(ctx, network, address, attempt{
		serial: true,
		connect: func(s *stack.Stack, ctx context.Context, from, to netip.AddrPort, o stack.DialOptions) (*stack.TCPConn, error) {
			return s.DialFastOpen(ctx, from, to, o, data)
		},
	})
}

// dial is DialContext, and DialFastOpen, which differ in a.
func (d *Dialer) dial(ctx context.Context, network, address string, a attempt) (net.Conn, error) {
	fail := func(err error) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Net: network, Source: d.LocalAddr, Err: err}
	}
	kind, err := checkNetwork(network)
	if err != nil {
		return fail(err)
	}
	from, err := d.localAddr(kind)
	if err != nil {
		return fail(err)
	}
	ctx, cancel := d.bound(ctx)
	defer cancel()
	var space [4]netip.AddrPort
	addrs, err := d.Net.lookup(ctx, space[:0], d.Resolver, address)
	if err != nil {
		return fail(err)
	}
	a.network, a.kind, a.from = network, kind, from
	if len(addrs) == 1 || d.FallbackDelay < 0 || kind == "udp" || a.serial {
		return d.dialSerial(ctx, addrs, &a)
	}
	return dialStaggered(ctx, slices.Clone(addrs), *d, a)
}

// attempt is what all attempts of one dial have in common.
type attempt struct {
	network, kind string
	from          netip.AddrPort
	serial        bool // never two at a time
	connect       func(s *stack.Stack, ctx context.Context, from, to netip.AddrPort, o stack.DialOptions) (*stack.TCPConn, error)
}

// try tries one address.
func (d *Dialer) try(ctx context.Context, a *attempt, to netip.AddrPort) (net.Conn, error) {
	to = orThisHost(to)
	if a.kind == "udp" {
		return d.dialUDP(a.network, a.from, to)
	}
	return d.dialTCP(ctx, a, to)
}

// orThisHost returns what is dialled for an address: for the unspecified one "the local
// system is assumed", says package net.
func orThisHost(to netip.AddrPort) netip.AddrPort {
	if to.Addr().IsUnspecified() {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), to.Port())
	}
	return to
}

// bound returns ctx with the dialer's bounds of time.
func (d *Dialer) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	at := d.Deadline
	if d.Timeout != 0 {
		if t := time.Now().Add(d.Timeout); at.IsZero() || t.Before(at) {
			at = t
		}
	}
	if at.IsZero() {
		return ctx, func() {}
	}
	return context.WithDeadline(ctx, at)
}

// localAddr returns LocalAddr, which must be of the network's kind.
func (d *Dialer) localAddr(kind string) (netip.AddrPort, error) {
	from := netip.AddrPortFrom(unspecified, 0)
	var a netip.AddrPort
	switch l := d.LocalAddr.(type) {
	case nil:
		return from, nil
	case *net.TCPAddr:
		if kind == "tcp" && l == nil {
			return from, nil
		}
		a = l.AddrPort()
	case *net.UDPAddr:
		if kind == "udp" && l == nil {
			return from, nil
		}
		a = l.AddrPort()
	}
	if d.LocalAddr.Network() != kind {
		return from, &net.AddrError{Err: "mismatched local address type", Addr: d.LocalAddr.String()}
	}
	ip := a.Addr().Unmap()
	if !ip.IsValid() {
		ip = unspecified
	}
	if !ip.Is4() {
		return from, &net.AddrError{Err: "no IPv6 on this host yet", Addr: d.LocalAddr.String()}
	}
	return netip.AddrPortFrom(ip, a.Port()), nil
}

func (d *Dialer) dialTCP(ctx context.Context, a *attempt, to netip.AddrPort) (net.Conn, error) {
	set, err := control(d.Net.Stack, d.Control, to)
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: a.network, Source: d.LocalAddr, Addr: tcpAddr(to), Err: err}
	}
	o := stack.DialOptions{Settings: set, Reuse: d.Reuse, KeepAlive: keepAliveFor(d.KeepAlive, d.KeepAliveConfig)}
	c, err := a.connect(d.Net.Stack, ctx, a.from, to, o)
	if err != nil {
		return nil, opError("dial", "connect", a.network, d.LocalAddr, tcpAddr(to), err)
	}
	return (*TCPConn)(c), nil
}

func (d *Dialer) dialUDP(network string, from, to netip.AddrPort) (net.Conn, error) {
	u, err := d.Net.Stack.OpenUDPOptions(from, to, stack.UDPOptions{ReusePort: d.Reuse.Port})
	if err != nil {
		return nil, opError("dial", "connect", network, d.LocalAddr, udpAddr(to), err)
	}
	return &UDPConn{d.Net.Stack, u}, nil
}

// control returns the settings that a user's function makes of the host's, nil for
// these.
func control(s *stack.Stack, f func(network, address string, set *tcp.Settings) error, at netip.AddrPort) (*tcp.Settings, error) {
	if f == nil {
		return nil, nil
	}
	set := s.TCPSettings()
	if err := f("tcp4", at.String(), &set); err != nil {
		return nil, err
	}
	return &set, set.Check()
}

// dialSerial tries one address after the other. If there is a deadline, each gets its
// part of the time that is left. The error is that of the first.
func (d *Dialer) dialSerial(ctx context.Context, addrs []netip.AddrPort, a *attempt) (net.Conn, error) {
	var first error
	for i, to := range addrs {
		part, cancel := ctx, context.CancelFunc(func() {})
		if at, ok := ctx.Deadline(); ok && i < len(addrs)-1 {
			// As in package net: an equal part, but 2 s if there are so many.
			left := time.Until(at)
			part, cancel = context.WithTimeout(ctx, min(max(left/time.Duration(len(addrs)-i), 2*time.Second), left))
		}
		c, err := d.try(part, a, to)
		cancel()
		if err == nil {
			return c, nil
		}
		if first == nil {
			first = err
		}
		if ctx.Err() != nil {
			break
		}
	}
	return nil, first
}

// dialStaggered tries the addresses beside each other, each so much later than the one
// before, or when that has failed. The first connection wins, and the others are given
// up. The error is that of the first address.
func dialStaggered(ctx context.Context, addrs []netip.AddrPort, d Dialer, a attempt) (net.Conn, error) {
	delay := d.FallbackDelay
	if delay == 0 {
		delay = defaultFallbackDelay
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type result struct {
		i   int
		c   net.Conn
		err error
	}
	results := make(chan result)
	started, pending := 0, 0
	start := func() {
		i := started
		started++
		pending++
		go func() {
			c, err := d.try(ctx, &a, addrs[i])
			results <- result{i, c, err}
		}()
	}
	start()
	timer := time.NewTimer(delay)
	defer timer.Stop()
	var won net.Conn
	errs := make([]error, len(addrs))
	for pending > 0 {
		select {
		case r := <-results:
			pending--
			errs[r.i] = r.err
			switch {
			case r.err == nil && won == nil:
				won = r.c
				cancel() // the others end at once, and are waited for
			case r.err == nil:
				r.c.Close()
			case won == nil && started < len(addrs) && ctx.Err() == nil:
				start()
				timer.Reset(delay)
			}
		case <-timer.C:
			if won == nil && started < len(addrs) && ctx.Err() == nil {
				start()
				timer.Reset(delay)
			}
		}
	}
	if won != nil {
		return won, nil
	}
	return nil, errs[0]
}
