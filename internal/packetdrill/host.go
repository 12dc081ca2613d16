//go:build linux

package packetdrill

import (
	"fmt"
	"net/netip"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"

	"thinnet/clock"
	"thinnet/link/offload"
	"thinnet/network/route"
	"thinnet/stack"
	"thinnet/wire"
)

// patience is how long, in virtual time, Receive waits for a packet.
const patience = 10 * time.Minute

// creep is how far the clock moves when it is looked at.
const creep = time.Microsecond

// thaw is how long, in real time, the clock stands still for a thread that does
// not look at it.
const thaw = time.Second

// tunIndex is the index of the interface to everybody else.
const tunIndex = 2

// Host is one host under test. Its calls return a negative errno for an error.
type Host struct {
	// Arrived, if it is set, is called when a call has taken the host's lock:
	// no other call is at work from then on until this one returns or blocks.
	Arrived func()

	mu     sync.Mutex
	clk    *virtual
	stack  *stack.Stack
	net    *wireDevice
	sysctl sysctls

	commands ipCommands
	files    map[int]file
	nextFD   int

	driver  int       // the thread whose calls make time pass
	waiters []*waiter // calls that block, in the order in which they began
	frozen  int       // the thread that the clock stands still for, or 0
	ended   int       // the thread whose call ended last, until Ended is asked
	changed sync.Cond // a waiter is done, or the clock is free again
}

// lock takes the lock, and tells whoever waits for the call to arrive.
func (h *Host) lock() {
	h.mu.Lock()
	if h.Arrived != nil {
		h.Arrived()
	}
}

// waiter is a call that blocks.
type waiter struct {
	thread int
	try    func() bool
	done   bool
}

// New returns a host with the IPv4 address and prefix local, to which everybody
// else is one hop away. Its sysctls are read below the directory root, such as
// /proc/sys/net/ipv4, and the arguments of ip commands, a line for each, as they are
// written into the file that the environment variable THINNET_IP names.
func New(local netip.Prefix, root string) (*Host, error) {
	h := &Host{
		clk:    &virtual{now: clock.Time(time.Hour)},
		sysctl: sysctls{root: root},
		files:  make(map[int]file),
		nextFD: FirstFD,
		driver: syscall.Gettid(),

		commands: ipCommands{file: os.Getenv("THINNET_IP")},
	}
	h.changed.L = &h.mu
	h.stack = stack.New(stack.Config{Clock: h.clk, Seed: 1, TCP: h.sysctl.settings()})
	h.net = &wireDevice{clk: h.clk}
	lo := stack.InterfaceConfig{Name: "lo", Loopback: true, Addresses: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/8")}}
	if err := h.stack.AddInterface(lo, stack.Loopback()); err != nil {
		return nil, err
	}
	tun := stack.InterfaceConfig{Name: "tun0", Addresses: []netip.Prefix{local}}
	if err := h.stack.AddInterface(tun, offload.New(h.net)); err != nil {
		return nil, err
	}
	everybody := netip.PrefixFrom(netip.IPv4Unspecified(), 0)
	if err := h.stack.AddRoute(route.Entry{Prefix: everybody, Interface: tunIndex}); err != nil {
		return nil, err
	}
	return h, nil
}

// Close ends the host.
func (h *Host) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.stack.Close()
}

// call runs f, which is a call that does not block, and lets those that do block
// see what it has changed.
func (h *Host) call(f func() int) int {
	h.lock()
	defer h.mu.Unlock()
	if err := h.obey(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return fail(syscall.EINVAL)
	}
	n := f()
	h.settle()
	return n
}

// block runs try until it reports that it is done.
func (h *Host) block(try func() bool) {
	if try() {
		return
	}
	thread := syscall.Gettid()
	if thread == h.driver {
		// Nobody else makes time pass.
		for h.step(clock.Never) && !try() {
		}
		return
	}
	w := &waiter{thread: thread, try: try}
	h.waiters = append(h.waiters, w)
	for !w.done {
		h.changed.Wait()
	}
}

// settle tries the calls that block again. For one that is done the clock stands
// still.
func (h *Host) settle() {
	h.due()
	for i := 0; i < len(h.waiters); i++ {
		w := h.waiters[i]
		if !w.try() {
			continue
		}
		h.due()
		w.done = true
		h.waiters = slices.Delete(h.waiters, i, i+1)
		i--
		h.frozen, h.ended = w.thread, w.thread
		h.changed.Broadcast()
		h.thaw()
	}
}

// due runs the events of this instant: what a call has sent goes out with one.
func (h *Host) due() {
	for h.clk.next() <= h.clk.now {
		h.clk.fire()
	}
}

// thaw waits until the clock may move.
func (h *Host) thaw() {
	if h.frozen == 0 {
		return
	}
	t := time.AfterFunc(thaw, func() {
		h.mu.Lock()
		h.frozen = 0
		h.changed.Broadcast()
		h.mu.Unlock()
	})
	for h.frozen != 0 && h.frozen != syscall.Gettid() {
		h.changed.Wait()
	}
	t.Stop()
}

// Ended returns the thread that made the last call which blocked and has ended
// since Ended was last called, or 0.
func (h *Host) Ended() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	thread := h.ended
	h.ended = 0
	return thread
}

// step moves on to the next event until the instant end, and reports whether
// there was one.
func (h *Host) step(end clock.Time) bool {
	at := h.clk.next()
	if at == clock.Never || at > end {
		return false
	}
	h.clk.fire()
	h.settle()
	return true
}

// advance lets d pass.
func (h *Host) advance(d time.Duration) {
	end := h.clk.now.Add(d)
	for h.step(end) {
	}
	h.clk.now = max(h.clk.now, end)
}

// Now is gettimeofday: microseconds since 1970. Looking at the clock moves it,
// unless it stands still for the caller.
func (h *Host) Now() int64 {
	h.lock()
	defer h.mu.Unlock()
	if h.frozen == syscall.Gettid() {
		h.frozen = 0
		h.changed.Broadcast()
	} else {
		h.advance(creep)
	}
	return h.wall(h.clk.now)
}

func (h *Host) wall(t clock.Time) int64 { return h.clk.Wall(t).UnixMicro() }

// Sleep is usleep.
func (h *Host) Sleep(usec uint32) {
	h.lock()
	defer h.mu.Unlock()
	h.advance(time.Duration(usec) * time.Microsecond)
}

// Send hands the host an IP packet that came in.
func (h *Host) Send(b []byte) int {
	return h.call(func() int {
		if opensConnection(b) {
			h.applySysctls()
		}
		h.net.deliver(b)
		return 0
	})
}

// Receive copies the next packet that the host sent into b, and returns its length
// and when it was sent, in microseconds since 1970. If there is none yet it lets
// time pass until one comes; n is 0 if none does.
func (h *Host) Receive(b []byte) (n int, usec int64) {
	h.lock()
	defer h.mu.Unlock()
	end := h.clk.now.Add(patience)
	for len(h.net.sent) == 0 {
		if !h.step(end) {
			return 0, h.wall(h.clk.now)
		}
	}
	f := h.net.sent[0]
	h.net.sent = h.net.sent[1:]
	return copy(b, f.bytes), h.wall(f.at)
}

// opensConnection reports whether an IPv4 packet is a TCP segment with SYN.
func opensConnection(b []byte) bool {
	ip, err := wire.ParseIPv4(b)
	if err != nil || ip.Protocol() != wire.ProtocolTCP {
		return false
	}
	tcp, err := wire.ParseTCP(b[ip.HeaderLen():])
	return err == nil && tcp.Flags()&wire.FlagSYN != 0
}
