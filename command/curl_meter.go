package command

import (
	"fmt"
	"time"
)

// curlMeter is what curl shows of a transfer to a file.
type curlMeter struct {
	env        *Env      // nil: nothing is shown
	bar        bool      // -#
	start      time.Time // zero: it has shown nothing yet
	shown      time.Time // last
	length     int64     // of the body, or negative
	got, sent  int64     // bytes
	uploadSize int64
	headed     bool
}

const curlMeterHead = "  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\n" +
	"                                 Dload  Upload   Total   Spent    Left  Speed\n"

// begin shows that a transfer begins, or goes on behind a redirect.
func (m *curlMeter) begin() {
	if m.env == nil || m.headed {
		return
	}
	first := m.start.IsZero()
	*m = curlMeter{env: m.env, bar: m.bar, start: time.Now(), length: -1, headed: true}
	if first && !m.bar {
		m.env.errorf("%s", curlMeterHead)
	}
	m.show()
}

// add counts bytes that came, and shows them if it is time.
func (m *curlMeter) add(n int) {
	m.got += int64(n)
	if m.env != nil && time.Since(m.shown) >= time.Second {
		m.show()
	}
}

// end shows the last line of a transfer.
func (m *curlMeter) end() {
	if m.env != nil && m.headed {
		m.show()
		m.env.errorf("\n")
		m.headed = false
	}
}

// show shows how far it is: the columns of curl, in five characters each.
func (m *curlMeter) show() {
	m.shown = time.Now()
	spent := m.shown.Sub(m.start)
	if m.bar {
		m.showBar()
		return
	}
	speed := func(n int64) int64 { return int64(float64(n) / max(spent.Seconds(), 1e-6)) }
	percent := func(n, of int64) int64 {
		if of <= 0 {
			return 0
		}
		return n * 100 / of
	}
	received, sent, size, left := max(m.length, 0), m.uploadSize, max(m.length, 0)+m.uploadSize, time.Duration(0)
	total := time.Duration(0)
	if rate := speed(m.got + m.sent); rate > 0 && m.length >= 0 {
		total = time.Duration(float64(size) / float64(rate) * float64(time.Second))
		left = max(total-spent, 0)
	}
	if m.length < 0 {
		size = m.got + m.uploadSize
	}
	m.env.errorf("\r%3d %s  %3d %s  %3d %s  %s  %s %s %s %s %s",
		percent(m.got+m.sent, size), curlFive(size), percent(m.got, received), curlFive(m.got), percent(m.sent, sent), curlFive(m.sent),
		curlFive(speed(m.got)), curlFive(speed(m.sent)), curlClock(total), curlClock(spent), curlClock(left), curlFive(speed(m.got+m.sent)))
}

// showBar shows a bar over the width of a screen.
func (m *curlMeter) showBar() {
	const width = 72
	part := 1.0
	switch {
	case m.length > 0:
		part = min(float64(m.got)/float64(m.length), 1)
	case m.got == 0:
		return
	}
	bar := make([]byte, int(width*part))
	for i := range bar {
		bar[i] = '#'
	}
	m.env.errorf("\r%-*s %5.1f%%", width, bar, 100*part)
}

// curlFive writes a number of bytes in five characters.
func curlFive(n int64) string {
	switch {
	case n < 100_000:
		return fmt.Sprintf("%5d", n)
	case n < 10_000<<10:
		return fmt.Sprintf("%4dk", n>>10)
	case n < 100<<20:
		return fmt.Sprintf("%2d.%0dM", n>>20, n%(1<<20)*10>>20)
	case n < 10_000<<20:
		return fmt.Sprintf("%4dM", n>>20)
	case n < 100<<30:
		return fmt.Sprintf("%2d.%0dG", n>>30, n%(1<<30)*10>>30)
	}
	return fmt.Sprintf("%4dG", n>>30)
}

// curlClock writes a time in eight characters.
func curlClock(d time.Duration) string {
	s := int64(d.Seconds())
	switch {
	case s <= 0:
		return "--:--:--"
	case s < 100*3600:
		return fmt.Sprintf("%2d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%3dd %02dh", s/86400, s/3600%24)
}
