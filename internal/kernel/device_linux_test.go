package kernel

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"thinnet"
	"thinnet/lab"
	"thinnet/link"
	"thinnet/link/tap"
	"thinnet/packet"
	"thinnet/stack"
)

// device is a kind of device that leads to the kernel.
type device struct {
	name string
	// open returns the device, and the namespace and interface of the kernel's
	// side of it.
	open func(t *testing.T) (d *tap.Device, far *namespace, iface string)
}

var devices = []device{
	{"tap", openInterface(tap.Config{})},
	{"tap with four queues", openInterface(tap.Config{Queues: 4})},
	{"tun", openInterface(tap.Config{TUN: true})},
	{"packet socket", openPacketSocket},
}

func openInterface(cfg tap.Config) func(t *testing.T) (*tap.Device, *namespace, string) {
	return func(t *testing.T) (d *tap.Device, ns *namespace, iface string) {
		ns = newNamespace(t)
		var err error
		ns.do(func() { d, err = tap.Open(cfg) })
		if err != nil {
			t.Fatal(err)
		}
		return d, ns, d.Name()
	}
}

// openPacketSocket makes a veth pair: a packet socket is at its one end, and the
// kernel in another namespace at the other.
func openPacketSocket(t *testing.T) (d *tap.Device, far *namespace, iface string) {
	near := newNamespace(t)
	far = newVeth(t, near, "near")
	var err error
	near.do(func() { d, err = tap.OpenPacket("near") })
	if err != nil {
		t.Fatal(err)
	}
	return d, far, "far"
}

// newVeth makes a veth pair from an interface in near to the interface far in a
// new namespace.
func newVeth(t *testing.T, near *namespace, name string) (far *namespace) {
	far = newNamespace(t)
	near.run("ip", "link", "add", name, "type", "veth", "peer", "name", "far")
	near.run("ip", "link", "set", name, "up")
	near.moveTo(far, "far")
	return far
}

// moveTo moves an interface to another namespace.
func (n *namespace) moveTo(other *namespace, iface string) {
	n.t.Helper()
	// ip takes the number of a process that is there, or of its thread.
	tid, end, ended := make(chan int), make(chan bool), make(chan bool)
	go func() {
		defer close(ended)
		other.do(func() {
			tid <- unix.Gettid()
			<-end
		})
	}()
	n.run("ip", "link", "set", iface, "netns", fmt.Sprint(<-tid))
	close(end)
	<-ended
}

// A lab's link leads to the kernel.
func TestLabOutside(t *testing.T) {
	for _, outside := range []string{"tap", "packet"} {
		t.Run(outside, func(t *testing.T) {
			ns := newNamespace(t)
			far, iface := ns, "out"
			if outside == "packet" {
				far, iface = newVeth(t, ns, "out"), "far"
			}
			topology, err := lab.Parse("lab.yaml", []byte("nodes: {host: {interfaces: {eth0: "+routerAddr+"/24}}}\nlinks: [host:eth0 -- "+outside+":out]\n"))
			if err != nil {
				t.Fatal(err)
			}
			var l *lab.Lab
			ns.do(func() { l, err = lab.Build(topology, lab.Options{}) })
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			far.run("ip", "addr", "add", kernelAddr+"/24", "dev", iface)
			far.run("ip", "link", "set", iface, "up")
			listener, err := l.Network().Host("host").Listen("tcp", ":7")
			if err != nil {
				t.Fatal(err)
			}
			go func() {
				if c, err := listener.Accept(); err == nil {
					io.Copy(c, c)
					c.Close()
				}
			}()
			c, err := far.dial(t.Context(), "tcp4", routerAddr+":7")
			if err != nil {
				t.Fatal(err)
			}
			exchange(t, "the kernel", c, 5, 5, 1<<20)
		})
	}
}

// newDeviceHost returns a host of ours on the device, and the kernel's side.
func newDeviceHost(t *testing.T, k device) (*thinnet.Host, *namespace) {
	slabs := packet.Live()
	dev, far, iface := k.open(t)
	far.run("ip", "addr", "add", kernelAddr+"/24", "dev", iface)
	far.run("ip", "link", "set", iface, "up")
	n := thinnet.New(thinnet.Options{Seed: 1})
	t.Cleanup(func() {
		n.Close()
		if left := packet.Live() - slabs; left != 0 {
			t.Errorf("%d slabs are left after Close", left)
		}
	})
	h, err := n.AddHost("host", thinnet.HostOptions{})
	if err != nil {
		t.Fatal(err)
	}
	err = h.Stack().AddInterface(stack.InterfaceConfig{
		Name: "eth0", MAC: link.LocalMAC(7), Addresses: []netip.Prefix{netip.MustParsePrefix(routerAddr + "/24")},
	}, dev)
	if err != nil {
		t.Fatal(err)
	}
	return h, far
}

