//go:build !race

package kernel

// total is how many bytes go each way.
const total = 256 << 20

// deviceTotal is the same for each kind of device.
const deviceTotal = 64 << 20
