package stack

import "testing"

// model is the inbox's protocol, a step an atomic operation: what may happen in between is
// all that others do. The locks are the host's and the inbox's.
type model struct {
	host, mu  int8 // who has the lock, from 1; 0: nobody
	attending int8
	waiting   bool
	batch     int8 // packets that wait
	pc        [3]int8
}

// The three that run side by side: one who delivers twice, one who delivers once, and a
// user who attends while he copies.
var modelUsers = [3]func(m *model, me int8) bool{
	func(m *model, me int8) bool { return m.deliver(me, 2) },
	func(m *model, me int8) bool { return m.deliver(me, 1) },
	(*model).copies,
}

// done is the place where a program ends.
const done = 100

// deliver is DeliverBatch, so many times: put, and pump if nobody attends.
func (m *model) deliver(me, times int8) bool {
	pc := &m.pc[me-1]
	switch round, at := *pc/16, *pc%16; at {
	case 0:
		return m.take(&m.mu, me)
	case 1:
		m.batch++
		*pc++
	case 2:
		m.waiting = true
		*pc++
	case 3: // attended?
		m.mu = 0
		if m.attending > 0 {
			m.next(me, round, times)
		} else {
			*pc++
		}
	default:
		return m.pump(me, at-4, func() { m.next(me, round, times) })
	}
	return true
}

func (m *model) next(me, round, times int8) {
	m.pc[me-1] = 16 * (round + 1)
	if round+1 == times {
		m.pc[me-1] = done
	}
}

// copies is takeInto: attend, copy without the lock, leave, and pump if there is something.
func (m *model) copies(me int8) bool {
	pc := &m.pc[me-1]
	switch at := *pc; at {
	case 0:
		m.attending++
		*pc++
	case 1:
		m.attending--
		*pc++
	case 2:
		if *pc++; !m.waiting {
			*pc = done
		}
	default:
		return m.pump(me, at-3, func() { *pc = done })
	}
	return true
}

// pump is pump with the host's lock: work until leave says that nothing waits.
func (m *model) pump(me, at int8, end func()) bool {
	pc := &m.pc[me-1]
	switch at {
	case 0:
		return m.take(&m.host, me)
	case 1:
		m.attending++
		*pc++
	case 2: // is there something to take?
		if *pc++; !m.waiting {
			*pc += 2
		}
	case 3:
		return m.take(&m.mu, me)
	case 4:
		m.batch, m.waiting, m.mu = 0, false, 0
		*pc++
	case 5:
		m.attending--
		*pc++
	case 6:
		if m.waiting {
			*pc -= 5
			return true
		}
		m.host = 0
		end()
	}
	return true
}

// take takes a lock and reports whether it was free.
func (m *model) take(lock *int8, me int8) bool {
	if *lock != 0 {
		return false
	}
	*lock = me
	m.pc[me-1]++
	return true
}

// However those who deliver and a user who attends come between each other, nothing is left
// in the inbox when all have gone, and nobody waits for a lock for ever.
func TestInboxInterleavings(t *testing.T) {
	seen := map[model]bool{}
	ends := 0
	var walk func(m model)
	walk = func(m model) {
		if seen[m] || t.Failed() {
			return
		}
		seen[m] = true
		moved, gone := false, true
		for i, step := range modelUsers {
			if m.pc[i] == done {
				continue
			}
			gone = false
			n := m
			if step(&n, int8(i+1)) {
				moved = true
				walk(n)
			}
		}
		switch {
		case gone:
			ends++
			if m.batch != 0 || m.attending != 0 {
				t.Errorf("stranded: %+v", m)
			}
		case !moved:
			t.Errorf("stuck: %+v", m)
		}
	}
	walk(model{})
	if len(seen) < 1000 || ends == 0 {
		t.Errorf("%d states and %d ends were seen", len(seen), ends)
	}
}
