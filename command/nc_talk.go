package command

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"
)

// ncBuffer is how much nc reads at once, in bytes: a datagram at least.
const ncBuffer = 65536

// talk copies the input to the connection and the connection to the output, and
// closes it in the end.
func (n *netcat) talk(ctx context.Context, conn net.Conn) error {
	defer conn.Close()
	if err := n.setBuffer(conn); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	sendCtx, cancel := context.WithCancel(ctx)
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		// Who reads goes first. In virtual time the two would race, and the window
		// of the first segment tells whether something was read before it.
		time.Sleep(time.Nanosecond)
		n.send(sendCtx, conn)
	}()
	ended, err := n.receiveFrom(ctx, conn)
	if n.listen || !ended {
		cancel() // a listener is done when its peer is; a client when its input is, too
	}
	<-sent
	cancel()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// setBuffer sets the size of a socket's receive buffer, if -I says one.
func (n *netcat) setBuffer(socket any) error {
	s, ok := socket.(interface{ SetReadBuffer(int) error })
	if !ok || n.receive == 0 {
		return nil
	}
	if err := s.SetReadBuffer(n.receive); err != nil {
		return fail(1, "nc: receive buffer of %d: %s", n.receive, errorText(err))
	}
	return nil
}

// send copies the input. A UDP socket is sent a datagram for each line, as from
// a terminal.
func (n *netcat) send(ctx context.Context, conn net.Conn) {
	var w io.Writer = conn
	if n.udp {
		w = lineWriter{conn}
	}
	if n.interval > 0 {
		w = pausingWriter{ctx, w, n.interval}
	}
	if n.deaf {
		return // the connection stays open until its peer ends it
	}
	if n.crlf {
		w = &crlfWriter{w: w}
	}
	if _, err := io.Copy(w, n.env.stdin(ctx)); err != nil {
		return
	}
	if c, ok := conn.(interface{ CloseWrite() error }); ok && n.shutdown && c.CloseWrite() != nil {
		return // the connection is closed
	}
	if n.quit >= 0 && wait(ctx, n.quit) == nil {
		conn.Close()
	}
}

// lineWriter writes each line for itself.
type lineWriter struct{ io.Writer }

func (w lineWriter) Write(b []byte) (int, error) {
	n := 0
	for n < len(b) {
		end := len(b)
		for i, c := range b[n:] {
			if c == '\n' {
				end = n + i + 1
				break
			}
		}
		k, err := w.Writer.Write(b[n:end])
		n += k
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// crlfWriter writes lines that end in CRLF.
type crlfWriter struct {
	w    io.Writer
	last byte
}

func (w *crlfWriter) Write(b []byte) (int, error) {
	out := make([]byte, 0, len(b)+16)
	for _, c := range b {
		if c == '\n' && w.last != '\r' {
			out = append(out, '\r')
		}
		out = append(out, c)
		w.last = c
	}
	if _, err := w.w.Write(out); err != nil {
		return 0, err
	}
	return len(b), nil
}

// pausingWriter waits behind each write.
type pausingWriter struct {
	ctx context.Context
	io.Writer
	d time.Duration
}

func (w pausingWriter) Write(b []byte) (int, error) {
	n, err := w.Writer.Write(b)
	if err == nil {
		err = wait(w.ctx, w.d)
	}
	return n, err
}

// receiveFrom copies the connection to the output until the peer has ended it, or
// nothing has come for the timeout, or something fails.
func (n *netcat) receiveFrom(ctx context.Context, conn net.Conn) (ended bool, err error) {
	buf := make([]byte, ncBuffer)
	for pieces := 1; ; pieces++ {
		if n.timeout > 0 {
			_ = conn.SetReadDeadline(time.Now().Add(n.timeout)) // if it fails, so does Read
		}
		k, err := conn.Read(buf)
		if k > 0 {
			if _, err := n.env.Stdout.Write(buf[:k]); err != nil {
				return false, err
			}
			if n.interval > 0 && wait(ctx, n.interval) != nil {
				return false, nil
			}
		}
		switch {
		case err == nil && pieces == n.limit:
			return false, nil
		case err == nil:
		case errors.Is(err, io.EOF):
			return true, nil
		case errors.Is(err, net.ErrClosed), errors.Is(err, os.ErrDeadlineExceeded):
			return false, nil
		default:
			return false, fail(1, "nc: read failed: %s", errorText(err))
		}
	}
}

// listenUDP prints the datagrams that come in. Without -k those of the first
// sender only, who is answered with the input.
func (n *netcat) listenUDP(ctx context.Context) error {
	pc, err := n.env.Host.ListenPacket("udp", n.listenAddress())
	if err != nil {
		return fail(1, "nc: %s", errorText(err))
	}
	defer pc.Close()
	if err := n.setBuffer(pc); err != nil {
		return err
	}
	host := n.host
	if host == "" {
		host = "0.0.0.0"
	}
	n.note("Bound on %s %d", host, n.ports[0])
	n.env.ready()
	stop := context.AfterFunc(ctx, func() { pc.Close() })
	defer stop()
	sendCtx, cancel := context.WithCancel(ctx)
	var sent sync.WaitGroup
	defer func() {
		pc.Close()
		cancel()
		sent.Wait()
	}()
	var peer netip.AddrPort
	buf := make([]byte, ncBuffer)
	for {
		if n.timeout > 0 && peer.IsValid() {
			_ = pc.SetReadDeadline(time.Now().Add(n.timeout)) // if it fails, so does ReadFrom
		}
		k, from, err := pc.ReadFrom(buf)
		if err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return nil
		}
		who := addrPort(from)
		switch {
		case n.keep:
		case !peer.IsValid():
			peer = who
			n.note("Connection received on %s %d", who.Addr(), who.Port())
			sent.Go(func() { // what cannot be sent is lost, as datagrams are
				_, _ = io.Copy(lineWriter{packetWriter{pc, from}}, n.env.stdin(sendCtx))
			})
		case who != peer:
			continue
		}
		if _, err := n.env.Stdout.Write(buf[:k]); err != nil {
			return err
		}
		if n.interval > 0 && wait(ctx, n.interval) != nil {
			return ctx.Err()
		}
	}
}

// packetWriter writes datagrams to one address.
type packetWriter struct {
	net.PacketConn
	to net.Addr
}

func (w packetWriter) Write(b []byte) (int, error) { return w.WriteTo(b, w.to) }
