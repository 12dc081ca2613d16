//go:build linux

package packetdrill

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"strings"

	"thinnet/network/route"
)

// ipCommands are the arguments of the ip commands that a script has given so far, in a
// file, one command a line: run.sh's own ip writes them there.
type ipCommands struct {
	file string // "": there are none
	done int    // bytes read
}

// next returns the commands that are new.
func (c *ipCommands) next() [][]string {
	if c.file == "" {
		return nil
	}
	b, err := os.ReadFile(c.file)
	if err != nil || len(b) <= c.done {
		return nil
	}
	var list [][]string
	for line := range strings.Lines(string(b[c.done:])) {
		list = append(list, strings.Fields(line))
	}
	c.done = len(b)
	return list
}

// obey does what the script's ip commands say. What it does not know, such as addresses
// of the device, is not under test.
func (h *Host) obey() error {
	for _, w := range h.commands.next() {
		line := strings.Join(w, " ")
		switch {
		case strings.HasPrefix(line, "tcp_metrics flush"):
			h.stack.ForgetCookies()
		case strings.HasPrefix(line, "route change "):
			e, err := parseRoute(w[2:])
			if err == nil {
				err = h.changeRoute(e)
			}
			if err != nil {
				return fmt.Errorf("ip %s: %w", line, err)
			}
		}
	}
	return nil
}

// changeRoute puts e into the place of the route to the same prefix, if there is one.
func (h *Host) changeRoute(e route.Entry) error {
	e.Interface = tunIndex
	err := h.stack.RemoveRoute(route.Entry{Prefix: e.Prefix})
	if err != nil && !errors.Is(err, route.ErrNotFound) {
		return err
	}
	return h.stack.AddRoute(e)
}

// parseRoute reads PREFIX [ NAME VALUE ]…. Everybody is one hop away, whatever the
// gateway is, and advmss follows from the MTU.
func parseRoute(w []string) (e route.Entry, err error) {
	if len(w) == 0 {
		return e, errors.New("want an address or a prefix")
	}
	if a, notAlone := netip.ParseAddr(w[0]); notAlone == nil {
		e.Prefix = netip.PrefixFrom(a, a.BitLen())
	} else {
		e.Prefix, err = netip.ParsePrefix(w[0])
	}
	for w = w[1:]; len(w) >= 2 && err == nil; w = w[2:] {
		switch w[0] {
		case "mtu":
			if w[1] == "lock" && len(w) > 2 {
				e.LockMTU, w = true, w[1:]
			}
			e.MTU, err = strconv.Atoi(w[1])
		case "initcwnd":
			e.InitCwnd, err = strconv.Atoi(w[1])
		}
	}
	return e, err
}
