package lab

import (
	"context"
	"net"
	"strconv"
	"sync"
	"time"

	"thinnet"
	"thinnet/service/accept"
	"thinnet/service/inetd"
	"thinnet/service/proxy"
)

// Inetd is one of the small services, over TCP and UDP.
type Inetd struct {
	Endpoint
	Service inetd.Service
}

func (d decoder) inetd(s inetd.Service, v value) Service {
	i := &Inetd{Endpoint{Pos: v.pos, Port: s.Port}, s}
	d.object(v, s.Name, d.endpoint(&i.Endpoint)...)
	return i
}

func (i *Inetd) kind() string { return i.Service.Name }

func (i *Inetd) start(_ *Lab, h *thinnet.Host) (server, error) {
	l, err := h.Listen("tcp", i.String())
	if err != nil {
		return nil, err
	}
	p, err := h.ListenPacket("udp", i.String())
	if err != nil {
		l.Close()
		return nil, err
	}
	s := &small{
		streams: accept.Serve(l, accept.MaxConnections, func(c net.Conn) { i.Service.Stream(c, time.Now) }),
		packets: p,
	}
	s.done.Go(func() { i.Service.ServeDatagrams(p, time.Now) })
	return s, nil
}

// small is a small service that runs.
type small struct {
	streams *accept.Server
	packets net.PacketConn
	done    sync.WaitGroup
}

// TurnedAway implements server.
func (s *small) TurnedAway() uint64 { return s.streams.TurnedAway() }

// Close implements server.
func (s *small) Close() error {
	err := s.streams.Close()
	s.packets.Close()
	s.done.Wait()
	return err
}

// Proxy hands connections on.
type Proxy struct {
	Endpoint
	To string // host:port
}

func (d decoder) proxy(v value) Service {
	p := &Proxy{Endpoint: Endpoint{Pos: v.pos}}
	d.object(v, "tcp-proxy", append(d.endpoint(&p.Endpoint), setter{"to", func(v value) {
		p.To, _ = d.text(v, "to")
		host, port, err := net.SplitHostPort(p.To)
		if n, portErr := strconv.ParseUint(port, 10, 16); err != nil || host == "" || portErr != nil || n == 0 {
			d.add(v.pos, "to %q: want the address or the name of a host, and a port, such as server:80", p.To)
		}
	}})...)
	if p.Port == 0 {
		d.add(v.pos, "tcp-proxy needs port: where it listens")
	}
	if p.To == "" {
		d.add(v.pos, "tcp-proxy needs to: where it hands connections on, such as server:80")
	}
	return p
}

func (p *Proxy) kind() string { return "tcp-proxy" }

func (p *Proxy) start(_ *Lab, h *thinnet.Host) (server, error) {
	l, err := h.Listen("tcp", p.String())
	if err != nil {
		return nil, err
	}
	return proxy.Serve(l, func(ctx context.Context) (net.Conn, error) { return h.DialContext(ctx, "tcp", p.To) }), nil
}
