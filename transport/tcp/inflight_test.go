package tcp

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// What is in flight is a mark for every sequence number.
func TestInflight(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 4))
		una := -Seq(r.IntN(2000))
		nxt := una
		var m Queues
		l := new(lone)
		var f inflight
		var model []mark // from una on
		for range 300 {
			switch r.IntN(6) {
			case 0, 1:
				n := 1 + r.IntN(300)
				*f.add(&m, l) = sent{seq: nxt, end: nxt.Add(n), size: 1}
				nxt = nxt.Add(n)
				model = append(model, make([]mark, n)...)
			case 2:
				n := r.IntN(min(len(model), 400) + 1)
				una = una.Add(n)
				f.ack(&m, una)
				model = model[n:]
			case 3, 4:
				if len(model) == 0 {
					continue
				}
				left := r.IntN(len(model))
				right := left + 1 + r.IntN(min(len(model)-left, 500))
				f.sack(una.Add(left), una.Add(right), nothing)
				for i := left; i < right; i++ {
					model[i] = markSACKed
				}
			case 5:
				if f.empty() {
					continue
				}
				i := r.IntN(len(f.live()))
				run := f.live()[i]
				if run.mark&markSACKed != 0 {
					continue
				}
				m := run.mark | markLost
				if run.mark&markLost != 0 {
					m |= markResent
				}
				f.setMark(i, m, 0)
				for k := run.seq; k != run.end; k++ {
					model[k.Sub(una)] = m
				}
			}
			checkInflight(t, &f, una, model)
		}
	}
}

func nothing(*sent) {}

func checkInflight(t *testing.T, f *inflight, una Seq, model []mark) {
	var sacked, lost, resent int32
	for _, m := range model {
		if m&markSACKed != 0 {
			sacked++
		}
		if m&markLost != 0 {
			lost++
		}
		if m&markResent != 0 {
			resent++
		}
	}
	if f.sacked != sacked || f.lost != lost || f.resent != resent {
		t.Fatalf("SACKed, lost, resent: %d %d %d, want %d %d %d", f.sacked, f.lost, f.resent, sacked, lost, resent)
	}
	at := una
	for i, r := range f.live() {
		if r.seq != at || r.len() <= 0 {
			t.Fatalf("run %d is [%d,%d), want it at %d", i, r.seq, r.end, at)
		}
		for ; at != r.end; at++ {
			if m := model[at.Sub(una)]; r.mark != m {
				t.Fatalf("%d is marked %b, want %b", at.Sub(una), r.mark, m)
			}
		}
		if i > 0 && f.live()[i-1].mark&r.mark&markSACKed != 0 {
			t.Fatalf("runs %d and %d are not joined", i-1, i)
		}
	}
	if at.Sub(una) != len(model) {
		t.Fatalf("runs end at %d, want %d", at.Sub(una), len(model))
	}
	if lost > resent {
		if i := f.find(f.nextLost); i < len(f.live()) {
			for _, r := range f.live()[:i] {
				if r.mark&(markLost|markResent) == markLost {
					t.Fatalf("[%d,%d) is lost, and not found from %d on", r.seq, r.end, f.nextLost)
				}
			}
		}
	}
}

// A peer that SACKs crumbs does not make the list of runs long.
func TestInflightCrumbs(t *testing.T) {
	var m Queues
	l := new(lone)
	var f inflight
	*f.add(&m, l) = sent{seq: 0, end: 1_000_000, size: 1000}
	for i := range 100_000 {
		f.sack(Seq(10*i+1), Seq(10*i+2), nothing)
	}
	if n := len(f.live()); n > 101 {
		t.Errorf("%d runs", n)
	}
	f.sack(0, 1_000_000, nothing)
	if len(f.live()) != 1 || f.sacked != 1_000_000 {
		t.Errorf("%d runs, %d bytes SACKed", len(f.live()), f.sacked)
	}
}

// RFC 6298, section 2, with an example worked out by hand.
func TestRTT(t *testing.T) {
	set := NewSettings(Settings{MinRTO: time.Millisecond})
	var e rttEstimator
	if got := e.rto(set); got != time.Second {
		t.Errorf("before the first measurement: %v", got)
	}
	for _, tt := range []struct{ sample, srtt, rttvar, rto, min time.Duration }{
		// SRTT = R, RTTVAR = R/2, RTO = SRTT + 4 RTTVAR
		{100 * time.Millisecond, 100 * time.Millisecond, 50 * time.Millisecond, 300 * time.Millisecond, 100 * time.Millisecond},
		// RTTVAR = 3/4 50 + 1/4 |100-180|, SRTT = 7/8 100 + 1/8 180
		{180 * time.Millisecond, 110 * time.Millisecond, 57500 * time.Microsecond, 340 * time.Millisecond, 100 * time.Millisecond},
		{30 * time.Millisecond, 100 * time.Millisecond, 63125 * time.Microsecond, 352500 * time.Microsecond, 30 * time.Millisecond},
	} {
		e.sample(tt.sample)
		if e.srtt != tt.srtt || e.rttvar != tt.rttvar || e.rto(set) != tt.rto || e.min != tt.min {
			t.Errorf("after %v: %+v, RTO %v, want %+v", tt.sample, e, e.rto(set), tt)
		}
	}
	for range 1000 {
		e.sample(0)
	}
	if got := e.rto(set); got < set.MinRTO || got > 2*time.Millisecond {
		t.Errorf("RTO %v on a perfect wire, want the least", got)
	}
	e.sample(1 << 60)
	if got := e.rto(set); got != set.MaxRTO {
		t.Errorf("RTO %v, want at most %v", got, set.MaxRTO)
	}
}

// The run that is the only one lies where the connection has room for it, until there are more.
func TestLoneRun(t *testing.T) {
	var m Queues
	var f inflight
	var l lone
	check := func(step string, want ...sent) {
		t.Helper()
		if !slices.Equal(f.live(), want) || f.empty() != (len(want) == 0) || f.isLone() && &f.live()[0] != &l.run[0] {
			t.Fatalf("%s: %+v, want %+v", step, f.live(), want)
		}
	}
	one, two := sent{seq: 10, end: 20}, sent{seq: 20, end: 25}
	*f.begin(&l) = one
	check("begin", one)
	f.ack(&m, 15)
	check("a part is acknowledged", sent{seq: 15, end: 20})
	f.ack(&m, 20)
	check("all of it is")
	*f.begin(&l) = one
	*f.add(&m, &l) = two
	check("add", one, two)
	f.ack(&m, 20)
	check("the first is acknowledged", two)
	f.reset(&m)
	check("reset")
	*f.begin(&l) = one
	f.split(0, 13)
	check("split", sent{seq: 10, end: 13}, sent{seq: 13, end: 20})
	f.reset(&m)
	for _, a := range m.runs.free {
		if &a.items[:1][0] == &l.run[0] {
			t.Error("the connection's own room is lent to others")
		}
	}
	if n := testing.AllocsPerRun(100, func() {
		*f.begin(&l) = one
		*f.add(&m, &l) = two
		f.ack(&m, 25)
	}); n != 0 {
		t.Errorf("a second run allocates %v times", n)
	}
}
