package kernel

import (
	"net"
	"net/http"
	"net/netip"
	"testing"
	"time"

	"thinnet"
	"thinnet/link/cable"
	"thinnet/link/tap"
	"thinnet/network/route"
	"thinnet/packet"
)

// Addresses: see the package comment.
const (
	kernelAddr  = "10.77.0.1"
	routerAddr  = "10.77.0.2"
	gatewayAddr = "10.78.0.1"
	hostAddr    = "10.78.0.2"
)

// site is the kernel on one side of a router, and a host of ours on the other.
type site struct {
	*namespace
	host  *thinnet.Host
	cable *thinnet.Link // from the router to the host
}

// newSite builds it; both directions of the cable are impaired alike.
func newSite(t testing.TB, i cable.Impairment) *site {
	t.Helper()
	ns := newNamespace(t)
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	slabs := packet.Live()
	n := thinnet.New(thinnet.Options{Seed: 1})
	t.Cleanup(func() {
		n.Close()
		if left := packet.Live() - slabs; left != 0 {
			t.Errorf("%d slabs are left after Close", left)
		}
	})
	router, err := n.AddHost("router", thinnet.HostOptions{Forwarding: true})
	check(err)
	near, err := router.AddInterface("eth0", netip.MustParsePrefix(routerAddr+"/24"))
	check(err)
	far, err := router.AddInterface("eth1", netip.MustParsePrefix(gatewayAddr+"/24"))
	check(err)

	host, err := n.AddHost("host", thinnet.HostOptions{})
	check(err)
	end, err := host.AddInterface("eth0", netip.MustParsePrefix(hostAddr+"/24"))
	check(err)
	check(host.Stack().AddRoute(route.Entry{
		Prefix: netip.MustParsePrefix("0.0.0.0/0"), Gateway: netip.MustParseAddr(gatewayAddr),
	}))
	link, err := n.Connect(far, end, thinnet.LinkOptions{Impairments: [2]cable.Impairment{i, i}})
	check(err)

	var dev *tap.Device
	ns.do(func() { dev, err = tap.Open(tap.Config{}) })
	check(err)
	ns.run("ip", "addr", "add", kernelAddr+"/24", "dev", dev.Name())
	ns.run("ip", "link", "set", dev.Name(), "up")
	ns.run("ip", "route", "add", "default", "via", routerAddr)
	check(n.ConnectDevice(near, dev))
	return &site{namespace: ns, host: host, cable: link}
}

// serve answers HTTP on a listener until the test ends.
func serve(t testing.TB, l net.Listener, h http.Handler) {
	s := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Serve(l)
	}()
	t.Cleanup(func() {
		s.Close()
		<-done
	})
}

// serveHost answers HTTP on port 80 of our host.
func (s *site) serveHost(h http.Handler) {
	s.t.Helper()
	l, err := s.host.Listen("tcp", ":80")
	if err != nil {
		s.t.Fatal(err)
	}
	serve(s.t, l, h)
}

// serveKernel answers HTTP on port 80 of the kernel.
func (s *site) serveKernel(h http.Handler) {
	s.t.Helper()
	serve(s.t, s.listen(kernelAddr+":80"), h)
}

// client returns an HTTP client whose connections dial makes.
func client(t testing.TB, dial func(*http.Transport)) *http.Client {
	tr := &http.Transport{}
	dial(tr)
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr}
}

// hostClient fetches from our host.
func (s *site) hostClient() *http.Client {
	return client(s.t, func(tr *http.Transport) { tr.DialContext = s.host.DialContext })
}

// kernelClient fetches from the kernel.
func (s *site) kernelClient() *http.Client {
	return client(s.t, func(tr *http.Transport) { tr.DialContext = s.dial })
}
