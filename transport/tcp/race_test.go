//go:build race

package tcp

// race: the race detector runs, which makes everything slow and has pools forget.
const race = true
