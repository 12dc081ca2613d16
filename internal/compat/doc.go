// Package compat holds what other people's libraries expect of sockets against
// ours: each test runs a real library over a lossy cable between two hosts, and
// compares every byte.
//
// It is a Go module of its own, so that nobody who uses thinnet links the
// libraries. README.md tells how to run what needs more than Go.
package compat
