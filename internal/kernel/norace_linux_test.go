//go:build !race

package kernel

// total is how many bytes go each way.
const total = 256 << 20
