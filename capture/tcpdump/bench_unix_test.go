//go:build unix

package tcpdump_test

import (
	"syscall"
	"time"
)

// processorTime returns what this process has used, in all of its threads.
func processorTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
