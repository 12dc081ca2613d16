package command

import (
	"context"
	"time"

	"thinnet/getopt"
	"thinnet/wire"
)

var traceroute = &Command{
	Name:    "traceroute",
	Summary: "show the routers on the way to a host",
	Usage:   "[-nI] [-f first_ttl] [-m max_ttl] [-q nqueries] [-w wait] host [packetlen]",
	Example: `  traceroute server       each router on the way, and how long three requests take there and back
  traceroute -n 10.2.0.2  without names
  traceroute -q 1 -w 1 b  one request for each router, for whose answer a second is waited`,
	Run: runTraceroute,
}

const tracerouteUsage = `Usage:
  traceroute [ -nI ] [ -f first_ttl ] [ -m max_ttl ] [ -q nqueries ] [ -w wait ] host [ packetlen ]
Options:
  -f first_ttl   Start from the first_ttl hop (instead from 1)
  -I             Use ICMP ECHO for tracerouting (always so here)
  -m max_ttl     Set the max number of hops (max TTL to be reached). Default is 30
  -n             Do not resolve IP addresses to their domain names
  -q nqueries    Set the number of probes per each hop. Default is 3
  -w wait        Wait for a probe no more than wait seconds. Default is 5`

// tracerouteOptions are the options and operands of traceroute.
type tracerouteOptions struct {
	target         string
	first, maximum int // TTLs
	queries        int // for each of them
	patience       time.Duration
	size           int // of a packet, with its IP header, in bytes
	numeric        bool
}

func parseTraceroute(args []string) (tracerouteOptions, error) {
	o := tracerouteOptions{first: 1, maximum: 30, queries: 3, patience: 5 * time.Second, size: 60}
	options, operands, err := getopt.Parse(args, "4f:Im:nq:w:")
	if err != nil {
		return o, fail(2, "traceroute: %v\n%s", err, tracerouteUsage)
	}
	for _, opt := range options {
		ok := true
		switch opt.Name {
		case "f":
			o.first, ok = parseCount(opt.Value, 255)
		case "m":
			if o.maximum, ok = parseCount(opt.Value, 255); !ok {
				return o, fail(2, "max hops cannot be more than 255")
			}
		case "q":
			if o.queries, ok = parseCount(opt.Value, 10); !ok {
				return o, fail(2, "no more than 10 probes per hop")
			}
		case "w":
			o.patience, ok = parseSeconds(opt.Value, time.Second)
		case "n":
			o.numeric = true
		}
		if !ok {
			return o, fail(2, "traceroute: -%s %s is out of range\n%s", opt.Name, opt.Value, tracerouteUsage)
		}
	}
	switch {
	case len(operands) == 0 || len(operands) > 2:
		return o, fail(2, "%s", tracerouteUsage)
	case o.first > o.maximum:
		return o, fail(2, "first hop out of range")
	}
	o.target = operands[0]
	if len(operands) == 2 {
		const least, most = wire.IPv4MinLen + wire.ICMPv4Len, 65000
		n, ok := parseCount(operands[1], most)
		if !ok {
			return o, fail(2, "too big packetlen %s specified", operands[1])
		}
		o.size = max(n, least)
	}
	return o, nil
}

func runTraceroute(ctx context.Context, e *Env, args []string) error {
	o, err := parseTraceroute(args)
	if err != nil {
		return err
	}
	dst, ok := e.resolve(ctx, o.target)
	if !ok {
		return fail(2, "%s: Name or service not known\nCannot handle \"host\" cmdline arg `%s'", o.target, o.target)
	}
	conn, err := e.Host.ListenICMP()
	if err != nil {
		return err
	}
	defer conn.Close()
	e.printf("traceroute to %s (%s), %d hops max, %d byte packets\n", o.target, dst, o.maximum, o.size)
	if _, err := e.Host.Stack().LookupRoute(dst); err != nil {
		return fail(1, "connect: Network is unreachable")
	}
	t := &tracer{tracerouteOptions: o, env: e, conn: conn, dst: dst, id: uint16(time.Now().UnixMicro())}
	return t.run(ctx)
}
