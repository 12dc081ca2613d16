package thinnet

import (
	"errors"
	"io"
	"slices"
	"strconv"
	"sync"

	"thinnet/annotate"
	"thinnet/link"
	"thinnet/link/bridge"
	"thinnet/packet"
)

// SwitchOptions say what a switch is like; zero fields take bridge's defaults,
// and Source is the network's to choose.
type SwitchOptions = bridge.Config

// Switch is a learning Ethernet switch.
type Switch struct {
	name   string
	net    *Network
	bridge *bridge.Bridge

	mu    sync.Mutex
	ports map[string]*SwitchPort
	byNum []*SwitchPort
	devs  []link.Device // of byNum
}

// AddSwitch adds a switch without ports.
func (n *Network) AddSwitch(name string, o SwitchOptions) (*Switch, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if err := n.claim(name); err != nil {
		return nil, err
	}
	o.Source = n.source()
	b, err := bridge.New(n.clk, o)
	if err != nil {
		return nil, annotate.Error("switch "+name, err)
	}
	s := &Switch{name: name, net: n, bridge: b, ports: make(map[string]*SwitchPort)}
	w := n.wires()
	w.switches = append(w.switches, s)
	return s, nil
}

// Name returns the switch's name.
func (s *Switch) Name() string { return s.name }

// SwitchPort is a port of a switch.
type SwitchPort struct {
	sw   *Switch
	name string
}

// AddPort adds a port.
func (s *Switch) AddPort(name string) (*SwitchPort, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ports[name] != nil {
		return nil, errors.New("switch " + s.name + " has a port " + strconv.Quote(name) + " already")
	}
	p := &SwitchPort{s, name}
	s.ports[name] = p
	return p, nil
}

// String returns switch:port.
func (p *SwitchPort) String() string { return p.sw.name + ":" + p.name }

func (p *SwitchPort) network() *Network { return p.sw.net }

// lost implements Port: nobody captures at a switch.
func (p *SwitchPort) lost(*packet.Packet, string) {}

func (p *SwitchPort) ready() error {
	if p == nil {
		return errNoPort
	}
	p.sw.mu.Lock()
	defer p.sw.mu.Unlock()
	if slices.Contains(p.sw.byNum, p) {
		return annotate.Error(p.String(), errPlugged)
	}
	return nil
}

func (p *SwitchPort) plugIn(dev link.Device) error {
	p.sw.mu.Lock()
	defer p.sw.mu.Unlock()
	if slices.Contains(p.sw.byNum, p) {
		return annotate.Error(p.String(), errPlugged)
	}
	if _, err := p.sw.bridge.Attach(dev); err != nil {
		return annotate.Error(p.String(), err)
	}
	p.sw.byNum = append(p.sw.byNum, p)
	p.sw.devs = append(p.sw.devs, dev)
	return nil
}

// ends returns what is to be closed at the network's end.
func (s *Switch) ends() []io.Closer {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := []io.Closer{s.bridge}
	for _, dev := range s.devs {
		list = append(list, dev)
	}
	return list
}

// Station is an address that a switch has learnt.
type Station struct {
	bridge.Entry
	Port string // name of the port behind which it lies
}

// Table returns the addresses that the switch knows, sorted.
func (s *Switch) Table() []Station {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []Station
	for _, e := range s.bridge.Table() {
		list = append(list, Station{e, s.byNum[e.Port].name})
	}
	return list
}
