package offload_test

import (
	"bytes"
	"sync"
	"testing"

	"thinnet/link"
	"thinnet/link/internal/linktest"
	"thinnet/link/offload"
	"thinnet/packet"
	"thinnet/wire"
)

// card is a device that keeps what is written to it.
type card struct {
	link.Device
	caps link.Capabilities
	linktest.Sink
}

func (c *card) Capabilities() link.Capabilities { return c.caps }
func (c *card) Stats() link.Stats               { return link.Stats{TxPackets: 1} }
func (c *card) WriteBatch(b *packet.Batch)      { c.DeliverBatch(b) }

func TestCapabilities(t *testing.T) {
	d := offload.New(&card{caps: link.Capabilities{MTU: 1400, Headers: link.HeaderNone}})
	want := link.Capabilities{MTU: 1400, MaxSegmented: 65535, Checksum: true, Headers: link.HeaderNone}
	if got := d.Capabilities(); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestSplitsAndSums(t *testing.T) {
	linktest.NoLeaks(t)
	c := &card{caps: link.Capabilities{MTU: 1500}}
	d := offload.New(c)
	payload := bytes.Repeat([]byte("0123456789"), 600)
	for _, vlan := range []bool{false, true} {
		var b packet.Batch
		linktest.Frame(b.New(), linktest.DstMAC, linktest.SrcMAC, 1, 4)
		linktest.Segment{Size: 1460, VLAN: vlan}.TCP(b.New(), payload)
		linktest.Segment{VLAN: vlan}.UDP(b.New(), payload[:100])
		linktest.Frame(b.New(), linktest.DstMAC, linktest.SrcMAC, 2, 4)
		d.WriteBatch(&b)
		if b.Len() != 0 {
			t.Errorf("%d packets left", b.Len())
		}
		frames := c.Frames()
		if len(frames) != 1+5+1+1 {
			t.Fatalf("%d frames", len(frames))
		}
		var got []byte
		network := wire.EthernetLen
		if vlan {
			network += wire.VLANLen
		}
		for _, f := range frames[1:7] {
			if !linktest.ChecksumOK(f) || len(f)-network > 1500 {
				t.Errorf("wrong checksum, or %d bytes", len(f))
			}
		}
		for _, f := range frames[1:6] {
			got = append(got, f[network+40:]...)
		}
		if !bytes.Equal(got, payload) {
			t.Error("other payload")
		}
		if linktest.Number(frames[0]) != 1 || linktest.Number(frames[7]) != 2 {
			t.Error("not in order")
		}
	}
}

// What the inner device can do is left to it.
func TestLeavesTheRest(t *testing.T) {
	linktest.NoLeaks(t)
	for _, tt := range []struct {
		name     string
		caps     link.Capabilities
		frames   int
		checksum packet.Checksum
	}{
		{"all", link.Capabilities{MTU: 1500, MaxSegmented: 65535, Checksum: true}, 1, packet.ChecksumPartial},
		{"checksums", link.Capabilities{MTU: 1500, Checksum: true}, 6, packet.ChecksumPartial},
		{"nothing", link.Capabilities{MTU: 1500}, 6, packet.ChecksumNone},
		{"short super-segments", link.Capabilities{MTU: 1500, MaxSegmented: 5999, Checksum: true}, 6, packet.ChecksumPartial},
		{"longer ones", link.Capabilities{MTU: 1500, MaxSegmented: 6000, Checksum: true}, 1, packet.ChecksumPartial},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := &card{caps: tt.caps}
			c.Each = func(p *packet.Packet) {
				if p.Checksum != tt.checksum {
					t.Errorf("checksum state %d, want %d", p.Checksum, tt.checksum)
				}
			}
			var b packet.Batch
			linktest.Segment{Size: 1000}.TCP(b.New(), make([]byte, 6000-40))
			offload.New(c).WriteBatch(&b)
			if n := len(c.Frames()); n != tt.frames {
				t.Errorf("%d frames, want %d", n, tt.frames)
			}
		})
	}
}

func TestBadFramesAreCounted(t *testing.T) {
	linktest.NoLeaks(t)
	c := &card{caps: link.Capabilities{MTU: 1500}}
	d := offload.New(c)
	var b packet.Batch
	linktest.Segment{Size: 1460}.TCP(b.New(), make([]byte, 4000))
	b.At(0).SegmentSize = 0
	linktest.Frame(b.New(), linktest.DstMAC, linktest.SrcMAC, 1, 4)
	b.At(1).Checksum, b.At(1).ChecksumStart = packet.ChecksumPartial, 5000
	linktest.Frame(b.New(), linktest.DstMAC, linktest.SrcMAC, 2, 4)
	d.WriteBatch(&b)
	if f := c.Frames(); len(f) != 1 || linktest.Number(f[0]) != 2 {
		t.Errorf("%d frames", len(f))
	}
	if s := d.Stats(); s.Drops[link.DropBadFrame] != 2 || s.TxPackets != 1 {
		t.Errorf("%+v", s)
	}
}

func TestManyWriters(t *testing.T) {
	linktest.NoLeaks(t)
	c := &card{caps: link.Capabilities{MTU: 1500}}
	d := offload.New(c)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			var b packet.Batch
			for range 20 {
				linktest.Segment{Size: 1000}.TCP(b.New(), make([]byte, 10000))
				d.WriteBatch(&b)
			}
		})
	}
	all.Wait()
	if n := len(c.Frames()); n != 4*20*10 {
		t.Errorf("%d frames", n)
	}
}

// drain is a device that discards what is written.
type drain struct {
	link.Device
	caps link.Capabilities
}

func (d *drain) Capabilities() link.Capabilities { return d.caps }
func (d *drain) WriteBatch(b *packet.Batch)      { b.Release() }

func benchmark(b *testing.B, caps link.Capabilities) {
	const payload = 44 * 1460
	d := offload.New(&drain{caps: caps})
	var super packet.Packet
	linktest.Segment{Size: 1460}.TCP(&super, make([]byte, payload))
	defer super.Release()
	var batch packet.Batch
	b.SetBytes(payload)
	b.ReportAllocs()
	for b.Loop() {
		super.CloneTo(batch.New())
		d.WriteBatch(&batch)
	}
}

func BenchmarkSplitAndSum(b *testing.B) { benchmark(b, link.Capabilities{MTU: 1500}) }
func BenchmarkSplit(b *testing.B)       { benchmark(b, link.Capabilities{MTU: 1500, Checksum: true}) }
func BenchmarkPass(b *testing.B) {
	benchmark(b, link.Capabilities{MTU: 1500, MaxSegmented: 65535, Checksum: true})
}
