package command

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
	"time"

	"thinnet/capture/dissect"
	"thinnet/getopt"
	"thinnet/socket"
	"thinnet/wire"
)

var nc = &Command{
	Name:    "nc",
	Summary: "read and write connections, and listen for them (OpenBSD's netcat)",
	Usage:   "[-CdklNnuvz] [-I length] [-i interval] [-p port] [-q seconds] [-s address] [-W count] [-w timeout] [destination] [port]",
	Example: `  nc -l 7000           wait for a connection, and print what comes
  nc server 7000       connect, and send what is typed
  nc -vz server 80-90  see which ports are open
  nc -u server 7       send each line as a datagram`,
	Serves: true,
	Run:    runNC,
}

const ncUsage = `usage: nc [-CdklNnuvz] [-I length] [-i interval] [-p port] [-q seconds]
	  [-s address] [-W count] [-w timeout] [destination] [port]`

// ncOptions are the options of nc.
type ncOptions struct {
	listen, keep, udp, scan, verbose, numeric bool
	shutdown                                  bool          // -N: half close behind the input
	quit                                      time.Duration // -q: leave that long after the end of the input; -1: do not
	interval                                  time.Duration // between two reads
	timeout                                   time.Duration // of connecting, and without traffic; 0: none
	receive                                   int           // receive buffer in bytes; 0: the host's
	source                                    uint16        // -p
	from                                      netip.Addr    // -s: zero for the host's choice
	crlf, deaf                                bool          // -C: lines end in CRLF; -d: the input is not read
	limit                                     int           // -W: leave when so many pieces have come; 0: none
	host                                      string
	ports                                     []uint16
}

func parseNC(args []string) (*ncOptions, error) {
	o := &ncOptions{quit: -1}
	options, operands, err := getopt.Parse(args, "CdklNnuvz46hI:i:p:q:s:W:w:")
	if err != nil {
		return nil, fail(1, "nc: %v\n%s", err, ncUsage)
	}
	for _, opt := range options {
		ok := true
		switch opt.Name {
		case "l":
			o.listen = true
		case "k":
			o.keep = true
		case "u":
			o.udp = true
		case "z":
			o.scan = true
		case "v":
			o.verbose = true
		case "n":
			o.numeric = true
		case "N":
			o.shutdown = true
		case "C":
			o.crlf = true
		case "d":
			o.deaf = true
		case "s":
			if o.from, err = netip.ParseAddr(opt.Value); err != nil {
				return nil, fail(1, "nc: getaddrinfo: Name or service not known")
			}
		case "W":
			if o.limit, err = strconv.Atoi(opt.Value); err != nil || o.limit <= 0 {
				return nil, fail(1, "nc: receive limit %s: %s", ncRange(err), opt.Value)
			}
		case "h":
			return nil, fail(0, ncUsage)
		case "i":
			o.interval, ok = parseSeconds(opt.Value, time.Second)
		case "w":
			o.timeout, ok = parseSeconds(opt.Value, time.Second)
		case "q":
			if strings.HasPrefix(opt.Value, "-") {
				break
			}
			o.quit, ok = parseSeconds(opt.Value, time.Second)
		case "I":
			o.receive, err = strconv.Atoi(opt.Value)
			if err != nil || o.receive <= 0 {
				return nil, fail(1, "nc: TCP receive window %s: %s", ncRange(err), opt.Value)
			}
		case "p":
			if o.source, err = ncPort(opt.Value); err != nil {
				return nil, err
			}
		}
		if !ok {
			return nil, fail(1, "nc: %s invalid: %s", map[string]string{"i": "interval", "w": "timeout", "q": "quit timer"}[opt.Name], opt.Value)
		}
	}
	port := ""
	switch {
	case len(operands) == 2 && !(o.listen && (o.source != 0 || o.from.IsValid())):
		o.host, port = operands[0], operands[1]
	case o.listen && (len(operands) > 0 && o.source != 0 || o.from.IsValid()) || len(operands) > 2 || len(args) == 0:
		return nil, fail(1, ncUsage)
	case len(operands) == 1 && o.listen:
		port = operands[0]
	case len(operands) == 0 && o.listen && o.source != 0:
		port = fmt.Sprint(o.source)
	default:
		return nil, fail(1, "nc: missing port number")
	}
	switch {
	case o.keep && !o.listen:
		return nil, fail(1, "nc: must use -l with -k")
	case o.listen && o.scan:
		return nil, fail(1, "nc: cannot use -z and -l")
	}
	o.ports, err = ncPorts(port)
	return o, err
}

// ncRange says what is wrong with a number that is too small, or none.
func ncRange(err error) string {
	if err != nil {
		return "invalid"
	}
	return "too small"
}

func ncPort(s string) (uint16, error) {
	n, err := strconv.Atoi(s)
	switch {
	case err != nil:
		return 0, fail(1, "nc: port number invalid: %s", s)
	case n < 1:
		return 0, fail(1, "nc: port number too small: %s", s)
	case n > 65535:
		return 0, fail(1, "nc: port number too large: %s", s)
	}
	return uint16(n), nil
}

// ncPorts reads a port or a range of them.
func ncPorts(s string) ([]uint16, error) {
	first, last, isRange := strings.Cut(s, "-")
	lo, err := ncPort(first)
	if err != nil || !isRange {
		return []uint16{lo}, err
	}
	hi, err := ncPort(last)
	if err != nil {
		return nil, err
	}
	if lo > hi {
		lo, hi = hi, lo
	}
	var ports []uint16
	for p := int(lo); p <= int(hi); p++ {
		ports = append(ports, uint16(p))
	}
	return ports, nil
}

