package lab

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"sync/atomic"

	"thinnet"
	"thinnet/link"
	"thinnet/link/cable"
	"thinnet/link/tap"
	"thinnet/network/route"
)

// Options say how a lab is built. The zero Options are a lab in real time.
type Options struct {
	// Seed and Settle are the network's: see [thinnet.Options].
	Seed   uint64
	Settle func()
	// Folder is where the topology file lies, whose services' files are found
	// from there.
	Folder string
}

// Lab is a network that a topology describes, with its services running.
type Lab struct {
	topology *Topology
	net      *thinnet.Network
	hosts    map[*Node]*thinnet.Host
	folder   string // where the topology file lies
	seed     uint64
	services []running
	folders  []*os.Root
	taps     []*patch
	recorded atomic.Bool // there is, or was, a recording
}

// Build makes the network and starts its services. The error says what could
// not be made, such as a TAP interface without the right to it.
func Build(t *Topology, o Options) (*Lab, error) {
	l := &Lab{
		topology: t, folder: cmp.Or(o.Folder, "."),
		seed:  o.Seed,
		net:   thinnet.New(thinnet.Options{Seed: o.Seed, Settle: o.Settle}),
		hosts: make(map[*Node]*thinnet.Host),
	}
	if err := l.build(); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

// Network returns the lab's network.
func (l *Lab) Network() *thinnet.Network { return l.net }

// Close stops the services and the network. When it returns nothing of the lab
// is running.
func (l *Lab) Close() error {
	var err error
	for _, s := range l.services {
		err = errors.Join(err, s.Close())
	}
	err = errors.Join(err, l.net.Close())
	for _, p := range l.taps {
		err = errors.Join(err, p.Close())
	}
	for _, f := range l.folders {
		f.Close()
	}
	return err
}

func (l *Lab) build() error {
	ports := make(map[string]thinnet.Port)
	for _, n := range l.topology.Nodes {
		if err := l.addNode(n, ports); err != nil {
			return fmt.Errorf("%s:%d:%d: %w", l.topology.File, n.Line, n.Col, err)
		}
	}
	for _, link := range l.topology.Links {
		if err := l.addLink(link, ports); err != nil {
			return fmt.Errorf("%s:%d:%d: %w", l.topology.File, link.Line, link.Col, err)
		}
	}
	for _, n := range l.topology.Nodes {
		if err := l.configure(n); err != nil {
			return fmt.Errorf("%s:%d:%d: node %s: %w", l.topology.File, n.Line, n.Col, n.Name, err)
		}
	}
	return nil
}

// addNode makes a node and its ports.
func (l *Lab) addNode(n *Node, ports map[string]thinnet.Port) error {
	if n.Switch != nil {
		sw, err := l.net.AddSwitch(n.Name, thinnet.SwitchOptions{Aging: n.Switch.Aging})
		if err != nil {
			return err
		}
		for i := range n.Switch.Ports {
			p, err := sw.AddPort(strconv.Itoa(i + 1))
			if err != nil {
				return err
			}
			ports[p.String()] = p
		}
		return nil
	}
	h, err := l.net.AddHost(n.Name, thinnet.HostOptions{TCP: n.TCP, Forwarding: n.Forwarding})
	if err != nil {
		return err
	}
	l.hosts[n] = h
	for _, i := range n.Interfaces {
		o := thinnet.InterfaceOptions{MAC: i.MAC, MTU: i.MTU}
		if o.MTU == 0 {
			o.MTU = l.linkMTU(n, i)
		}
		p, err := h.AddInterfaceOptions(i.Name, o)
		if err != nil {
			return err
		}
		ports[p.String()] = p
	}
	return nil
}

// linkMTU returns the MTU of the link that an interface has, or 0.
func (l *Lab) linkMTU(n *Node, i *Interface) int {
	for _, k := range l.topology.Links {
		for _, e := range k.Ends {
			if e.Node == n && e.Port == i.Name {
				return k.MTU
			}
		}
	}
	return 0
}

func (i Impairment) cable() cable.Impairment {
	return cable.Impairment{
		Delay: i.Delay, Jitter: i.Jitter, Rate: i.Rate, Loss: i.Loss, Duplicate: i.Duplicate,
		Corrupt: i.Corrupt, Reorder: i.Reorder, QueueLimit: i.Queue,
	}
}

func (l *Lab) addLink(k *Link, ports map[string]thinnet.Port) error {
	impairments := [2]cable.Impairment{cable.AToB: k.There.cable(), cable.BToA: k.Back.cable()}
	a, b := k.Ends[0], k.Ends[1]
	if a.Node != nil && b.Node != nil {
		_, err := l.net.Connect(ports[a.String()], ports[b.String()], thinnet.LinkOptions{MTU: k.MTU, Impairments: impairments})
		return err
	}
	if a.Node == nil {
		a, b = b, a
		impairments[0], impairments[1] = impairments[1], impairments[0]
	}
	dev, err := openOutside(b)
	if err != nil {
		return err
	}
	p, err := newPatch(dev, l.net.Clock(), cable.Config{MTU: k.MTU, Impairments: impairments})
	if err != nil {
		dev.Close()
		return err
	}
	l.taps = append(l.taps, p)
	return l.net.ConnectDevice(ports[a.String()], link.Device(p.near))
}

// openOutside opens an interface of this computer.
func openOutside(e End) (*tap.Device, error) {
	if e.Outside == packetNode {
		return tap.OpenPacket(e.Port)
	}
	return tap.Open(tap.Config{Name: e.Port})
}

// configure gives a host its addresses, once its cables are plugged in, then its
// routes and its services.
func (l *Lab) configure(n *Node) error {
	h := l.hosts[n]
	if h == nil {
		return nil
	}
	for _, i := range n.Interfaces {
		for _, a := range i.Addresses {
			if err := h.Stack().AddAddress(i.Name, a.Prefix); err != nil {
				return fmt.Errorf("interface %s: %w", i.Name, err)
			}
		}
	}
	index := make(map[string]int)
	for _, i := range h.Stack().Interfaces() {
		index[i.Name] = i.Index
	}
	for _, r := range n.Routes {
		err := h.Stack().AddRoute(route.Entry{Prefix: r.To, Gateway: r.Via, Interface: index[r.Interface]})
		if err != nil {
			return fmt.Errorf("route to %s: %w", r.To, err)
		}
	}
	for _, s := range n.Services {
		serves, err := s.start(l, h)
		if err != nil {
			return fmt.Errorf("%s: %w", s.kind(), err)
		}
		l.services = append(l.services, running{serves, n.Name, s})
	}
	return nil
}

// openFolder opens a folder below that of the topology file, which symbolic
// links do not lead out of.
func (l *Lab) openFolder(name string) (fs.FS, error) {
	base, err := os.OpenRoot(l.folder)
	if err != nil {
		return nil, err
	}
	defer base.Close()
	root, err := base.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	l.folders = append(l.folders, root)
	return root.FS(), nil
}
