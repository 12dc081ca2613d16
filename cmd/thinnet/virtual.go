package main

import (
	"context"
	"os"
	"os/signal"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// inBubble ends the program with what f returns. f runs in a testing/synctest
// bubble, where time is virtual: it passes when everything waits for it, at once.
// The runtime lets only a test into a bubble, so f becomes one, the only one.
func inBubble(f func() int) {
	// The goroutines of a bubble take turns. A second processor is woken by each of them,
	// finds nothing to do, and costs a fifth of the time.
	runtime.GOMAXPROCS(1)
	os.Args = os.Args[:1] // they are not for package testing
	everything := func(string, string) (bool, error) { return true, nil }
	testing.Main(everything, []testing.InternalTest{{Name: "virtual", F: func(t *testing.T) {
		synctest.Test(t, func(*testing.T) { os.Exit(f()) })
	}}}, nil, nil)
}

// interrupts tells a bubble of Ctrl-C, which comes from the world outside: no
// channel may lead from there into a bubble.
type interrupts struct {
	cancel context.CancelFunc // of the bubble
	came   atomic.Bool
}

// watch begins to wait for Ctrl-C, outside of the bubble. A second one ends the
// program as the system does.
func (i *interrupts) watch() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	go func() {
		<-c
		signal.Stop(c)
		i.came.Store(true)
	}()
}

// settle is what happens between two events of the network.
func (i *interrupts) settle() {
	synctest.Wait()
	if i.came.Load() {
		i.cancel()
	}
}
