package lab

import (
	"math"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"time"

	"thinnet/transport/tcp"
	"thinnet/transport/tcp/congestion"
)

// The names that stand for this computer in the end of a link, and for how its
// interface is opened.
const (
	tapNode    = "tap"
	packetNode = "packet"
)

var (
	nodeName      = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$`) // RFC 1123, section 2.1
	interfaceName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,14}$`)             // as long as Linux's
)

// Limits on what a short file can ask for.
const (
	maxNodes = 4096
	maxPorts = 1024 // of a switch
)

func (d decoder) nodes(v value) []*Node {
	if v.kind == null || !d.isKind(v, "nodes", mapping) {
		return nil
	}
	if len(v.fields) > maxNodes {
		d.add(v.pos, "%d nodes; there may be at most %d", len(v.fields), maxNodes)
		return nil
	}
	var nodes []*Node
	d.each(v, func(f field) {
		switch {
		case !nodeName.MatchString(f.key):
			d.add(f.pos, "node name %q: use letters, digits and dashes, at most 63", f.key)
		case f.key == tapNode || f.key == packetNode:
			d.add(f.pos, "a node cannot be named %q: it stands for this computer's interfaces", f.key)
		}
		n := &Node{Pos: f.pos, Name: f.key}
		n.broken = !d.sound(func() { d.node(n, f.value) })
		nodes = append(nodes, n)
	})
	return nodes
}

func (d decoder) node(n *Node, v value) {
	if v.kind == null {
		return // a host without anything
	}
	hostOnly := func(s setter) setter {
		return setter{s.key, func(v value) {
			if n.Switch != nil {
				d.add(v.pos, "a switch has no %s", s.key)
			}
			s.set(v)
		}}
	}
	for _, f := range v.fields { // whatever the order of the keys
		if f.key == "switch" {
			n.Switch = &Switch{}
		}
	}
	d.object(v, "node "+n.Name,
		setter{"switch", func(v value) { d.switchOptions(n.Switch, v) }},
		hostOnly(setter{"interfaces", func(v value) { n.Interfaces = d.interfaces(v) }}),
		hostOnly(setter{"routes", func(v value) { n.Routes = d.routes(v) }}),
		hostOnly(d.boolean("forwarding", &n.Forwarding)),
		hostOnly(setter{"tcp", func(v value) { d.tcp(&n.TCP, v) }}),
		hostOnly(setter{"services", func(v value) { d.services(n, v) }}),
	)
}

func (d decoder) switchOptions(s *Switch, v value) {
	d.object(v, "switch",
		d.integer("ports", &s.Ports, 1, maxPorts),
		d.duration("aging", &s.Aging, time.Second, 24*time.Hour))
	if s.Ports > 0 || v.kind != mapping {
		return
	}
	s.Ports = 1
	if !slices.ContainsFunc(v.fields, func(f field) bool { return f.key == "ports" }) {
		d.add(v.pos, "a switch needs ports: how many it has")
	}
}

func (d decoder) interfaces(v value) []*Interface {
	if !d.isKind(v, "interfaces", mapping) {
		return nil
	}
	var list []*Interface
	d.each(v, func(f field) {
		if !interfaceName.MatchString(f.key) || f.key == "lo" {
			d.add(f.pos, "interface name %q: use letters, digits, dots and dashes, at most 15, and not lo", f.key)
		}
		i := &Interface{Pos: f.pos, Name: f.key}
		if f.value.kind == mapping {
			d.object(f.value, "interface "+f.key,
				setter{"address", func(v value) { i.Addresses = d.addresses(v) }},
				d.mac("mac", &i.MAC),
				d.integer("mtu", &i.MTU, 68, math.MaxUint16))
		} else {
			i.Addresses = d.addresses(f.value)
		}
		list = append(list, i)
	})
	return list
}

// addresses decodes none, one or a list of them.
func (d decoder) addresses(v value) []Address {
	switch v.kind {
	case null:
		return nil
	case scalar:
		v.items = []value{v}
	}
	if !d.isKind(v, "address", scalar, list) {
		return nil
	}
	var as []Address
	for _, item := range v.items {
		if p, ok := d.prefix(item, "address"); ok && d.isHostAddress(item.pos, p) {
			as = append(as, Address{item.pos, p})
		}
	}
	return as
}

// isHostAddress reports whether an interface may have the address.
func (d decoder) isHostAddress(at Pos, p netip.Prefix) bool {
	a := p.Addr()
	switch {
	case a.IsUnspecified() || a.IsLoopback() || a.IsMulticast() || a.As4()[0] >= 240:
		d.add(at, "address %s is no interface's: use one such as 10.0.0.1/24 or 192.168.0.1/24", a)
	case p.Bits() == 0:
		d.add(at, "address %s: a prefix of length 0 is the whole world; use such as %s/24", p, a)
	case p.Bits() < 31 && a == p.Masked().Addr():
		d.add(at, "address %s is that of the network itself; the first of a host is %s", p, a.Next())
	case p.Bits() < 31 && !p.Contains(a.Next()):
		d.add(at, "address %s is the broadcast address of its network; the last of a host is %s", p, a.Prev())
	default:
		return true
	}
	return false
}

func (d decoder) routes(v value) []Route {
	if !d.isKind(v, "routes", list) {
		return nil
	}
	var routes []Route
	for _, item := range v.items {
		r := Route{Pos: item.pos}
		sound := d.sound(func() {
			d.object(item, "a route",
				setter{"to", func(v value) { r.To = d.destination(v) }},
				setter{"via", func(v value) { r.Via, _ = d.addr(v, "via") }},
				d.str("dev", &r.Interface))
		})
		if sound {
			switch {
			case !r.To.IsValid():
				d.add(r.Pos, "a route needs to: a prefix such as 10.2.0.0/16, or default")
			case !r.Via.IsValid() && r.Interface == "":
				d.add(r.Pos, "a route needs via: the address of a gateway, or dev: an interface")
			}
		}
		routes = append(routes, r)
	}
	return routes
}

