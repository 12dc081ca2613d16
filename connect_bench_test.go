package thinnet_test

import (
	"io"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"thinnet"
)

// BenchmarkConnect opens a connection, sends a byte each way and closes it.
func BenchmarkConnect(b *testing.B) {
	connectEach(b, benchOnce(b))
}

// BenchmarkActiveClose is the same, but the client closes first: after 28,232 of them each of its
// ports has a connection in TIME-WAIT.
func BenchmarkActiveClose(b *testing.B) {
	client, server := benchPair(b, thinnet.LinkOptions{})
	serve(b, server, func(c net.Conn) { io.Copy(c, c) })
	connectEach(b, func() (net.Conn, error) { return client.Dial("tcp", "10.0.0.2:7") })
}

// BenchmarkDialers is BenchmarkConnect for eight at a time: between one pair of hosts, which they
// share, and spread over more. Where a second processor makes more of several pairs than of
// one, it is the pair that limits.
func BenchmarkDialers(b *testing.B) {
	const dialers = 8
	for _, pairs := range []int{1, 2, dialers} {
		b.Run("pairs="+strconv.Itoa(pairs), func(b *testing.B) {
			var dials []func() (net.Conn, error)
			for range pairs {
				dials = append(dials, benchOnce(b))
			}
			var left atomic.Int64
			left.Store(int64(b.N))
			var all sync.WaitGroup
			b.ResetTimer()
			for i := range dialers {
				all.Go(func() {
					buf := make([]byte, 1)
					for left.Add(-1) >= 0 {
						if err := connectOnce(dials[i%pairs], buf); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			all.Wait()
		})
	}
}

// benchOnce makes a pair of hosts, one of which answers the first byte of every connection
// and closes it, and returns how the other one opens them.
func benchOnce(b *testing.B) (dial func() (net.Conn, error)) {
	b.Helper()
	client, server := benchPair(b, thinnet.LinkOptions{})
	serve(b, server, func(c net.Conn) {
		var buf [1]byte
		c.Read(buf[:])
		c.Write(buf[:])
	})
	return func() (net.Conn, error) { return client.Dial("tcp", "10.0.0.2:7") }
}

// connectEach has one connection after the other.
func connectEach(b *testing.B, dial func() (net.Conn, error)) {
	b.Helper()
	var buf [1]byte
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		if err := connectOnce(dial, buf[:]); err != nil {
			b.Fatal(err)
		}
	}
}

// connectOnce has a connection, with a byte each way. b is its buffer.
func connectOnce(dial func() (net.Conn, error), b []byte) error {
	c, err := dial()
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := c.Write(b); err != nil {
		return err
	}
	_, err = io.ReadFull(c, b)
	return err
}
