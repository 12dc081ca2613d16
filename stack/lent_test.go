package stack

import (
	"context"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"thinnet/clock"
	"thinnet/link/cable"
)

// A machine comes back from every connection that has ended and that nobody holds, however it
// came to that.
func TestMachinesComeBack(t *testing.T) {
	for name, end := range map[string]func(t *testing.T, client *Stack, l *TCPListener){
		"refused": func(t *testing.T, client *Stack, l *TCPListener) {
			closed := netip.AddrPortFrom(l.Local().Addr(), l.Local().Port()+1)
			if _, err := client.DialTCP(t.Context(), netip.AddrPort{}, closed); err == nil {
				t.Error("a port that nobody listens on was dialled")
			}
		},
		"given up": func(t *testing.T, client *Stack, l *TCPListener) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			defer cancel()
			if _, err := client.DialTCP(ctx, netip.AddrPort{}, l.Local()); err == nil {
				t.Error("dialled in less than a round trip")
			}
		},
		"reset before it was accepted": func(t *testing.T, client *Stack, l *TCPListener) {
			c, err := client.DialTCP(t.Context(), netip.AddrPort{}, l.Local())
			if err != nil {
				t.Fatal(err)
			}
			c.SetLinger(0)
			c.Close()
		},
		"not accepted": func(t *testing.T, client *Stack, l *TCPListener) {
			c, err := client.DialTCP(t.Context(), netip.AddrPort{}, l.Local())
			if err != nil {
				t.Fatal(err)
			}
			l.Close()
			time.Sleep(time.Second)
			c.Close()
		},
		"reset while it was read": func(t *testing.T, client *Stack, l *TCPListener) {
			c, err := client.DialTCP(t.Context(), netip.AddrPort{}, l.Local())
			if err != nil {
				t.Fatal(err)
			}
			s, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			c.Write([]byte("x"))
			c.SetLinger(0)
			c.Close()
			time.Sleep(time.Second)
			s.Close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				clk := clock.NewReal()
				p := newUDPPair(t, clk)
				for d := range cable.Direction(2) {
					if err := p.wire.SetImpairment(d, cable.Impairment{Delay: 10 * time.Millisecond}); err != nil {
						t.Fatal(err)
					}
				}
				for range 3 {
					l, err := p.hosts[1].ListenTCP(netip.MustParseAddrPort("10.0.0.2:80"), 0)
					if err != nil {
						t.Fatal(err)
					}
					end(t, p.hosts[0], l)
					time.Sleep(time.Second)
					l.Close()
					time.Sleep(2 * time.Minute)
					for i, s := range p.hosts {
						if m := &s.machines; len(m.free) != m.made {
							t.Errorf("host %d has made %d machines, and %d have come back", i, m.made, len(m.free))
						}
					}
				}
				for _, s := range p.hosts {
					s.Close()
				}
				clk.Close()
			})
		})
	}
}
