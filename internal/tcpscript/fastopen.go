package tcpscript

import (
	"fmt"
	"strconv"

	"thinnet/transport/tcp"
)

// fastOpen sets what the next connection has of TCP Fast Open.
func (r *runner) fastOpen(w []string) error {
	f := &r.config.FastOpen
	var err error
	switch {
	case w[0] == "off":
		*f = tcp.FastOpen{}
	case w[0] == "ask":
		*f = tcp.FastOpen{Option: true}
	case w[0] == "accept":
		*f = tcp.FastOpen{Accept: true}
	case w[0] == "give" && len(w) == 2:
		*f = tcp.FastOpen{Option: true}
		f.Cookie, err = parseCookie(w[1])
	case w[0] == "cookie" && len(w) == 3:
		*f = tcp.FastOpen{Option: true}
		if f.MaxData, err = strconv.Atoi(w[2]); err == nil {
			f.Cookie, err = parseCookie(w[1])
		}
	default:
		err = fmt.Errorf("fastopen: want off, ask, accept, give COOKIE, or cookie COOKIE BYTES")
	}
	return err
}