// Bytes in super-segments cross every kind of device in both directions, over
// several connections at once.
func TestDevices(t *testing.T) {
	const streams = 4
	for _, k := range devices {
		t.Run(k.name, func(t *testing.T) {
			h, far := newDeviceHost(t, k)
			l := far.listen(kernelAddr + ":7000")
			defer l.Close()
			var wg sync.WaitGroup
			for i := range uint64(streams) {
				c, err := h.Dial("tcp", kernelAddr+":7000")
				if err != nil {
					t.Fatal(err)
				}
				s, err := l.Accept()
				if err != nil {
					t.Fatal(err)
				}
				wg.Go(func() { exchange(t, "ours", c, 2*i, 2*i+1, deviceTotal/streams) })
				wg.Go(func() { exchange(t, "the kernel", s, 2*i+1, 2*i, deviceTotal/streams) })
			}
			wg.Wait()
			for _, i := range h.Stack().Interfaces() {
				if i.Loopback {
					continue
				}
				d := i.Device
				// What came before the host was there had no receiver.
				if n := d.Drops.Total() - d.Drops[link.DropQueueFull] - d.Drops[link.DropDown]; n > 0 {
					t.Errorf("dropped %v", d.Drops)
				}
				// As many bytes in packets of 1500 would be more than twice as many.
				if most := uint64(deviceTotal / 1460); d.TxPackets > most || d.RxPackets > most {
					t.Errorf("%d packets sent and %d received for %d bytes each way: want super-segments", d.TxPackets, d.RxPackets, deviceTotal)
				}
			}
		})
	}
}

// exchange sends the numbers of one seed while it receives those of another.
func exchange(t *testing.T, who string, c net.Conn, out, in uint64, n int64) {
	defer c.Close()
	var sending sync.WaitGroup
	sending.Go(func() {
		_, err := io.Copy(c, numbers(out, n))
		if err = errors.Join(err, c.(interface{ CloseWrite() error }).CloseWrite()); err != nil {
			t.Errorf("%s: sending: %v", who, err)
		}
	})
	if err := holds(c, in, n); err != nil {
		t.Errorf("%s: received %v", who, err)
	}
	sending.Wait()
}

// A run of datagrams that the kernel sends by one call reaches our socket as
// datagrams.
func TestDatagramRuns(t *testing.T) {
	const size, count = 1000, 20
	for _, k := range devices {
		t.Run(k.name, func(t *testing.T) {
			h, far := newDeviceHost(t, k)
			s, err := h.ListenPacket("udp", ":7000")
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			c, err := far.dial(t.Context(), "udp4", routerAddr+":7000")
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			buf := make([]byte, 65536)
			s.SetReadDeadline(time.Now().Add(10 * time.Second))
			// The first one waits for the address resolution.
			if _, err := c.Write([]byte("first")); err != nil {
				t.Fatal(err)
			}
			if _, _, err := s.ReadFrom(buf); err != nil {
				t.Fatal(err)
			}
			if err := segmentDatagrams(c, size); err != nil {
				unable(t, "UDP_SEGMENT: %v", err)
			}
			var run []byte
			for i := range count {
				run = append(run, bytes.Repeat([]byte{byte(i)}, size)...)
			}
			run = append(run, "tail"...)
			if _, err := c.Write(run); err != nil {
				t.Fatal(err)
			}
			for i := range count + 1 {
				want := run[i*size : min((i+1)*size, len(run))]
				n, _, err := s.ReadFrom(buf)
				if err != nil {
					t.Fatalf("datagram %d: %v", i, err)
				}
				if !bytes.Equal(buf[:n], want) {
					t.Fatalf("datagram %d: %d bytes, or others, want %d", i, n, len(want))
				}
			}
		})
	}
}

// segmentDatagrams has the kernel send what is written in datagrams of a size.
func segmentDatagrams(c net.Conn, size int) error {
	raw, err := c.(*net.UDPConn).SyscallConn()
	if err != nil {
		return err
	}
	var serr error
	err = raw.Control(func(fd uintptr) { serr = unix.SetsockoptInt(int(fd), unix.SOL_UDP, unix.UDP_SEGMENT, size) })
	return errors.Join(err, os.NewSyscallError("setsockopt", serr))
}
