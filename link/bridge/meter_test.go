package bridge

import (
	"testing"
	"testing/synctest"
	"time"

	"thinnet/clock"
	"thinnet/link/cable"
	"thinnet/link/internal/linktest"
	"thinnet/packet"
	"thinnet/wire"
)

func TestMeter(t *testing.T) {
	m := newMeter(30) // 3 in a window
	for i, now := range []clock.Time{0, 1, 2, 3, clock.Time(window) - 1, clock.Time(window)} {
		m.turn(now)
		if got, want := m.take(), i < 3 || i == 5; got != want {
			t.Errorf("frame %d at %d: %t, want %t", i, now, got, want)
		}
	}
	if m := newMeter(1); m.limit != 1 {
		t.Errorf("a rate of 1 allows %d in a window", m.limit)
	}
}

// Two bridges that each think an address is behind the other throw its frames to
// and fro. The rate holds that, in real time and where no time passes.
func TestUnicastLoop(t *testing.T) {
	for name, newClock := range map[string]func() clock.Clock{
		"real":    func() clock.Clock { return clock.NewReal() },
		"ordered": func() clock.Clock { return clock.NewOrdered(synctest.Wait) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				linktest.NoLeaks(t)
				clk := newClock()
				defer clk.Close()
				var bridges [2]*Bridge
				for i := range bridges {
					bridges[i], _ = New(clk, Config{Rate: 1000, Source: clock.Source(i)})
					defer bridges[i].Close()
				}
				for i := range 2 {
					c, err := cable.New(clk, cable.Config{Sources: [2]clock.Source{clock.Source(2 + 2*i), clock.Source(3 + 2*i)}})
					if err != nil {
						t.Fatal(err)
					}
					defer c.Close()
					bridges[0].Attach(c.A())
					bridges[1].Attach(c.B())
				}
				lost := wire.MAC{2, 0, 0, 0, 0, 9}
				bridges[0].table.learn(lost, 0, clk.Now())
				bridges[1].table.learn(lost, 1, clk.Now())
				var b packet.Batch
				linktest.Frame(b.New(), lost, wire.MAC{2, 0, 0, 0, 0, 8}, 0, 4)
				bridges[0].ports[1].DeliverBatch(&b)
				time.Sleep(10 * time.Second)
				if n := bridges[0].Stats(1).RxPackets; n < 9_000 || n > 11_000 {
					t.Errorf("%d turns in 10 s, want 1000 a second", n)
				}
			})
		})
	}
}
