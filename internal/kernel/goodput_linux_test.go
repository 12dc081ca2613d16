package kernel

import (
	"context"
	"errors"
	"flag"
	"io"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"thinnet"
	"thinnet/link/cable"
	"thinnet/link/tap"
)

var goodputTime = flag.Duration("goodput", 0, "how long each of the five runs of TestGoodput lasts: 20s; 0: it is left out")

// peer is one end of a cable: a host of ours, or the kernel behind a TAP interface.
type peer struct {
	addr   string
	listen func() (net.Listener, error)
	dial   func(address string) (net.Conn, error)
}

// wire is a network of its own, of a cable and the two at its ends.
type wire struct {
	name  string
	peers [2]peer
}

// newWire puts a cable between the kernel and the kernel, or between us and it.
// Where the kernel is at the end, a switch leads from its TAP interface to the cable.
func newWire(t *testing.T, name string, kernel [2]bool, i cable.Impairment) *wire {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	n := thinnet.New(thinnet.Options{Seed: 1})
	t.Cleanup(func() { n.Close() })
	w := &wire{name: name}
	var ends [2]thinnet.Port
	for side, addr := range []string{"10.79.0.1", "10.79.0.2"} {
		p := &w.peers[side]
		p.addr = addr + ":5001"
		if !kernel[side] {
			h, err := n.AddHost("us", thinnet.HostOptions{})
			must(err)
			ends[side], err = h.AddInterface("eth0", netip.MustParsePrefix(addr+"/24"))
			must(err)
			p.listen = func() (net.Listener, error) { return h.Listen("tcp", p.addr) }
			p.dial = func(address string) (net.Conn, error) { return h.Dial("tcp", address) }
			continue
		}
		ns := newNamespace(t)
		var dev *tap.Device
		var err error
		ns.do(func() { dev, err = tap.Open(tap.Config{}) })
		must(err)
		ns.run("ip", "addr", "add", addr+"/24", "dev", dev.Name())
		ns.run("ip", "link", "set", dev.Name(), "up")
		sw, err := n.AddSwitch("switch"+addr, thinnet.SwitchOptions{})
		must(err)
		in, err := sw.AddPort("tap")
		must(err)
		must(n.ConnectDevice(in, dev))
		ends[side], err = sw.AddPort("cable")
		must(err)
		p.listen = func() (net.Listener, error) { return ns.listen(p.addr), nil }
		p.dial = func(address string) (net.Conn, error) {
			c, err := ns.dial(context.Background(), "tcp4", address)
			if err != nil {
				return nil, err
			}
			return c, setCubic(c.(*net.TCPConn))
		}
	}
	_, err := n.Connect(ends[0], ends[1], thinnet.LinkOptions{Impairments: [2]cable.Impairment{i, i}})
	must(err)
	return w
}

// setCubic chooses the kernel's algorithm, whatever its default is: one beside the same.
func setCubic(c *net.TCPConn) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	var set error
	err = raw.Control(func(fd uintptr) {
		set = unix.SetsockoptString(int(fd), unix.IPPROTO_TCP, unix.TCP_CONGESTION, "cubic")
	})
	return errors.Join(err, set)
}

// goodput sends from one end to the other for the time d, over some connections, and
// returns the bytes a second of one of them. The time of slow start does not count.
func (w *wire) goodput(d time.Duration) (float64, error) {
	const flows, slowStart = 8, 3 * time.Second
	l, err := w.peers[1].listen()
	if err != nil {
		return 0, err
	}
	defer l.Close()
	var wg sync.WaitGroup
	defer wg.Wait()
	var mu sync.Mutex
	var total int64
	start := time.Now()
	for range flows {
		out, err := w.peers[0].dial(w.peers[1].addr)
		if err != nil {
			return 0, err
		}
		defer out.Close()
		in, err := l.Accept()
		if err != nil {
			return 0, err
		}
		defer in.Close()
		wg.Go(func() {
			for b := make([]byte, 64<<10); ; {
				if _, err := out.Write(b); err != nil {
					return
				}
			}
		})
		wg.Go(func() {
			for b := make([]byte, 64<<10); ; {
				n, err := in.Read(b)
				if err != nil {
					return
				}
				if time.Since(start) > slowStart {
					mu.Lock()
					total += int64(n)
					mu.Unlock()
				}
			}
		})
	}
	time.Sleep(time.Until(start.Add(slowStart + d)))
	mu.Lock()
	defer mu.Unlock()
	return float64(total) / flows / d.Seconds(), nil
}

// TestGoodput is a measurement: what a connection between us and the kernel makes of a
// cable of 20 ms and 0.1 % loss each way, beside what one between the kernel and the
// kernel makes of one like it, at the same time. The medians of five runs are the
// figures of docs/performance.md.
func TestGoodput(t *testing.T) {
	if *goodputTime == 0 {
		t.Skip("a measurement of minutes: -goodput 20s asks for it")
	}
	bad := cable.Impairment{Delay: 20 * time.Millisecond, Loss: 0.001, QueueLimit: 10_000}
	wires := []*wire{
		newWire(t, "kernel to kernel", [2]bool{true, true}, bad),
		newWire(t, "us to the kernel", [2]bool{false, true}, bad),
		newWire(t, "the kernel to us", [2]bool{true, false}, bad),
	}
	rates := make([][]float64, len(wires))
	for run := range 5 {
		var wg sync.WaitGroup
		for i, w := range wires {
			wg.Go(func() {
				rate, err := w.goodput(*goodputTime)
				if err != nil && err != io.EOF {
					t.Errorf("%s: %v", w.name, err)
				}
				rates[i] = append(rates[i], rate)
			})
		}
		wg.Wait()
		for i, w := range wires {
			t.Logf("run %d, %s: %.3f MB/s", run+1, w.name, rates[i][run]/1e6)
		}
	}
	var medians []float64
	for i, w := range wires {
		slices.Sort(rates[i])
		medians = append(medians, rates[i][2])
		t.Logf("%s: median %.3f MB/s, %.2f of kernel to kernel", w.name, medians[i]/1e6, medians[i]/medians[0])
	}
	for i, w := range wires[1:] {
		if medians[i+1] < 0.95*medians[0] {
			t.Errorf("%s: slower than kernel to kernel", w.name)
		}
	}
}
