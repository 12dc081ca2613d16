package cable_test

import (
	"testing"
	"time"

	"thinnet/clock"
	"thinnet/link/cable"
	"thinnet/link/internal/linktest"
	"thinnet/packet"
)

// BenchmarkPerfect writes one small frame at a time.
func BenchmarkPerfect(b *testing.B) {
	c := newCable(b, clock.NewReal(), cable.Config{})
	var drain linktest.Drain
	c.B().SetReceiver(&drain)
	var batch packet.Batch
	b.ReportAllocs()
	for b.Loop() {
		linktest.Frame(batch.New(), linktest.DstMAC, linktest.SrcMAC, 0, 4)
		c.A().WriteBatch(&batch)
	}
}

// benchSuper writes super-segments of 44 wire frames.
func benchSuper(b *testing.B, cfg cable.Config) {
	const payload = 44 * 1460
	c := newCable(b, clock.NewReal(), cfg)
	var drain linktest.Drain
	c.B().SetReceiver(&drain)
	var super packet.Packet
	linktest.Segment{Size: 1460}.TCP(&super, make([]byte, payload))
	defer super.Release()
	var batch packet.Batch
	b.SetBytes(payload)
	b.ReportAllocs()
	for b.Loop() {
		super.CloneTo(batch.New())
		c.A().WriteBatch(&batch)
	}
}

func BenchmarkPerfectSuper(b *testing.B) { benchSuper(b, cable.Config{}) }

func BenchmarkStrictSuper(b *testing.B) { benchSuper(b, cable.Config{Strict: true}) }

func BenchmarkImpairedSuper(b *testing.B) {
	benchSuper(b, cable.Config{Impairments: both(cable.Impairment{
		Delay: 10 * time.Microsecond, Loss: .01, Duplicate: .01, Reorder: .01,
	})})
}
