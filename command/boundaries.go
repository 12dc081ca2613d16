package command

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"thinnet/framing"
	"thinnet/getopt"
)

var boundaries = &Command{
	Name:    "boundaries",
	Summary: "show what becomes of each message on its way: writes, segments, reads, messages",
	Usage:   "[-u] [-n messages] [-s size] [-i interval] [-f framing] [-r bytes] [-d delay] [-b bytes] [--nagle] host port",
	Help:    boundariesUsage,
	Example: `  boundaries -n 5 -d 0.05 server 7000  five small messages, for a reader who is slow
  boundaries -n 1 -s 5000 server 7000  a large one, which takes several segments
  boundaries -n 5 -f none server 7000  what a reader sees without framing`,
	Run: runBoundaries,
}

const boundariesUsage = `usage: boundaries [options] host port
Sends messages to another host of the lab and shows, in time, each write of the
sender, each segment, each read of the receiver, and each message that it gets.
	-n number     of messages (default 5)
	-s size       of a message, in bytes (default 12)
	-i interval   between two messages, in seconds (default 0)
	-f framing    where messages end: none, line, length1 to length8, varint,
	              fixed (default length2)
	-r bytes      that the receiver reads at most at once (default 4096)
	-d delay      of the receiver before each read, in seconds (default 0)
	-b bytes      receive buffer
	-u            UDP: each message is a datagram
	--nagle       Nagle's algorithm, which waits until small segments fill up`

// boundariesOptions are the options of boundaries.
type boundariesOptions struct {
	udp, nagle      bool
	messages, size  int
	interval, delay time.Duration
	codec           framing.Codec // nil: none
	read, buffer    int           // bytes
	host, port      string
}

// Limits of what is shown.
const (
	maxBoundaryMessages = 10_000
	maxBoundarySize     = 1 << 20 // bytes; of a datagram: 65507
)

func parseBoundaries(args []string) (*boundariesOptions, error) {
	o := &boundariesOptions{messages: 5, size: 12, read: 4096}
	kind := "length2"
	options, operands, err := getopt.Parse(args, "b:d:f:i:n:r:s:u", "nagle")
	if err != nil {
		return nil, fail(1, "boundaries: %v\n%s", err, boundariesUsage)
	}
	for _, opt := range options {
		ok := true
		switch opt.Name {
		case "u":
			o.udp = true
		case "nagle":
			o.nagle = true
		case "f":
			kind = opt.Value
		case "n":
			o.messages, ok = parseCount(opt.Value, maxBoundaryMessages)
		case "s":
			o.size, ok = parseCount(opt.Value, maxBoundarySize)
		case "r":
			o.read, ok = parseCount(opt.Value, maxBoundarySize)
		case "b":
			o.buffer, ok = parseCount(opt.Value, maxBoundarySize)
		case "i":
			o.interval, ok = parseSeconds(opt.Value, time.Second)
		case "d":
			o.delay, ok = parseSeconds(opt.Value, time.Second)
		}
		if !ok {
			return nil, fail(1, "boundaries: -%s %s is out of range\n%s", opt.Name, opt.Value, boundariesUsage)
		}
	}
	if len(operands) != 2 {
		return nil, fail(1, "%s", boundariesUsage)
	}
	o.host, o.port = operands[0], operands[1]
	if o.udp {
		if o.size > 65507 {
			return nil, fail(1, "boundaries: a datagram has at most 65507 bytes, not %d", o.size)
		}
		return o, nil
	}
	if o.codec, err = parseFraming(kind, o.size); err != nil {
		return nil, fail(1, "boundaries: %v\n%s", err, boundariesUsage)
	}
	return o, nil
}

// parseCount reads a number from 1 to max.
func parseCount(s string, max int) (int, bool) {
	n, err := strconv.Atoi(s)
	return n, err == nil && n >= 1 && n <= max
}

// parseFraming returns the codec of a name, nil for none.
func parseFraming(kind string, size int) (framing.Codec, error) {
	switch n, isLength := strings.CutPrefix(kind, "length"); {
	case kind == "none":
		return nil, nil
	case kind == "line":
		return framing.Delimiter{End: "\n"}, nil
	case kind == "varint":
		return framing.Varint{}, nil
	case kind == "fixed":
		return framing.Fixed{Size: size}, nil
	case isLength && len(n) == 1 && n[0] >= '1' && n[0] <= '8':
		return framing.Length{Size: int(n[0] - '0')}, nil
	}
	return nil, fmt.Errorf("no framing %q", kind)
}

