package thinnet_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"thinnet"
	"thinnet/link/cable"
	"thinnet/network/route"
	"thinnet/transport/tcp"
)

// soakNet is three hosts on a switch, and one behind a router; the link of one host
// and the link behind the router have the weather.
type soakNet struct {
	*thinnet.Network
	hosts []*thinnet.Host
	links []*thinnet.Link
}

// soakAddrs are the addresses of the hosts.
var soakAddrs = []string{"10.0.1.1", "10.0.1.2", "10.0.2.1"}

func newSoakNet(seed uint64, rng *rand.Rand) *soakNet {
	n := &soakNet{Network: thinnet.New(thinnet.Options{Seed: seed, Settle: synctest.Wait})}
	sw := must(n.AddSwitch("switch", thinnet.SwitchOptions{}))
	router := must(n.AddHost("router", thinnet.HostOptions{Forwarding: true}))
	plug := func(h *thinnet.Host, name, prefix string, mtu int, to thinnet.Port) *thinnet.Link {
		i := must(h.AddInterfaceOptions(name, thinnet.InterfaceOptions{MTU: mtu, Addresses: []netip.Prefix{netip.MustParsePrefix(prefix)}}))
		if to == nil {
			to = must(sw.AddPort(h.Name()))
		}
		return must(n.Connect(i, to, thinnet.LinkOptions{Strict: true}))
	}
	mtu := []int{1500, 1500, 1280, 576}[rng.IntN(4)] // behind the router
	plug(router, "eth0", "10.0.1.254/24", 1500, nil)
	far := must(router.AddInterfaceOptions("eth1", thinnet.InterfaceOptions{MTU: mtu, Addresses: []netip.Prefix{netip.MustParsePrefix("10.0.2.254/24")}}))
	for i, addr := range soakAddrs {
		h := must(n.AddHost(fmt.Sprint("host", i), thinnet.HostOptions{TCP: soakSettings(rng)}))
		n.hosts = append(n.hosts, h)
		gateway := "10.0.1.254"
		switch i {
		case 0:
			plug(h, "eth0", addr+"/24", 1500, nil)
		case 1:
			n.links = append(n.links, plug(h, "eth0", addr+"/24", 1500, nil))
		case 2:
			n.links = append(n.links, plug(h, "eth0", addr+"/24", mtu, far))
			gateway = "10.0.2.254"
		}
		err := h.Stack().AddRoute(route.Entry{Prefix: netip.MustParsePrefix("0.0.0.0/0"), Gateway: netip.MustParseAddr(gateway)})
		if err != nil {
			panic(err)
		}
	}
	return n
}

// soakSettings are those of one host.
func soakSettings(r *rand.Rand) tcp.Settings {
	return tcp.Settings{
		CongestionControl: []string{"cubic", "reno"}[r.IntN(2)],
		ECN:               []tcp.ECN{tcp.ECNAccept, tcp.ECNOn, tcp.ECNOff}[r.IntN(3)],
		NoSACK:            r.IntN(5) == 0, NoTimestamps: r.IntN(5) == 0, NoWindowScaling: r.IntN(8) == 0,
		RcvBuf: []int{0, 4 << 10, 64 << 10}[r.IntN(3)], SndBuf: []int{0, 8 << 10, 64 << 10}[r.IntN(3)],
		// A SYN is sent again by the user. What comes after it bears any outage.
		SynRetries: 4, SynAckRetries: 9, OrphanRetries: 13,
	}
}

// soakWeather is what a link has to bear for a while.
func soakWeather(r *rand.Rand) cable.Impairment {
	if r.IntN(4) == 0 {
		return cable.Impairment{}
	}
	some := func(max float64) float64 { return r.Float64() * r.Float64() * max }
	i := cable.Impairment{
		Delay: time.Duration(some(float64(300*time.Millisecond))) + time.Microsecond,
		Loss:  some(0.15), Duplicate: some(0.1), Corrupt: some(0.02), Reorder: some(0.2),
		QueueLimit: 10 + r.IntN(1000),
	}
	i.Jitter = time.Duration(some(float64(i.Delay)))
	if r.IntN(2) == 0 {
		i.Rate = 1_000_000 << r.IntN(8)
	}
	return i
}

// storm changes the weather until done is closed. No outage is longer than a
// connection is patient, and after one it has the time to find out that it is over.
func (n *soakNet) storm(r *rand.Rand, done <-chan struct{}, tally *soakTally) {
	wait := func(d time.Duration) bool {
		select {
		case <-done:
			return false
		case <-time.After(d):
			return true
		}
	}
	for wait(5*time.Minute + time.Duration(r.Int64N(int64(15*time.Minute)))) {
		l := n.links[r.IntN(len(n.links))]
		if r.IntN(3) == 0 {
			tally.flaps++
			l.Down()
			wait(time.Duration(r.Int64N(int64(4 * time.Minute))))
			l.Up()
			continue
		}
		tally.weather++
		for _, d := range []cable.Direction{cable.AToB, cable.BToA} {
			w := soakWeather(r)
			if l != n.links[0] {
				// Two bits turned over, one on each link, may be worth the same to
				// TCP's checksum, and in a few hundred days they are.
				w.Corrupt = 0
			}
			if err := l.SetImpairment(d, w); err != nil {
				panic(err)
			}
		}
	}
}

// nothingLeft holds the hosts to having forgotten the connections of a round.
func (n *soakNet) nothingLeft(t *testing.T, conns []*soakConn) {
	for _, h := range n.hosts {
		for _, s := range h.Stack().Sockets() {
			t.Errorf("%s: left: %v %v %v", h.Name(), s.State, s.Local, s.Remote)
		}
	}
	for _, c := range conns {
		if c.port == 0 {
			continue
		}
		l, err := c.from.Listen("tcp", fmt.Sprint(":", c.port))
		if err != nil {
			t.Errorf("%s: the port of connection %d is not free: %v", c.from.Name(), c.index, err)
			continue
		}
		l.Close()
	}
}
