package tcp

import (
	"slices"

	"thinnet/clock"
)

// sent is a run of sequence numbers that was sent in one segment, or in one
// super-segment, and is not acknowledged.
type sent struct {
	seq, end Seq
	at       clock.Time // when it was last sent
	mark     mark
}

type mark uint8

// What is known of a run that was sent.
const (
	markSACKed  mark = 1 << iota // the peer has it
	markLost                     // taken for lost
	markResent                   // sent again since it was taken for lost
	markRetrans                  // ever sent again: no good for measuring (Karn)
	markFIN                      // its last sequence number is the FIN
	markPush                     // its last segment had PSH
)

func (r *sent) len() int { return r.end.Sub(r.seq) }

// inflight is what was sent and not acknowledged, in order and without gaps. It
// keeps the sums that say how much of it is still on the way.
type inflight struct {
	runs []sent
	head int // runs[:head] are gone

	// Bytes of the runs that are marked so.
	sacked int
	lost   int // markLost
	resent int // markResent, and not yet acknowledged: on the way a second time

	nextLost Seq // nothing before it is marked lost and not sent again; valid if lost > resent
}

func (f *inflight) live() []sent { return f.runs[f.head:] }

func (f *inflight) empty() bool { return f.head == len(f.runs) }

// push adds a run behind the others.
func (f *inflight) push(r sent) {
	if f.empty() {
		f.runs, f.head = f.runs[:0], 0
	}
	f.runs = append(f.runs, r)
}

// find returns the index in live() of the first run that ends behind seq.
func (f *inflight) find(seq Seq) int {
	i, _ := slices.BinarySearchFunc(f.live(), seq, func(r sent, s Seq) int {
		if s.Less(r.end) {
			return 1
		}
		return -1
	})
	return i
}

// split cuts run i of live() at seq, which lies inside it.
func (f *inflight) split(i int, seq Seq) {
	i += f.head
	second := f.runs[i]
	second.seq = seq
	f.runs[i].end = seq
	f.runs[i].mark &^= markFIN | markPush
	f.runs = slices.Insert(f.runs, i+1, second)
}

// anyResent reports whether something that was sent again is on its way.
func (f *inflight) anyResent() bool {
	return slices.ContainsFunc(f.live(), func(r sent) bool {
		return r.mark&(markRetrans|markSACKed) == markRetrans
	})
}

// forget takes a run's bytes out of the sums.
func (f *inflight) forget(m mark, n int) {
	if m&markSACKed != 0 {
		f.sacked -= n
	}
	if m&markLost != 0 {
		f.lost -= n
	}
	if m&markResent != 0 {
		f.resent -= n
	}
}

// setMark changes the marks of run i of live().
func (f *inflight) setMark(i int, set, unset mark) {
	r := &f.runs[f.head+i]
	n := r.len()
	if set&markLost != 0 && (f.lost == f.resent || r.seq.Less(f.nextLost)) {
		f.nextLost = r.seq
	}
	f.forget(r.mark, n)
	r.mark = r.mark&^unset | set
	f.forget(r.mark, -n)
}

// sack marks [left, right) as received by the peer, calls news for every run that
// was not marked so before, and returns their bytes. Runs that are marked side by
// side become one. There will not be more than maxRuns: what would have to be cut
// for it is passed over.
func (f *inflight) sack(left, right Seq, maxRuns int, news func(r *sent)) int {
	before := f.sacked
	first := f.find(left)
	i := first
	for ; i < len(f.live()); i++ {
		r := f.live()[i]
		if right.LessEq(r.seq) {
			break
		}
		if r.mark&markSACKed != 0 {
			continue
		}
		if cut := r.seq.Less(left) || right.Less(r.end); cut && len(f.live()) >= maxRuns {
			continue
		}
		if r.seq.Less(left) {
			f.split(i, left)
			continue
		}
		if right.Less(r.end) {
			f.split(i, right)
		}
		news(&f.live()[i])
		f.setMark(i, markSACKed, markLost|markResent)
	}
	if f.sacked > before {
		f.join(max(first-1, 0), min(i+1, len(f.live())))
	}
	return f.sacked - before
}

// join makes one run of those in live()[from:to] that are SACKed side by side.
func (f *inflight) join(from, to int) {
	runs := f.live()
	n := from + 1
	for _, r := range runs[n:to] {
		if last := &runs[n-1]; last.mark&r.mark&markSACKed != 0 {
			last.end = r.end
			last.mark |= r.mark
			continue
		}
		runs[n] = r
		n++
	}
	f.runs = append(f.runs[:f.head+n], runs[to:]...)
}

// ack drops what lies before seq.
func (f *inflight) ack(seq Seq) {
	for !f.empty() {
		r := &f.runs[f.head]
		if seq.LessEq(r.seq) {
			break
		}
		if seq.Less(r.end) {
			f.forget(r.mark, seq.Sub(r.seq))
			r.seq = seq
			break
		}
		f.forget(r.mark, r.len())
		f.head++
	}
	if f.empty() {
		f.runs, f.head = f.runs[:0], 0
	} else if f.head >= 64 && 2*f.head >= len(f.runs) {
		k := copy(f.runs, f.runs[f.head:])
		f.runs, f.head = f.runs[:k], 0
	}
}

// reset forgets everything.
func (f *inflight) reset() { *f = inflight{} }
