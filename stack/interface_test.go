package stack_test

import (
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"thinnet/clock"
	"thinnet/link"
	"thinnet/link/offload"
	"thinnet/packet"
	"thinnet/stack"
)

// bareDevice offers what it is made with, and drops what is written to it.
type bareDevice struct {
	offers  link.Capabilities
	closing chan struct{} // Close waits for it; nil: it does not
}

func (bareDevice) WriteBatch(b *packet.Batch)        { b.Release() }
func (bareDevice) SetReceiver(link.Receiver)         {}
func (d bareDevice) Capabilities() link.Capabilities { return d.offers }
func (bareDevice) Stats() link.Stats                 { return link.Stats{} }
func (d bareDevice) Close() error {
	if d.closing != nil {
		<-d.closing
	}
	return nil
}

// Over a device that neither splits nor sums, nothing of TCP's would arrive: the host says so
// at once, and takes it with what does both around it.
func TestAddInterfaceWithoutOffloads(t *testing.T) {
	clk := clock.NewReal()
	defer clk.Close()
	s := stack.New(stack.Config{Clock: clk, Source: 1})
	defer s.Close()
	c := stack.InterfaceConfig{Name: "tun0", Addresses: []netip.Prefix{netip.PrefixFrom(addr(0), 24)}}
	for _, offers := range []link.Capabilities{
		{MTU: 1420, Headers: link.HeaderNone},
		{MTU: 1420, Headers: link.HeaderNone, Checksum: true},
		{MTU: 1420, Headers: link.HeaderNone, MaxSegmented: 65535},
	} {
		dev := bareDevice{offers: offers}
		if err := s.AddInterface(c, dev); err == nil || !strings.Contains(err.Error(), "tun0: wrap its device with offload.New") {
			t.Errorf("a device with %+v: %v", offers, err)
		}
		if n := len(s.Interfaces()); n != 0 {
			t.Fatalf("%d interfaces after an error", n)
		}
	}
	if err := s.AddInterface(c, offload.New(bareDevice{offers: link.Capabilities{MTU: 1420, Headers: link.HeaderNone}})); err != nil {
		t.Error(err)
	}
}

// Whoever closes the host, it is closed when that returns, though another has begun.
func TestCloseTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clk := clock.NewReal()
		defer clk.Close()
		s := stack.New(stack.Config{Clock: clk, Source: 1})
		dev := bareDevice{
			offers:  link.Capabilities{MTU: 1500, MaxSegmented: 65535, Checksum: true, Headers: link.HeaderNone},
			closing: make(chan struct{}),
		}
		if err := s.AddInterface(stack.InterfaceConfig{Name: "tun0"}, dev); err != nil {
			t.Fatal(err)
		}
		var returned atomic.Int32
		for range 3 {
			go func() {
				s.Close()
				returned.Add(1)
			}()
		}
		synctest.Wait()
		if n := returned.Load(); n != 0 {
			t.Errorf("%d returned before the device was closed", n)
		}
		close(dev.closing)
		synctest.Wait()
		if n := returned.Load(); n != 3 {
			t.Errorf("%d of 3 returned", n)
		}
		s.Close() // and once more
	})
}
