package bridge

import (
	"time"

	"thinnet/clock"
)

// window is the time over which a meter counts. It is long enough for every host
// of a large network to ask for an address at once.
const window = 100 * time.Millisecond

// meter allows limit frames in every window.
type meter struct {
	limit int
	left  int
	end   clock.Time // of the window
}

// newMeter returns a meter of perSecond frames.
func newMeter(perSecond int) meter {
	return meter{limit: max(perSecond/int(time.Second/window), 1)}
}

// turn starts a new window if the last has ended.
func (m *meter) turn(now clock.Time) {
	if now >= m.end {
		m.left, m.end = m.limit, now.Add(window)
	}
}

// take reports whether one more frame is allowed.
func (m *meter) take() bool {
	if m.left == 0 {
		return false
	}
	m.left--
	return true
}