func (d decoder) destination(v value) netip.Prefix {
	if v.kind == scalar && v.text == "default" {
		return netip.PrefixFrom(netip.IPv4Unspecified(), 0)
	}
	p, ok := d.prefix(v, "to")
	if ok && p != p.Masked() {
		d.add(v.pos, "to %s has bits behind its prefix (did you mean %q?)", p, p.Masked())
	}
	return p
}

var mtuProbing = map[string]tcp.MTUProbing{
	"blackhole": tcp.MTUProbingBlackHole, "always": tcp.MTUProbingAlways, "off": tcp.MTUProbingOff,
}

var synCookieModes = map[string]tcp.SynCookies{
	"pressure": tcp.SynCookiesUnderPressure, "always": tcp.SynCookiesAlways, "never": tcp.SynCookiesNever,
}

var ecnModes = map[string]tcp.ECN{"accept": tcp.ECNAccept, "on": tcp.ECNOn, "off": tcp.ECNOff}

// tcp decodes a host's settings, which bear the names of package tcp's.
func (d decoder) tcp(s *tcp.Settings, v value) {
	const kib, mib = 1 << 10, 1 << 20
	quickAck, sack, timestamps, scaling := 16, true, true, true
	d.object(v, "tcp",
		d.bytes("rcvbuf", &s.RcvBuf, 4*kib, 64*mib),
		d.bytes("sndbuf", &s.SndBuf, 4*kib, 64*mib),
		d.bytes("rcvbuf_max", &s.RcvBufMax, 4*kib, 64*mib),
		d.bytes("sndbuf_max", &s.SndBufMax, 4*kib, 64*mib),
		d.bytes("mem_low", &s.Mem.Low, 64*kib, math.MaxInt32),
		d.bytes("mem_pressure", &s.Mem.Pressure, 64*kib, math.MaxInt32),
		d.bytes("mem_high", &s.Mem.High, 64*kib, math.MaxInt32),
		d.integer("max_orphans", &s.MaxOrphans, 1, math.MaxInt32),
		d.integer("max_tw_buckets", &s.MaxTWBuckets, 1, math.MaxInt32),
		d.integer("quickack", &quickAck, 0, 1<<15-1),
		d.duration("delayed_ack", &s.DelayedAck, time.Millisecond, 500*time.Millisecond),
		d.integer("initial_window", &s.InitialWindow, 1, 100),
		d.duration("min_rto", &s.MinRTO, time.Millisecond, time.Minute),
		d.duration("max_rto", &s.MaxRTO, time.Second, time.Hour),
		d.duration("initial_rto", &s.InitialRTO, time.Millisecond, time.Minute),
		d.integer("syn_retries", &s.SynRetries, 1, 127),
		d.integer("synack_retries", &s.SynAckRetries, 1, 127),
		d.choice("syncookies", []string{"pressure", "always", "never"}, func(name string) { s.SynCookies = synCookieModes[name] }),
		d.integer("max_syn_backlog", &s.MaxSynBacklog, 1, math.MaxInt32),
		d.boolean("abort_on_overflow", &s.AbortOnOverflow),
		d.integer("retries2", &s.Retries2, 1, 255),
		d.integer("orphan_retries", &s.OrphanRetries, 1, 255),
		d.duration("fin_timeout", &s.FinTimeout, time.Second, time.Hour),
		d.duration("time_wait", &s.TimeWait, time.Millisecond, time.Hour),
		d.duration("user_timeout", &s.UserTimeout, time.Millisecond, 24*time.Hour),
		d.bytes("notsent_lowat", &s.NotSentLowat, 1, 64*mib),
		d.bytes("window_clamp", &s.WindowClamp, 1, 64*mib),
		d.bytes("max_segment", &s.MaxSegment, 64, 32767),
		d.choice("congestion_control", congestion.Names(), func(name string) { s.CongestionControl = name }),
		d.choice("ecn", []string{"accept", "on", "off"}, func(name string) { s.ECN = ecnModes[name] }),
		d.choice("mtu_probing", []string{"blackhole", "always", "off"}, func(name string) { s.MTUProbing = mtuProbing[name] }),
		d.integer("base_mss", &s.BaseMSS, 48, math.MaxUint16),
		d.integer("mtu_probe_floor", &s.MTUProbeFloor, 48, math.MaxUint16),
		d.duration("probe_interval", &s.ProbeInterval, time.Second, 24*time.Hour),
		d.integer("probe_threshold", &s.ProbeThreshold, 1, math.MaxUint16),
		d.integer("retries1", &s.Retries1, 1, 255),
		d.boolean("timestamps", &timestamps),
		d.boolean("window_scaling", &scaling),
		d.boolean("sack", &sack))
	if s.QuickAck = quickAck; quickAck == 0 {
		s.QuickAck = -1
	}
	s.NoTimestamps, s.NoWindowScaling, s.NoSACK = !timestamps, !scaling, !sack
}

// ports returns what the ends of links may name on a node.
func (n *Node) ports() []string {
	var names []string
	if n.Switch != nil {
		for i := range n.Switch.Ports {
			names = append(names, strconv.Itoa(i+1))
		}
		return names
	}
	for _, i := range n.Interfaces {
		names = append(names, i.Name)
	}
	return names
}

// Interface returns the node's interface of that name, or nil.
func (n *Node) Interface(name string) *Interface {
	for _, i := range n.Interfaces {
		if i.Name == name {
			return i
		}
	}
	return nil
}
