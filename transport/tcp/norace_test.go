//go:build !race

package tcp

const race = false