func runNC(ctx context.Context, e *Env, args []string) error {
	o, err := parseNC(args)
	if err != nil {
		return err
	}
	n := &netcat{ncOptions: o, env: e}
	switch {
	case o.listen && o.udp:
		return n.listenUDP(ctx)
	case o.listen:
		return n.listenTCP(ctx)
	}
	e.ready()
	return n.connect(ctx)
}

// netcat is an nc under way.
type netcat struct {
	*ncOptions
	env *Env
}

func (n *netcat) note(format string, args ...any) {
	if n.verbose {
		n.env.errorf(format+"\n", args...)
	}
}

func (n *netcat) protocol() string {
	if n.udp {
		return "udp"
	}
	return "tcp"
}

// connect tries the ports one after the other, and talks to the first that
// answers unless it only scans.
func (n *netcat) connect(ctx context.Context) error {
	addr, ok := n.env.resolve(ctx, n.host)
	if !ok {
		return fail(1, "nc: getaddrinfo for host %q port %d: Name or service not known", n.host, n.ports[0])
	}
	failed := true
	for _, port := range n.ports {
		conn, err := n.dial(ctx, netip.AddrPortFrom(addr, port))
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if n.bindFailed(err) {
			return fail(1, "nc: bind failed: %s", errorText(err))
		}
		if err != nil {
			if n.verbose {
				n.env.errorf("nc: connect to %s port %d (%s) %s\n", n.host, port, n.protocol(), connectError(err))
			}
			continue
		}
		failed = false
		if n.verbose {
			n.env.errorf("Connection to %s %d port [%s/%s] succeeded!\n", n.target(addr), port, n.protocol(), n.service(port))
		}
		if n.scan {
			conn.Close()
			continue
		}
		return n.talk(ctx, conn)
	}
	if failed {
		return exit(1)
	}
	return nil
}

func (n *netcat) target(addr netip.Addr) string {
	if n.host == addr.String() {
		return n.host
	}
	return fmt.Sprintf("%s (%s)", n.host, addr)
}

func (n *netcat) service(port uint16) string {
	proto := wire.ProtocolTCP
	if n.udp {
		proto = wire.ProtocolUDP
	}
	if name := dissect.ServiceName(proto, port); name != "" && !n.numeric {
		return name
	}
	return "*"
}

func (n *netcat) dial(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	if n.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, n.timeout)
		defer cancel()
	}
	d := socket.Dialer{Net: n.env.Host.Sockets()}
	if n.source != 0 || n.from.IsValid() {
		at := netip.AddrPortFrom(n.from, n.source)
		d.LocalAddr = net.TCPAddrFromAddrPort(at)
		if n.udp {
			d.LocalAddr = net.UDPAddrFromAddrPort(at)
		}
	}
	return d.DialContext(ctx, n.protocol(), to.String())
}

// bindFailed reports whether what -p and -s say cannot be had.
func (n *netcat) bindFailed(err error) bool {
	return (n.source != 0 || n.from.IsValid()) && (errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, syscall.EADDRINUSE))
}

func (n *netcat) listenAddress() string {
	return net.JoinHostPort(n.host, fmt.Sprint(n.ports[0]))
}

func (n *netcat) listenTCP(ctx context.Context) error {
	l, err := n.env.Host.Listen("tcp", n.listenAddress())
	if err != nil {
		return fail(1, "nc: %s", errorText(err))
	}
	defer l.Close()
	stop := context.AfterFunc(ctx, func() { l.Close() })
	defer stop()
	host := n.host
	if host == "" {
		host = "0.0.0.0"
	}
	n.note("Listening on %s %d", host, n.ports[0])
	n.env.ready()
	for {
		conn, err := l.Accept()
		if err != nil {
			return err
		}
		peer := addrPort(conn.RemoteAddr())
		n.note("Connection received on %s %d", peer.Addr(), peer.Port())
		if !n.keep {
			l.Close()
		}
		if err := n.talk(ctx, conn); err != nil || !n.keep {
			return err
		}
	}
}

// connectError says why there is no connection, as OpenBSD's nc does.
func connectError(err error) string {
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() && !errors.Is(err, syscall.ETIMEDOUT) {
		return "timed out: Operation now in progress"
	}
	return "failed: " + errorText(err)
}

// errorText returns the last cause of an error, in the words of strerror.
func errorText(err error) string {
	var no syscall.Errno
	if !errors.As(err, &no) {
		return err.Error()
	}
	if text, ok := errnoTexts[no]; ok {
		return text
	}
	return no.Error()
}

// errnoTexts are the texts that this package prints, alike on every system.
var errnoTexts = map[syscall.Errno]string{
	syscall.EADDRINUSE:    "Address already in use",
	syscall.EADDRNOTAVAIL: "Cannot assign requested address",
	syscall.ECONNREFUSED:  "Connection refused",
	syscall.ECONNRESET:    "Connection reset by peer",
	syscall.EHOSTUNREACH:  "No route to host",
	syscall.ENETUNREACH:   "Network is unreachable",
	syscall.ETIMEDOUT:     "Connection timed out",
	syscall.EMSGSIZE:      "Message too long",
	syscall.ENOENT:        "No such file or directory",
	syscall.EACCES:        "Permission denied",
	syscall.EISDIR:        "Is a directory",
}
