package congestion

import "testing"

const mss = 1000

func ack(s *State, r *Reno, bytes int) {
	r.OnAck(s, Ack{Acked: bytes, InFlight: s.Window, Limited: true})
}

// RFC 5681, section 3.1: the window grows by what is acknowledged in slow start,
// and by a segment a window above the threshold.
func TestRenoGrows(t *testing.T) {
	s, r := NewState(mss, 10), &Reno{}
	if s.Window != 10*mss || s.Threshold != Infinite || !s.SlowStart() {
		t.Fatalf("%+v", s)
	}
	ack(&s, r, 2*mss)
	if s.Window != 12*mss {
		t.Errorf("slow start: window %d", s.Window)
	}
	s.Threshold = 13 * mss
	ack(&s, r, 3*mss) // 1 for slow start, 2 behind it
	if s.Window != 13*mss || s.SlowStart() {
		t.Errorf("at the threshold: window %d", s.Window)
	}
	ack(&s, r, 10*mss)
	if s.Window != 13*mss {
		t.Errorf("12 of 13 acknowledged: window %d", s.Window)
	}
	ack(&s, r, 1*mss)
	if s.Window != 14*mss {
		t.Errorf("13 of 13 acknowledged: window %d", s.Window)
	}
}

// A window that was not used does not grow (RFC 7661).
func TestRenoLimited(t *testing.T) {
	s, r := NewState(mss, 10), &Reno{}
	r.OnAck(&s, Ack{Acked: 5 * mss})
	if s.Window != 10*mss {
		t.Errorf("window %d", s.Window)
	}
}

// RFC 5681, equation 4. The window is the connection's to bring down.
func TestRenoLoss(t *testing.T) {
	for _, tt := range []struct{ inFlight, threshold int }{
		{20 * mss, 10 * mss}, {3 * mss, 2 * mss}, {0, 2 * mss},
	} {
		for name, f := range map[string]func(r *Reno, s *State){
			"loss":    func(r *Reno, s *State) { r.OnCongestion(s, 0, tt.inFlight) },
			"timeout": func(r *Reno, s *State) { r.OnTimeout(s, 0, tt.inFlight) },
		} {
			s := NewState(mss, 20)
			f(&Reno{}, &s)
			if s.Threshold != tt.threshold || s.Window != 20*mss {
				t.Errorf("%s with %d in flight: %+v", name, tt.inFlight, s)
			}
		}
	}
	if (&Reno{}).Name() != "reno" {
		t.Error("not what Linux calls it")
	}
}
