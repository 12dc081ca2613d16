//go:build !race

package compat

// raceEnabled says that the race detector is at work.
const raceEnabled = false
