package kernel

import (
	"strings"
	"testing"
	"time"

	"thinnet/link/cable"
)

func TestPing(t *testing.T) {
	s := newSite(t, cable.Impairment{Delay: 5 * time.Millisecond})
	for _, c := range []struct {
		name string
		run  func(args ...string) string
		to   string
		ttl  string
	}{
		{"the kernel pings the router", s.kernelPing, routerAddr, "ttl=64"},
		{"the kernel pings the host", s.kernelPing, hostAddr, "ttl=63"},
		{"the host pings the kernel", s.hostPing, kernelAddr, "ttl=63"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := c.run("-c", "3", "-i", "0.2", "-s", "1400", c.to)
			if !strings.Contains(got, "3 packets transmitted, 3 received, 0% packet loss") ||
				strings.Count(got, "1408 bytes from "+c.to) != 3 || strings.Count(got, c.ttl) != 3 {
				t.Errorf("ping printed\n%s", got)
			}
		})
	}
	t.Run("fragments", func(t *testing.T) {
		for _, got := range []string{
			s.kernelPing("-c", "1", "-s", "4000", hostAddr),
			s.hostPing("-c", "1", "-s", "4000", kernelAddr),
		} {
			if !strings.Contains(got, "4008 bytes from") {
				t.Errorf("ping printed\n%s", got)
			}
		}
	})
}

func (s *site) kernelPing(args ...string) string {
	s.t.Helper()
	return s.run("ping", append([]string{"-n", "-W", "2"}, args...)...)
}

func (s *site) hostPing(args ...string) string {
	s.t.Helper()
	return s.hostRun(append([]string{"ping", "-n"}, args...)...)
}
