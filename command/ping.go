package command

import (
	"context"
	"errors"
	"math"
	"strconv"
	"time"

	"thinnet/getopt"
	"thinnet/wire"
)

var ping = &Command{
	Name:    "ping",
	Summary: "send ICMP echo requests and tell of the replies",
	Usage:   "[-bnq] [-c count] [-i interval] [-s size] [-t ttl] [-W timeout] [-w deadline] destination",
	Example: `  ping -c 3 server          three requests, a second apart
  ping -c 1 -s 2000 server  one that does not fit into one packet of Ethernet
  ping -c 1 -t 1 server     one that goes no further than the first router`,
	Run: runPing,
}

const pingUsage = `
Usage
  ping [options] <destination>

Options:
  <destination>      dns name or ip address
  -b                 allow pinging broadcast
  -c <count>         stop after <count> replies
  -h                 print help and exit
  -i <interval>      seconds between sending each packet
  -n                 no dns name resolution
  -q                 quiet output
  -s <size>          use <size> as number of data bytes to be sent
  -t <ttl>           define time to live
  -w <deadline>      reply wait <deadline> in seconds
  -W <timeout>       time to wait for response
`

// minPingInterval is the shortest time between two requests of somebody who is
// not root.
const minPingInterval = 2 * time.Millisecond

// pingOptions are the options and operand of ping.
type pingOptions struct {
	target         string
	count          uint64 // 0: no end
	interval       time.Duration
	size           int // bytes behind the ICMP header
	ttl            int // 0: the host's
	linger         time.Duration
	deadline       time.Duration // 0: none
	numeric, quiet bool
	broadcast      bool // is meant
}

func parsePing(args []string) (pingOptions, error) {
	o := pingOptions{interval: time.Second, size: 56, linger: 10 * time.Second}
	options, operands, err := getopt.Parse(args, "bc:hi:nqs:t:W:w:4")
	if err != nil {
		return o, fail(2, "ping: %v\n%s", err, pingUsage)
	}
	for _, opt := range options {
		var n int64
		switch opt.Name {
		case "c":
			n, err = pingInt(opt.Value, 1, math.MaxInt64)
			o.count = uint64(n)
		case "s":
			n, err = pingInt(opt.Value, 0, 65507)
			o.size = int(n)
		case "t":
			n, err = pingInt(opt.Value, 0, 255)
			o.ttl = int(n)
		case "i":
			o.interval, err = pingSeconds(opt.Value, "bad timing interval: ")
		case "W":
			o.linger, err = pingSeconds(opt.Value, "bad linger time: ")
		case "w":
			n, err = pingInt(opt.Value, 0, math.MaxInt32)
			o.deadline = time.Duration(n) * time.Second
		case "b":
			o.broadcast = true
		case "n":
			o.numeric = true
		case "q":
			o.quiet = true
		case "h":
			return o, fail(2, "%s", pingUsage)
		}
		if err != nil {
			return o, err
		}
	}
	if len(operands) == 0 {
		return o, fail(1, "ping: usage error: Destination address required")
	}
	o.target = operands[len(operands)-1]
	return o, nil
}

func pingInt(s string, lo, hi int64) (int64, error) {
	n, err := strconv.ParseInt(s, 0, 64)
	switch {
	case err != nil && !errors.Is(err, strconv.ErrRange):
		return 0, fail(1, "ping: invalid argument: '%s'", s)
	case err != nil || n < lo || n > hi:
		return 0, fail(1, "ping: invalid argument: '%s': out of range: %d <= value <= %d", s, lo, hi)
	}
	return n, nil
}

func pingSeconds(s, message string) (time.Duration, error) {
	d, ok := parseSeconds(s, time.Second)
	if !ok {
		return 0, fail(1, "ping: %s%s", message, s)
	}
	return d, nil
}

func runPing(ctx context.Context, e *Env, args []string) error {
	o, err := parsePing(args)
	if err != nil {
		return err
	}
	dst, ok := e.resolve(ctx, o.target)
	if !ok {
		return fail(2, "ping: %s: Name or service not known", o.target)
	}
	if dst.String() == o.target {
		o.numeric = true
	}
	route, err := e.Host.Stack().LookupRoute(dst)
	switch {
	case err != nil:
		return fail(2, "ping: connect: Network is unreachable")
	case route.Broadcast && !o.broadcast:
		return fail(2, "ping: Do you want to ping broadcast? Then -b. If not, check your local firewall rules")
	case route.Broadcast:
		e.errorf("WARNING: pinging broadcast address\n")
	}
	conn, err := e.Host.ListenICMP()
	if err != nil {
		return err
	}
	defer conn.Close()
	// The identifier is all that tells the replies of two pings apart.
	p := &pinger{pingOptions: o, env: e, conn: conn, dst: dst, start: time.Now()}
	p.id = uint16(p.start.UnixMicro())
	e.printf("PING %s (%s) %d(%d) bytes of data.\n", o.target, dst, o.size, o.size+wire.ICMPv4Len+wire.IPv4MinLen)
	if o.interval < minPingInterval {
		return fail(2, "ping: cannot flood; minimal interval allowed for user is %dms", minPingInterval.Milliseconds())
	}
	p.run(ctx)
	p.finish()
	if p.received == 0 || o.deadline > 0 && p.received < o.count {
		return exit(1)
	}
	return nil
}
