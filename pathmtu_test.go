package thinnet_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"thinnet"
	"thinnet/link/cable"
	"thinnet/network/pathmtu"
	"thinnet/network/route"
	"thinnet/packet"
	"thinnet/transport/tcp"
)

// path is two hosts with a way between them that takes less than the links at its
// ends do.
type path struct {
	t              *testing.T
	net            *thinnet.Network
	client, server *thinnet.Host
	// set makes the narrow place take packets of mtu bytes.
	set func(mtu int)
}

// must returns v, or ends the test.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// routed returns a path through a router that says when a packet is too long.
func routed(t *testing.T, s tcp.Settings) *path {
	n := thinnet.New(thinnet.Options{Seed: 1, Settle: synctest.Wait})
	p := &path{t: t, net: n}
	host := func(name string, o thinnet.HostOptions, addrs ...string) *thinnet.Host {
		h := must(n.AddHost(name, o))
		for i, a := range addrs {
			must(h.AddInterface(fmt.Sprintf("eth%d", i), netip.MustParsePrefix(a)))
		}
		return h
	}
	p.client = host("client", thinnet.HostOptions{TCP: s}, "10.0.1.1/24")
	p.server = host("server", thinnet.HostOptions{TCP: s}, "10.0.2.1/24")
	router := host("router", thinnet.HostOptions{Forwarding: true}, "10.0.1.254/24", "10.0.2.254/24")
	way := cable.Impairment{Delay: 5 * time.Millisecond}
	for i, h := range []*thinnet.Host{p.client, p.server} {
		must(n.Connect(h.Interface("eth0"), router.Interface(fmt.Sprintf("eth%d", i)),
			thinnet.LinkOptions{Impairments: [2]cable.Impairment{way, way}}))
		gateway := netip.AddrFrom4([4]byte{10, 0, byte(i + 1), 254})
		if err := h.Stack().AddRoute(route.Entry{Prefix: netip.MustParsePrefix("0.0.0.0/0"), Gateway: gateway}); err != nil {
			t.Fatal(err)
		}
	}
	p.set = func(mtu int) {
		if err := router.Stack().SetMTU("eth1", mtu); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

// tunnelled returns a path through two switches with a tunnel between them that drops
// what is too long without a word: a black hole (RFC 2923).
func tunnelled(t *testing.T, s tcp.Settings) *path {
	n := thinnet.New(thinnet.Options{Seed: 1, Settle: synctest.Wait})
	p := &path{t: t, net: n}
	way := cable.Impairment{Delay: 5 * time.Millisecond}
	var tunnels [2]*thinnet.SwitchPort
	for i, h := range []**thinnet.Host{&p.client, &p.server} {
		*h = must(n.AddHost([]string{"client", "server"}[i], thinnet.HostOptions{TCP: s}))
		eth := must((*h).AddInterface("eth0", netip.MustParsePrefix(fmt.Sprintf("10.0.2.%d/24", 2-i))))
		sw := must(n.AddSwitch(fmt.Sprintf("sw%d", i), thinnet.SwitchOptions{}))
		must(n.Connect(eth, must(sw.AddPort("host")), thinnet.LinkOptions{Impairments: [2]cable.Impairment{way, way}}))
		tunnels[i] = must(sw.AddPort("tunnel"))
	}
	must(n.Connect(tunnels[0], tunnels[1], thinnet.LinkOptions{MTU: 1300, Strict: true}))
	return p
}

// dial opens a connection from the client to the server.
func (p *path) dial() (client, server net.Conn) {
	p.t.Helper()
	l := must(p.server.Listen("tcp", ":80"))
	defer l.Close()
	client = must(p.client.Dial("tcp", "10.0.2.1:80"))
	return client, must(l.Accept())
}

// transfer sends n bytes and returns how long that took.
func (p *path) transfer(from, to net.Conn, n int) time.Duration {
	p.t.Helper()
	data := make([]byte, n)
	for i := range data {
		data[i] = byte(i ^ i>>8 ^ i>>16)
	}
	began := time.Now()
	done := make(chan error, 1)
	go func() {
		_, err := from.Write(data)
		done <- err
	}()
	got := make([]byte, n)
	to.SetReadDeadline(began.Add(10 * time.Minute))
	if k, err := io.ReadFull(to, got); err != nil || !bytes.Equal(got, data) {
		p.t.Fatalf("after %v %d of %d bytes have arrived: %v", time.Since(began), k, n, err)
	}
	if err := <-done; err != nil {
		p.t.Fatal(err)
	}
	return time.Since(began)
}

// segment returns the size of the client's segments on its first connection.
func (p *path) segment() int {
	for _, s := range p.client.Stack().Sockets() {
		if s.Info != nil {
			return s.Info.SndMSS
		}
	}
	p.t.Fatal("no connection")
	return 0
}

func (p *path) count(name string) uint64 {
	for _, c := range p.client.Stack().Counters() {
		if c.Name == name {
			return c.Value
		}
	}
	p.t.Fatalf("no counter %s", name)
	return 0
}

// onPath runs f in virtual time on a path, and looks that nothing is left.
func onPath(t *testing.T, build func(*testing.T, tcp.Settings) *path, s tcp.Settings, f func(*path)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		live := packet.Live()
		p := build(t, s)
		f(p)
		p.net.Close()
		if n := packet.Live() - live; n != 0 {
			t.Errorf("%d slabs are still in use", n)
		}
	})
}

