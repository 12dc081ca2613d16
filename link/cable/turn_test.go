package cable

import (
	"sync"
	"testing"
)

func TestTurn(t *testing.T) {
	var turn turn
	take := func(packets, bytes int) bool {
		now, ok := turn.free()
		return ok && turn.take(now, packets, bytes)
	}
	stop := func(taken bool, packets, bytes uint64) {
		t.Helper()
		if a, b, c := turn.stop(); a != taken || b != packets || c != bytes {
			t.Errorf("stopped: taken %v, %d packets of %d bytes; want %v, %d of %d", a, b, c, taken, packets, bytes)
		}
	}
	if !take(3, 200000) || take(1, 1) {
		t.Fatal("the turn is not taken once")
	}
	if !turn.give() || !take(maxTurn, maxTurn*1514) || !turn.give() {
		t.Fatal("a turn that was given is not free")
	}
	stop(false, 3+maxTurn, 200000+maxTurn*1514)
	stop(false, 0, 0)
	if take(1, 1) {
		t.Error("taken while it is stopped")
	}
	turn.open()

	if !take(1, 100) {
		t.Fatal("an open turn is not free")
	}
	stop(true, 1, 100)
	if turn.give() {
		t.Error("given, though it is stopped")
	}
	stop(true, 0, 0)
	turn.end()
	stop(false, 0, 0)
	turn.open()

	now, ok := turn.free()
	for range 100_000 { // who looked may be away for long
		stop(false, 0, 0)
		turn.open()
		if !ok || turn.take(now, 1, 1) {
			t.Fatal("taken, though it was stopped in between")
		}
	}
	if now, ok := turn.free(); !ok || turn.take(now, maxTurn+1, 1) {
		t.Error("taken for more packets than are counted")
	}
}

// The counters are emptied before they overflow.
func TestTurnFull(t *testing.T) {
	var turn turn
	var packets, bytes uint64
	for range 3 * maxTurn {
		now, ok := turn.free()
		if !ok {
			_, p, b := turn.stop()
			packets, bytes = packets+p, bytes+b
			turn.open()
			now, _ = turn.free()
		}
		if !turn.take(now, 2, 2*65553) || !turn.give() {
			t.Fatal("not free")
		}
	}
	_, p, b := turn.stop()
	if packets == 0 || packets+p != 6*maxTurn || bytes+b != uint64(6*maxTurn)*65553 {
		t.Errorf("%d packets of %d bytes, want %d of %d", packets+p, bytes+b, 6*maxTurn, uint64(6*maxTurn)*65553)
	}
}

// One at a time has the turn, and all are counted, while others stop it.
func TestTurnIsOnes(t *testing.T) {
	var (
		turn    turn
		mu      sync.Mutex
		n       int // guarded by the turn
		packets uint64
		group   sync.WaitGroup
	)
	const workers, each = 4, 2000
	for range workers {
		group.Go(func() {
			for range each {
				now, ok := turn.free()
				if ok && turn.take(now, 1, 60) {
					n++
					if turn.give() {
						continue
					}
					mu.Lock()
					turn.end()
				} else {
					mu.Lock()
				}
				// Somebody who has it ends it with the lock, so that it is not opened before.
				taken, p, _ := turn.stop()
				packets += p
				if !taken {
					turn.open()
				}
				mu.Unlock()
			}
		})
	}
	group.Wait()
	_, p, _ := turn.stop()
	if packets += p; packets != uint64(n) || n == 0 {
		t.Errorf("%d packets counted, %d handed over", packets, n)
	}
}
