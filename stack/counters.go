package stack

import (
	"reflect"

	"thinnet/network"
	"thinnet/wire"
)

// Counters returns every counter of the host, zeroes included, in a fixed order,
// by the names that Linux's nstat gives them. Names that Linux does not have
// begin with Thin.
func (s *Stack) Counters() []Counter {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.catchUp()
	var list []Counter
	for i, v := range s.net.Counters() {
		list = append(list, Counter{network.Counter(i).String(), v})
	}
	list = append(list, s.tcpCounters()...)
	u := &s.udpCnt
	list = append(list,
		Counter{"UdpInDatagrams", u.inDatagrams},
		Counter{"UdpNoPorts", u.noPorts},
		Counter{"UdpInErrors", u.inErrors},
		Counter{"UdpOutDatagrams", u.outDatagrams},
		Counter{"UdpRcvbufErrors", u.rcvbufErrors},
		Counter{"UdpInCsumErrors", u.inCsumErrors},
		Counter{"ThinBacklogDrops", s.overflow},
		Counter{"ThinRawDrops", s.icmpFull},
	)
	return list
}

// mibTCP are the counters that stand in RFC 4022's tcp group: nstat gives them
// the prefix Tcp, and the others TcpExt.
var mibTCP = map[string]bool{
	"ActiveOpens": true, "PassiveOpens": true, "AttemptFails": true, "EstabResets": true,
	"InSegs": true, "OutSegs": true, "RetransSegs": true, "InErrs": true, "OutRsts": true, "InCsumErrors": true,
}

func (s *Stack) tcpCounters() []Counter {
	v := reflect.ValueOf(s.tcpCnt)
	list := make([]Counter, v.NumField())
	for i := range list {
		name := v.Type().Field(i).Name
		if mibTCP[name] {
			name = "Tcp" + name
		} else {
			name = "TcpExt" + name
		}
		list[i] = Counter{name, v.Field(i).Uint()}
	}
	return list
}

// Drops returns how many packets the internet layer dropped, by reason.
func (s *Stack) Drops() network.Drops {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.catchUp()
	return s.net.Drops()
}

// Sockets returns a look at every socket: listeners by address, connections in
// the order in which they were made, then UDP sockets by address.
func (s *Stack) Sockets() []SocketInfo {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.catchUp()
	now := s.clk.Now()
	var list []SocketInfo
	for _, l := range s.listeners() {
		list = append(list, l.info())
	}
	for _, c := range s.conns.sorted() {
		conn := c.look()
		info := conn.Info(now)
		timer, at, retries := conn.Timer()
		i := SocketInfo{
			Protocol: wire.ProtocolTCP, State: conn.State(), Local: c.Local(), Remote: c.Remote(),
			RecvQueue: conn.Readable(), SendQueue: conn.SendQueue(),
			Timer: timer, Retries: retries, Info: &info,
		}
		if timer != "" {
			i.Expires = max(at.Sub(now), 0)
		}
		if c.rest != nil {
			s.machines.giveBack(conn)
		}
		list = append(list, i)
	}
	if s.udp != nil {
		list = append(list, s.udp.info()...)
	}
	return list
}
