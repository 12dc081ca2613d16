package tcp

import (
	"sort"

	"thinnet/clock"
)

// sent is a run of sequence numbers that was sent in one segment, or in one
// super-segment, and is not acknowledged.
type sent struct {
	seq, end Seq
	at       clock.Time // when it was last sent
	size     uint16     // bytes of payload in each of its segments; 0: it is one
	mark     mark

	// What was known of the rate when it was last sent: see deliveryRate.
	limited        bool   // P.is_app_limited
	delivered      uint32 // P.delivered
	sinceDelivered uint32 // ticks from P.delivered_time until it was sent
	sinceFirst     uint32 // ticks from P.first_sent_time until it was sent
}

type mark uint8

// What is known of a run that was sent.
const (
	markSACKed  mark = 1 << iota // the peer has it
	markLost                     // taken for lost
	markResent                   // sent again since it was taken for lost
	markRetrans                  // ever sent again: no good for measuring (Karn)
	markTwice                    // sent again more than once: no telling which it was
	markFIN                      // its last sequence number is the FIN
	markPush                     // its last segment had PSH
	markExcused                  // lost and not sent again, but not for congestion
)

func (r *sent) len() int { return r.end.Sub(r.seq) }

// segment returns the bytes of payload in one of the run's segments, the largest.
func (r *sent) segment() int {
	if r.size != 0 {
		return min(int(r.size), r.len())
	}
	return r.len()
}

// segments returns which of the run's segments lie whole in [left, right).
func (r *sent) segments(left, right Seq) (from, to Seq) {
	size := int(r.size)
	if size == 0 {
		size = r.len()
	}
	from, to = r.seq, r.end
	if from.Less(left) {
		from = from.Add((left.Sub(from) + size - 1) / size * size)
	}
	if right.Less(to) {
		to = r.seq.Add(right.Sub(r.seq) / size * size)
	}
	return from, to
}

// Bounds of the runs in flight. Each acknowledgement that reports a hole looks at all of
// them, so a peer must not make them many by a small segment size and a report of every
// second segment (CVE-2019-11477 to 11479).
const (
	maxRuns  = 1 << 16 // then nothing new is sent: 64 MiB are 46,000 segments of usual size
	maxHoles = 1 << 13 // and one a KiB: then no run is cut to note that the peer has a part of it
)

// inflight is what was sent and not acknowledged, in order and without gaps. It
// keeps the sums that say how much of it is still on the way.
type inflight struct {
	runs fifo[sent]

	// Bytes of the runs that are marked so.
	sacked int32
	lost   int32 // markLost
	resent int32 // markResent, and not yet acknowledged: on the way a second time

	excused int32 // markExcused

	nextLost Seq // nothing before it is marked lost and not sent again; valid if lost > resent
}

func (f *inflight) live() []sent { return f.runs.live() }

func (f *inflight) empty() bool { return f.runs.empty() }

// alarming returns the bytes that are lost and not sent again, and may be so for
// congestion.
func (f *inflight) alarming() int { return int(f.lost - f.resent - f.excused) }

// add adds a run behind the others, and returns it. Its content is undefined.
func (f *inflight) add(m *Queues, l *lone) *sent {
	if f.empty() {
		return f.begin(l)
	}
	if f.isLone() {
		f.leave(m.runs.borrow())
	}
	return f.runs.add(&m.runs)
}

// lone is where a run lies that is the only one: in what the connection has for its data
// anyway, so that a question borrows nothing until its answer.
type lone struct {
	array array[sent] // of run
	run   [1]sent
}

// begin adds the first run, and returns it. Its content is undefined.
func (f *inflight) begin(l *lone) *sent {
	l.array.items = l.run[:]
	f.runs.array = &l.array
	return &l.run[0]
}

// isLone reports whether there is one run, which begin added. What is borrowed has room for
// more.
func (f *inflight) isLone() bool { return f.runs.array != nil && cap(f.runs.array.items) == 1 }

