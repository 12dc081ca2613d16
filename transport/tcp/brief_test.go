package tcp

import (
	"testing"
	"time"

	"thinnet/packet"
)

// established returns two ends that have shaken hands, on a wire that loses nothing.
func established(t *testing.T) *sim {
	s := newSim(t, 1)
	s.open(Settings{})
	for s.ends[1].conn.State() != Established {
		s.step(s.now.Add(time.Second))
	}
	return s
}

// waitReadable lets time pass until end 1 has n bytes to read.
func (s *sim) waitReadable(n int) {
	for limit := s.now.Add(time.Minute); s.ends[1].conn.Readable() < n; {
		if !s.step(limit) {
			s.t.Fatalf("%d bytes of %d have arrived\n%s", s.ends[1].conn.Readable(), n, s.dump())
		}
	}
}

// Few bytes need no slab, from one user to the other, however they are written and read.
func TestBrief(t *testing.T) {
	s := established(t)
	live := packet.Live()
	for range 100 {
		s.ends[0].write(1)
		s.ends[0].write(BriefSize - 1)
		s.waitReadable(BriefSize)
		s.ends[1].readSome(1)
		s.ends[1].readSome(BriefSize)
		for s.ends[0].conn.SendQueue() > 0 {
			s.step(s.now.Add(time.Second))
		}
		if s.ends[1].conn.Readable() != 0 || packet.Live() != live {
			t.Fatalf("%d bytes are left, and %d slabs in use", s.ends[1].conn.Readable(), packet.Live()-live)
		}
	}
}

// What is lost is sent again out of the same memory, whatever of it has arrived, and even
// when more has come behind it meanwhile.
func TestBriefLost(t *testing.T) {
	for _, behind := range []int{0, 1, BriefSize - 20, BriefSize - 19, 1500} {
		s := established(t)
		for range 10 {
			from := s.ends[1].read
			s.ends[0].write(10)
			s.loss = 1
			s.ends[0].write(10)
			if s.loss = 0; behind > 0 {
				s.ends[0].write(behind)
			}
			s.waitReadable(20 + behind)
			s.ends[1].readSome(20 + behind)
			if n := s.ends[1].read - from; n != 20+behind {
				t.Fatalf("read %d bytes, want %d", n, 20+behind)
			}
			s.step(s.now.Add(time.Second)) // or the end of what comes next may be lost as well
		}
		if s.ends[0].conn.Info(s.now).TotalRetrans < 10 {
			t.Errorf("nothing was lost with %d bytes behind it", behind)
		}
	}
}

// What is written before there is a connection may have to go with a SYN, for which it must
// lie in a slab: there is no memory for it yet.
func TestBriefTooEarly(t *testing.T) {
	s := newSim(t, 1)
	s.open(Settings{})
	if c := &s.ends[0].conn; c.WriteBrief([]byte{1}) || c.SendQueue() != 0 || c.data != nil {
		t.Errorf("in %v %d bytes were queued", c.State(), c.SendQueue())
	}
}
