package stack

import "testing"

// keepsModel is a sender who keeps datagrams and their reader, each with the lock of his host:
// a step is what nobody comes in between of, be it for a lock.
type keepsModel struct {
	sender, reader int8 // who has the host's lock, from 1; 0: nobody
	pc             [2]int8

	written                    int8
	kept, carried, batch, read int8 // where the datagrams are
	sending                    bool // somebody carries
	alone, muted               bool
	parked, woken              bool
}

// toWrite is how many datagrams the sender writes.
const toWrite = 4

// The places of both programs.
const (
	atBegin   = iota
	atWrite   // the sender has the lock
	atCarry   // whoever has the sender's lock: is there something, and does nobody carry?
	atPut     // to the inbox
	atWake    // the reader's host works it off
	atBack    // it is carried: is there more?
	atLook    // the reader has the lock: take what waits
	atEager   // nothing waits: leave nobody alone any more
	atFetch   // have sent what is kept
	atFetched // back for the lock
	atLast    // look once more
	atParked
	atEnd
)

// lock takes a lock, if it is free, and goes on from there.
func (m *keepsModel) lock(l *int8, me, then int8) bool {
	if *l != 0 {
		return false
	}
	*l = me
	m.pc[me-1] = then
	return true
}

// carry is send, which begins with the sender's lock and lets go of it at its end.
func (m *keepsModel) carry(me, then int8) bool {
	pc := &m.pc[me-1]
	switch *pc {
	case atCarry:
		m.sender = 0
		if *pc = then; m.kept > 0 && !m.sending {
			m.sending = true
			m.carried, m.kept = m.kept, 0
			*pc = atPut
		}
	case atPut:
		m.batch += m.carried
		m.carried = 0
		m.muted = m.alone
		if *pc = atBack; !m.alone {
			*pc = atWake
		}
	case atWake:
		if m.reader != 0 {
			return false
		}
		m.woken = m.parked
		*pc = atBack
	case atBack:
		if !m.lock(&m.sender, me, atCarry) {
			return false
		}
		m.sending = false
	}
	return true
}

// writes is the sender: so many times UDPConn.write.
func (m *keepsModel) writes() bool {
	pc := &m.pc[0]
	switch *pc {
	case atBegin:
		if m.written < toWrite {
			return m.lock(&m.sender, 1, atWrite)
		}
		*pc = atEnd
	case atWrite:
		m.written++
		m.kept++
		if *pc = atCarry; m.muted {
			m.sender = 0
			*pc = atBegin
		}
	default:
		return m.carry(1, atBegin)
	}
	return true
}

// reads is the reader: UDPConn.waitReadable until everything has come.
func (m *keepsModel) reads() bool {
	pc := &m.pc[1]
	switch *pc {
	case atBegin:
		return m.lock(&m.reader, 2, atLook)
	case atLook, atLast:
		switch {
		case m.batch > 0:
			m.read += m.batch
			m.batch, m.reader = 0, 0
			m.alone = true
			if *pc = atBegin; m.read == toWrite {
				*pc = atEnd
			}
		case *pc == atLook:
			*pc = atEager
		default:
			m.parked, m.reader = true, 0
			*pc = atParked
		}
	case atEager:
		m.alone, m.muted, m.reader = false, false, 0
		*pc = atFetch
	case atFetch:
		return m.lock(&m.sender, 2, atCarry)
	case atFetched:
		return m.lock(&m.reader, 2, atLast)
	case atParked:
		if !m.woken {
			return false
		}
		m.parked, m.woken = false, false
		*pc = atBegin
	default:
		return m.carry(2, atFetched)
	}
	return true
}

// However a sender and a reader come between each other, no reader waits for a datagram that
// the sender keeps.
func TestKeepsInterleavings(t *testing.T) {
	seen := map[keepsModel]bool{}
	ends, muted := 0, false
	var walk func(m keepsModel)
	walk = func(m keepsModel) {
		if seen[m] || t.Failed() {
			return
		}
		seen[m] = true
		muted = muted || m.muted && m.kept > 0
		moved := false
		for i, step := range []func(*keepsModel) bool{(*keepsModel).writes, (*keepsModel).reads} {
			n := m
			if m.pc[i] != atEnd && step(&n) {
				moved = true
				walk(n)
			}
		}
		switch {
		case m.pc == [2]int8{atEnd, atEnd}:
			ends++
		case !moved:
			t.Errorf("stuck: %+v", m)
		}
	}
	walk(keepsModel{})
	if len(seen) < 500 || ends == 0 || !muted {
		t.Errorf("%d states and %d ends were seen, and something kept: %v", len(seen), ends, muted)
	}
}
