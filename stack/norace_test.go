//go:build !race

package stack_test

const race = false