// held returns how many bytes of memory the runs take, but for a lone one.
func (f *inflight) held() int {
	if f.isLone() {
		return 0
	}
	return f.runs.len() * runSize
}

// leave moves a lone run to a.
//
//go:noinline // twice, and not often
func (f *inflight) leave(a *array[sent]) {
	a.items = append(a.items, f.runs.array.items[0])
	f.runs.array = a
}

// find returns the index in live() of the first run that ends behind seq.
func (f *inflight) find(seq Seq) int {
	runs := f.live()
	return sort.Search(len(runs), func(i int) bool { return seq.Less(runs[i].end) })
}

// cutUp reports whether there are too many runs to make one more by a report.
func (f *inflight) cutUp() bool {
	runs := f.live()
	n := len(runs)
	return n >= maxHoles && n >= maxHoles+runs[n-1].end.Sub(runs[0].seq)>>10
}

// split cuts run i of live() at seq, which lies inside it.
func (f *inflight) split(i int, seq Seq) {
	if f.isLone() {
		f.leave(new(array[sent]))
	}
	second := f.live()[i]
	second.seq = seq
	first := &f.live()[i]
	first.end = seq
	first.mark &^= markFIN | markPush
	f.runs.insert(i+1, second)
}

// forget takes a run's bytes out of the sums.
func (f *inflight) forget(m mark, n int32) {
	if m&markSACKed != 0 {
		f.sacked -= n
	}
	if m&markLost != 0 {
		f.lost -= n
	}
	if m&markResent != 0 {
		f.resent -= n
	}
	if m&markExcused != 0 {
		f.excused -= n
	}
}

// setMark changes the marks of run i of live().
func (f *inflight) setMark(i int, set, unset mark) {
	r := &f.live()[i]
	n := int32(r.len())
	if set&markLost != 0 && (f.lost == f.resent || r.seq.Less(f.nextLost)) {
		f.nextLost = r.seq
	}
	f.forget(r.mark, n)
	r.mark = r.mark&^unset | set
	f.forget(r.mark, -n)
}

// sack marks [left, right) as received by the peer, calls news for every run that
// was not marked so before, and returns their bytes. Runs that are marked side by
// side become one. A segment of which the peer has only a part counts as missing, so
// that nobody can cut us to crumbs; and so does what lies in the middle of a run when
// there are too many: refused counts how often.
func (f *inflight) sack(left, right Seq, news func(r *sent)) (n, refused int) {
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
		from, to := r.segments(left, right)
		if to.LessEq(from) {
			continue
		}
		if (r.seq.Less(from) || to.Less(r.end)) && f.cutUp() {
			refused++
			continue
		}
		if r.seq.Less(from) {
			f.split(i, from)
			continue
		}
		if to.Less(r.end) {
			f.split(i, to)
		}
		news(&f.live()[i])
		f.setMark(i, markSACKed, markLost|markResent|markExcused)
	}
	if f.sacked > before {
		f.join(max(first-1, 0), min(i+1, len(f.live())))
	}
	return int(f.sacked - before), refused
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
	f.runs.cut(n, to)
}

// ack drops what lies before seq.
func (f *inflight) ack(m *Queues, seq Seq) {
	runs, gone := f.live(), 0
	if n := len(runs); n > 0 && runs[n-1].end.LessEq(seq) {
		f.reset(m)
		return
	}
	for ; gone < len(runs); gone++ {
		r := &runs[gone]
		if seq.LessEq(r.seq) {
			break
		}
		if seq.Less(r.end) {
			f.forget(r.mark, int32(seq.Sub(r.seq)))
			r.seq = seq
			break
		}
		f.forget(r.mark, int32(r.len()))
	}
	f.runs.drop(&m.runs, gone)
}

// reset forgets everything.
func (f *inflight) reset(m *Queues) {
	if !f.isLone() {
		f.runs.release(&m.runs)
	}
	*f = inflight{}
}
