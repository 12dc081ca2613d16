package command

import (
	"fmt"
	"math"
	"time"
)

// rttStats is what ping tells of the round trips.
type rttStats struct {
	n            int
	min, max     time.Duration
	sum, squares float64 // in microseconds and microseconds²
}

func (s *rttStats) add(d time.Duration) {
	if s.n == 0 || d < s.min {
		s.min = d
	}
	s.max = max(s.max, d)
	s.n++
	us := float64(d.Microseconds())
	s.sum += us
	s.squares += us * us
}

// String returns min/avg/max/mdev in milliseconds.
func (s *rttStats) String() string {
	n := float64(s.n)
	avg := s.sum / n
	mdev := math.Sqrt(max(s.squares/n-avg*avg, 0))
	ms := func(us float64) string { return fmt.Sprintf("%d.%03d", int64(us)/1000, int64(us)%1000) }
	return ms(float64(s.min.Microseconds())) + "/" + ms(avg) + "/" + ms(float64(s.max.Microseconds())) + "/" + ms(mdev)
}

// pingTime returns a round trip in milliseconds with four digits or so.
func pingTime(d time.Duration) string {
	us := d.Microseconds()
	switch {
	case us >= 100_000-50:
		return fmt.Sprintf("%d", (us+500)/1000)
	case us >= 10_000-5:
		return fmt.Sprintf("%d.%01d", (us+50)/1000, (us+50)%1000/100)
	case us >= 1000:
		return fmt.Sprintf("%d.%02d", (us+5)/1000, (us+5)%1000/10)
	}
	return fmt.Sprintf("%d.%03d", us/1000, us%1000)
}