func runBoundaries(ctx context.Context, e *Env, args []string) error {
	o, err := parseBoundaries(args)
	if err != nil {
		return err
	}
	to, ok := e.resolve(ctx, o.host)
	if !ok {
		return fmt.Errorf("%s: Name or service not known", o.host)
	}
	receiver := e.Host.Network().Host(e.hostName(to))
	if receiver == nil {
		return fmt.Errorf("%s is no host of this lab, and the receiver is to be seen as well", o.host)
	}
	port, err := strconv.ParseUint(o.port, 10, 16)
	if err != nil || port == 0 {
		return fmt.Errorf("port %s: want 1 to 65535", o.port)
	}
	s := &scene{o: o, e: e, receiver: receiver, to: netip.AddrPortFrom(to, uint16(port)), start: e.Host.Stack().Now()}
	stop, err := s.watch()
	if err != nil {
		return err
	}
	defer stop()
	s.title()
	if o.udp {
		err = s.playUDP(ctx)
	} else {
		err = s.playTCP(ctx)
	}
	if err != nil && ctx.Err() == nil {
		return err
	}
	s.summary()
	return ctx.Err()
}

// message is the content of the i-th message, from 1.
func (o *boundariesOptions) message(i int) []byte {
	b := fmt.Appendf(nil, "message %d ", i)
	for len(b) < o.size {
		b = append(b, '.')
	}
	return b[:o.size]
}

// playTCP sends the messages over a connection.
func (s *scene) playTCP(ctx context.Context) error {
	l, err := s.receiver.Listen("tcp", s.to.String())
	if err != nil {
		return err
	}
	defer l.Close()
	c, err := s.e.Host.DialContext(ctx, "tcp", s.to.String())
	if err != nil {
		return err
	}
	defer c.Close()
	in, err := l.Accept()
	if err != nil {
		return err
	}
	defer in.Close()
	type options interface {
		SetNoDelay(bool) error
		SetReadBuffer(int) error
		CloseWrite() error
	}
	if err := c.(options).SetNoDelay(!s.o.nagle); err != nil {
		return err
	}
	if s.o.buffer > 0 {
		if err := in.(options).SetReadBuffer(s.o.buffer); err != nil {
			return err
		}
	}
	return s.both(ctx, func() error {
		w := &seenWriter{s, c}
		for i := range s.o.messages {
			if err := s.send(w, s.o.message(i+1)); err != nil {
				return err
			}
			if err := wait(ctx, s.o.interval); err != nil {
				return err
			}
		}
		return c.(options).CloseWrite()
	}, func() error {
		r := &seenReader{ctx, s, in}
		if s.o.codec == nil {
			return drain(r)
		}
		return s.receive(framing.NewReader(r, s.o.codec))
	}, func() {
		c.Close()
		in.Close()
	})
}

// playUDP sends each message as a datagram. The receiver stops when nothing has
// come for a while.
func (s *scene) playUDP(ctx context.Context) error {
	in, err := s.receiver.ListenPacket("udp", s.to.String())
	if err != nil {
		return err
	}
	defer in.Close()
	if s.o.buffer > 0 {
		if err := in.(interface{ SetReadBuffer(int) error }).SetReadBuffer(s.o.buffer); err != nil {
			return err
		}
	}
	c, err := s.e.Host.DialContext(ctx, "udp", s.to.String())
	if err != nil {
		return err
	}
	defer c.Close()
	return s.both(ctx, func() error {
		w := &seenWriter{s, c}
		for i := range s.o.messages {
			if _, err := w.Write(s.o.message(i + 1)); err != nil {
				return err
			}
			if err := wait(ctx, s.o.interval); err != nil {
				return err
			}
		}
		return nil
	}, func() error { return s.receiveDatagrams(ctx, in) }, func() {
		c.Close()
		in.Close()
	})
}

// both runs the two ends side by side, and returns the first error. abort makes
// both of them return.
func (s *scene) both(ctx context.Context, send, receive func() error, abort func()) error {
	stop := context.AfterFunc(ctx, abort)
	defer stop()
	sent := make(chan error, 1)
	go func() {
		err := send()
		if err != nil {
			abort()
		}
		sent <- err
	}()
	err := receive()
	if err != nil {
		abort()
	}
	if first := <-sent; first != nil && (err == nil || errors.Is(err, net.ErrClosed)) {
		err = first
	}
	return err
}
