package stack_test

import (
	"fmt"
	"io"
	"net/netip"
	"sync/atomic"

	"thinnet/clock"
	"thinnet/link"
	"thinnet/link/offload"
	"thinnet/packet"
	"thinnet/socket"
	"thinnet/stack"
)

// tunnel is a device of one's own: what a host sends comes out of it as the bytes of IP
// packets, which a VPN would encrypt here, and what has arrived is handed to the host.
type tunnel struct {
	out      chan<- []byte
	receiver atomic.Pointer[link.Receiver]
	sent     atomic.Uint64
	full     atomic.Uint64
}

func (t *tunnel) WriteBatch(b *packet.Batch) {
	for i := range b.Len() {
		p := b.At(i)
		bytes := make([]byte, p.Len())
		p.CopyTo(bytes, 0)
		select {
		case t.out <- bytes:
			t.sent.Add(1)
		default: // a device that waits would hold up the host
			t.full.Add(1)
		}
	}
	b.Release()
}

// arrived hands the host a packet.
func (t *tunnel) arrived(bytes []byte) {
	var b packet.Batch
	if r := t.receiver.Load(); b.New().Write(bytes) && r != nil && *r != nil {
		(*r).DeliverBatch(&b)
	}
	b.Release() // what nobody took
}

func (t *tunnel) SetReceiver(r link.Receiver) { t.receiver.Store(&r) }

func (t *tunnel) Capabilities() link.Capabilities {
	return link.Capabilities{MTU: 1420, Headers: link.HeaderNone}
}

func (t *tunnel) Stats() (s link.Stats) {
	s.TxPackets = t.sent.Load()
	s.Drops[link.DropQueueFull] = t.full.Load()
	return s
}

func (t *tunnel) Close() error {
	t.receiver.Store(nil)
	return nil
}

// Two hosts whose only link is a device of the caller's own, which carries IP packets.
// offload.New does for it what a network card would: segments and checksums.
func Example() {
	there, back := make(chan []byte, 1000), make(chan []byte, 1000)
	defer close(there) // when the hosts are closed
	defer close(back)
	clk := clock.NewReal()
	defer clk.Close()
	host := func(number uint64, address string, out, in chan []byte) *socket.Net {
		dev := &tunnel{out: out}
		s := stack.New(stack.Config{Clock: clk, Source: clock.Source(number), Seed: number})
		if err := s.AddInterface(stack.InterfaceConfig{
			Name: "tun0", Addresses: []netip.Prefix{netip.MustParsePrefix(address)},
		}, offload.New(dev)); err != nil {
			panic(err)
		}
		go func() {
			for bytes := range in {
				dev.arrived(bytes)
			}
		}()
		return &socket.Net{Stack: s}
	}
	client := host(1, "10.0.0.1/24", there, back)
	server := host(2, "10.0.0.2/24", back, there)
	defer client.Stack.Close()
	defer server.Stack.Close()

	l, err := server.Listen("tcp", ":7")
	if err != nil {
		panic(err)
	}
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		fmt.Fprint(c, "hello through the tunnel")
		c.Close()
	}()
	c, err := client.Dial("tcp", "10.0.0.2:7")
	if err != nil {
		panic(err)
	}
	text, err := io.ReadAll(c)
	fmt.Printf("%s, %v\n", text, err)
	// Output: hello through the tunnel, <nil>
}
