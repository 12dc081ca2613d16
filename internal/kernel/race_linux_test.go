//go:build race

package kernel

// total is less under the race detector, which slows each byte down tenfold and
// finds what it finds in the first megabytes.
const total = 32 << 20

// deviceTotal is the same for each kind of device.
const deviceTotal = 16 << 20
