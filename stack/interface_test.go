package stack_test

import (
	"net/netip"
	"strings"
	"testing"

	"thinnet/clock"
	"thinnet/link"
	"thinnet/link/offload"
	"thinnet/packet"
	"thinnet/stack"
)

// bareDevice offers what it is made with, and drops what is written to it.
type bareDevice struct{ offers link.Capabilities }

func (bareDevice) WriteBatch(b *packet.Batch)        { b.Release() }
func (bareDevice) SetReceiver(link.Receiver)         {}
func (d bareDevice) Capabilities() link.Capabilities { return d.offers }
func (bareDevice) Stats() link.Stats                 { return link.Stats{} }
func (bareDevice) Close() error                      { return nil }

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
		dev := bareDevice{offers}
		if err := s.AddInterface(c, dev); err == nil || !strings.Contains(err.Error(), "tun0: wrap its device with offload.New") {
			t.Errorf("a device with %+v: %v", offers, err)
		}
		if n := len(s.Interfaces()); n != 0 {
			t.Fatalf("%d interfaces after an error", n)
		}
	}
	if err := s.AddInterface(c, offload.New(bareDevice{link.Capabilities{MTU: 1420, Headers: link.HeaderNone}})); err != nil {
		t.Error(err)
	}
}
