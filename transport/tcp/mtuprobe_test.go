package tcp

import (
	"fmt"
	"testing"
	"time"
)

// The search finds what any path takes, but for what is not worth a probe, and what IP
// says to the byte.
func TestMTUSearch(t *testing.T) {
	const base, top, threshold = 1064, 1500, 8
	for path := base; path <= top; path++ {
		s := mtuSearch{low: base, high: top, size: base}
		probes := 0
		for s.next(threshold) != 0 {
			probes++
			if s.probe = s.next(threshold); s.probe <= s.size || s.probe > top {
				t.Fatalf("path of %d: a probe of %d when %d is in use", path, s.probe, s.size)
			}
			if s.probe <= path {
				s.arrived()
			} else {
				s.lost()
			}
		}
		if s.size > path || path-s.size >= threshold || path == top && s.size != top || probes > 8 {
			t.Errorf("path of %d: found %d with %d probes", path, s.size, probes)
		}
	}
}

// A path that swallows what is too long, without a word, carries a transfer anyway, and
// in the end with segments nearly as long as it takes.
func TestBlackHole(t *testing.T) {
	for _, path := range []int{600, 1064, 1300, 1492} {
		for _, set := range []Settings{
			{},
			{NoSACK: true},
			{NoTimestamps: true},
			{MTUProbing: MTUProbingAlways},
			{MTUProbing: MTUProbingAlways, NoSACK: true, NoTimestamps: true},
		} {
			for _, super := range []int{0, 65535} {
				name := fmt.Sprintf("%d %d sack %v ts %v super %d", path, set.MTUProbing, !set.NoSACK, !set.NoTimestamps, super)
				t.Run(name, func(t *testing.T) {
					s := newSim(t, 1)
					s.takes, s.segmented, s.listener = path, super, set
					s.open(set)
					s.transfer(1<<20, time.Minute)
					for i, e := range s.ends {
						mtu := e.conn.mss + 40
						if mtu > path || path-mtu >= 8+path/50 {
							t.Errorf("end %d sends packets of %d bytes, want about %d", i, mtu, path)
						}
						if n := e.cnt.TCPTimeouts; set.MTUProbing == MTUProbingAlways && path > 1064 && n > 0 || n > 6 {
							t.Errorf("end %d: %d timeouts", i, n)
						}
					}
				})
			}
		}
	}
}

// A path that takes more again is found out; one that takes less falls back.
func TestPathChanges(t *testing.T) {
	s := newSim(t, 1)
	s.open(Settings{ProbeInterval: time.Minute})
	at, write := 0, s.now
	for _, step := range []struct{ path, low, high int }{
		{1500, 1500, 1500}, {1300, 1293, 1300}, {1500, 1500, 1500}, {900, 880, 900}, {1500, 1500, 1500},
	} {
		s.takes = step.path
		end := s.now.Add(2 * time.Minute)
		for s.now < end {
			s.step(min(end, s.now.Add(time.Second)))
			s.ends[1].readSome(1 << 20)
			if write <= s.now {
				s.ends[0].write(12000)
				write = write.Add(2 * time.Second)
			}
		}
		if mtu := s.ends[0].conn.mss + 40; mtu < step.low || mtu > step.high {
			t.Fatalf("packets of %d bytes on a path of %d\n%s", mtu, step.path, s.dump())
		}
		if s.ends[1].read == at {
			t.Fatalf("nothing arrives on a path of %d", step.path)
		}
		at = s.ends[1].read
	}
}