// A router tells of its narrow link: the transfer goes on at once, without a thought
// of congestion, and the next connection knows. When the link has grown that is found
// out after a while.
func TestPathMTUTold(t *testing.T) {
	onPath(t, routed, tcp.Settings{}, func(p *path) {
		p.set(1300)
		c, s := p.dial()
		if d := p.transfer(c, s, 100000); d > 200*time.Millisecond {
			t.Errorf("it took %v", d)
		}
		if n := p.count("TcpExtTCPTimeouts"); n != 0 {
			t.Errorf("%d timeouts", n)
		}
		if got := p.segment(); got != 1300-52 {
			t.Errorf("segments of %d bytes, want %d", got, 1300-52)
		}
		again := p.count("TcpRetransSegs")
		c2, s2 := p.dial()
		p.transfer(c2, s2, 100000)
		if n := p.count("TcpRetransSegs"); n != again {
			t.Errorf("%d segments of the second connection were too long", n-again)
		}
		p.set(1500)
		time.Sleep(pathmtu.Lifetime)
		p.transfer(c, s, 100000)
		if got := p.segment(); got != 1500-52 {
			t.Errorf("segments of %d bytes on the path that has grown, want %d", got, 1500-52)
		}
		closeAll(c, s, c2, s2)
	})
}

// On a path that takes less than is believed of any, packets are split.
func TestPathMTUTiny(t *testing.T) {
	onPath(t, routed, tcp.Settings{}, func(p *path) {
		p.set(300)
		c, s := p.dial()
		p.transfer(c, s, 20000)
		if got := p.segment(); got != pathmtu.Minimum-52 {
			t.Errorf("segments of %d bytes, want %d", got, pathmtu.Minimum-52)
		}
		closeAll(c, s)
	})
}

// A link of the host's own that is set to take less is felt at once.
func TestOwnMTU(t *testing.T) {
	onPath(t, routed, tcp.Settings{}, func(p *path) {
		c, s := p.dial()
		for _, mtu := range []int{1000, 1500} {
			if err := p.client.Stack().SetMTU("eth0", mtu); err != nil {
				t.Fatal(err)
			}
			p.transfer(c, s, 50000)
			if got := p.segment(); got != mtu-52 {
				t.Errorf("segments of %d bytes, want %d", got, mtu-52)
			}
		}
		closeAll(c, s)
	})
}

// Nobody tells of the narrow place: after a while the transfer goes on anyway, and in
// the end with segments nearly as long as it takes.
func TestBlackHole(t *testing.T) {
	for _, tt := range []struct {
		probing  tcp.MTUProbing
		took     time.Duration
		timeouts uint64
	}{{tcp.MTUProbingBlackHole, 3 * time.Second, 3}, {tcp.MTUProbingAlways, 400 * time.Millisecond, 0}} {
		onPath(t, tunnelled, tcp.Settings{MTUProbing: tt.probing}, func(p *path) {
			c, s := p.dial()
			if d := p.transfer(c, s, 1000000); d > tt.took {
				t.Errorf("%d: it took %v", tt.probing, d)
			}
			if n := p.count("TcpExtTCPTimeouts"); n != tt.timeouts {
				t.Errorf("%d: %d timeouts, want %d", tt.probing, n, tt.timeouts)
			}
			if got := p.segment() + 52; got > 1300 || got < 1293 {
				t.Errorf("%d: packets of %d bytes, want about 1300", tt.probing, got)
			}
			closeAll(c, s)
		})
	}
}

func closeAll(conns ...net.Conn) {
	for _, c := range conns {
		c.Close()
	}
}
