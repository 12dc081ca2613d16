package stack_test

import (
	"net/netip"
	"testing"
	"testing/synctest"

	"thinnet/clock"
	"thinnet/link"
	"thinnet/network"
	"thinnet/packet"
	"thinnet/stack"
	"thinnet/wire"
)

// stuck is a device whose WriteBatch waits until waits, if there is one, is closed.
type stuck struct {
	waits  chan struct{}
	frames int // since then
}

func (d *stuck) WriteBatch(b *packet.Batch) {
	if d.waits != nil {
		<-d.waits
		d.frames += b.Len()
	}
	b.Release()
}
func (d *stuck) SetReceiver(link.Receiver) {}
func (d *stuck) Stats() link.Stats         { return link.Stats{} }
func (d *stuck) Close() error              { return nil }
func (d *stuck) Capabilities() link.Capabilities {
	return link.Capabilities{MTU: 1500, MaxSegmented: 65535, Checksum: true}
}

// While somebody waits in a slow device, others do not queue for it without end: what
// goes beyond the backlog is dropped, and counted.
func TestSlowDevice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		live := packet.Live()
		clk := clock.NewReal()
		dev := new(stuck)
		const backlog, sent = 50, 1000
		h := stack.New(stack.Config{Clock: clk, Backlog: backlog})
		err := h.AddInterface(stack.InterfaceConfig{
			Name: "eth0", MAC: link.LocalMAC(1), Addresses: []netip.Prefix{netip.PrefixFrom(addr(0), 24)},
		}, dev)
		if err != nil {
			t.Fatal(err)
		}
		h.AddNeighbor("eth0", addr(1), wire.MAC{2, 0, 0, 0, 0, 9})
		u, err := h.OpenUDP(anyPort, netip.AddrPortFrom(addr(1), 7))
		if err != nil {
			t.Fatal(err)
		}
		dev.waits = make(chan struct{})
		go u.WriteTo(make([]byte, 1000), netip.AddrPort{})
		synctest.Wait() // he waits in the device
		for range sent - 1 {
			if _, err := u.WriteTo(make([]byte, 1000), netip.AddrPort{}); err != nil {
				t.Fatal(err)
			}
		}
		if n := packet.Live() - live; n > backlog+1 {
			t.Errorf("%d slabs wait for the device, want %d at most", n, backlog+1)
		}
		close(dev.waits)
		synctest.Wait()
		if dev.frames != backlog+1 {
			t.Errorf("the device got %d frames, want %d", dev.frames, backlog+1)
		}
		drops := h.Drops()
		if n := drops[network.DropQueueFull]; n != sent-backlog-1 {
			t.Errorf("%d drops were counted, want %d", n, sent-backlog-1)
		}
		h.Close()
		clk.Close()
		if n := packet.Live() - live; n != 0 {
			t.Errorf("%d slabs are still in use", n)
		}
	})
}
