package main

import (
	"time"

	"golang.org/x/sys/unix"
)

// watch measures a span of time, and how much of the processors' time this process
// uses in it. Where others use the processors, too, the second says more.
type watch struct {
	start time.Time
	cpu   time.Duration
}

func startWatch() watch { return watch{time.Now(), cpuTime()} }

// stop returns both in seconds, never 0.
func (w watch) stop() (elapsed, cpu float64) {
	return max(time.Since(w.start).Seconds(), 1e-6), max((cpuTime() - w.cpu).Seconds(), 1e-6)
}

// cpuTime returns what this process has used of the processors' time, in the kernel
// as well.
func cpuTime() time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
