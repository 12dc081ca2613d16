package thinnet_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"thinnet"
	"thinnet/link"
	"thinnet/link/cable"
)

// benchPair returns two hosts on one link.
func benchPair(b *testing.B, l thinnet.LinkOptions) (client, server *thinnet.Host) {
	b.Helper()
	return benchHosts(b, func(n *thinnet.Network, x, y *thinnet.Interface) error {
		_, err := n.Connect(x, y, l)
		return err
	})
}

// narrow is a device that takes no super-segments.
type narrow struct{ link.Device }

func (d narrow) Capabilities() link.Capabilities {
	c := d.Device.Capabilities()
	c.MaxSegmented = 0
	return c
}

// benchNarrow returns two hosts on a cable that takes segments as a wire does, but by
// reference and without checksums.
func benchNarrow(b *testing.B) (client, server *thinnet.Host) {
	b.Helper()
	return benchHosts(b, func(n *thinnet.Network, x, y *thinnet.Interface) error {
		c, err := cable.New(n.Clock(), cable.Config{})
		if err != nil {
			return err
		}
		return errors.Join(n.ConnectDevice(x, narrow{c.A()}), n.ConnectDevice(y, narrow{c.B()}))
	})
}

// benchHosts returns two hosts that connect has connected.
func benchHosts(b *testing.B, connect func(n *thinnet.Network, x, y *thinnet.Interface) error) (client, server *thinnet.Host) {
	b.Helper()
	n := thinnet.New(thinnet.Options{Seed: 1})
	b.Cleanup(func() { n.Close() })
	var hosts [2]*thinnet.Host
	var ifaces [2]*thinnet.Interface
	for i, name := range []string{"client", "server"} {
		h, err := n.AddHost(name, thinnet.HostOptions{})
		if err != nil {
			b.Fatal(err)
		}
		ifaces[i], err = h.AddInterface("eth0", netip.MustParsePrefix(fmt.Sprintf("10.0.0.%d/24", i+1)))
		if err != nil {
			b.Fatal(err)
		}
		hosts[i] = h
	}
	if err := connect(n, ifaces[0], ifaces[1]); err != nil {
		b.Fatal(err)
	}
	return hosts[0], hosts[1]
}

func benchConn(b *testing.B, client, server *thinnet.Host) (c, s net.Conn) {
	b.Helper()
	l, err := server.Listen("tcp", ":7")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	accepted := make(chan net.Conn)
	go func() {
		s, _ := l.Accept()
		accepted <- s
	}()
	c, err = client.Dial("tcp", "10.0.0.2:7")
	if err != nil {
		b.Fatal(err)
	}
	return c, <-accepted
}

// BenchmarkBulk is one TCP stream from host to host.
func BenchmarkBulk(b *testing.B) {
	for _, tt := range []struct {
		name string
		pair func(b *testing.B) (client, server *thinnet.Host)
	}{
		{"super-segments", func(b *testing.B) (_, _ *thinnet.Host) { return benchPair(b, thinnet.LinkOptions{}) }},
		{"1460-byte-segments", benchNarrow},
		{"1500-byte-frames", func(b *testing.B) (_, _ *thinnet.Host) { return benchPair(b, thinnet.LinkOptions{Strict: true}) }},
	} {
		b.Run(tt.name, func(b *testing.B) {
			client, server := tt.pair(b)
			c, s := benchConn(b, client, server)
			buf := make([]byte, 64<<10)
			done := make(chan int64)
			go func() {
				var n int64
				in := make([]byte, 64<<10)
				for {
					k, err := s.Read(in)
					n += int64(k)
					if err != nil {
						done <- n
						return
					}
				}
			}()
			b.SetBytes(int64(len(buf)))
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				if _, err := c.Write(buf); err != nil {
					b.Fatal(err)
				}
			}
			c.(interface{ CloseWrite() error }).CloseWrite()
			if n := <-done; n != int64(b.N)*int64(len(buf)) {
				b.Fatalf("%d bytes arrived of %d", n, b.N*len(buf))
			}
		})
	}
}

// BenchmarkRequestResponse is one byte there and one back.
func BenchmarkRequestResponse(b *testing.B) {
	client, server := benchPair(b, thinnet.LinkOptions{})
	c, s := benchConn(b, client, server)
	go io.Copy(s, s)
	buf := make([]byte, 1)
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		if _, err := c.Write(buf); err != nil {
			b.Fatal(err)
		}
		if _, err := c.Read(buf); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkUDP sends datagrams of 64 bytes and reads them.
func BenchmarkUDP(b *testing.B) {
	client, server := benchPair(b, thinnet.LinkOptions{})
	s, err := server.ListenPacket("udp", ":7")
	if err != nil {
		b.Fatal(err)
	}
	c, err := client.Dial("udp", "10.0.0.2:7")
	if err != nil {
		b.Fatal(err)
	}
	read := make(chan int)
	go func() {
		buf := make([]byte, 2048)
		n := 0
		for {
			s.SetReadDeadline(time.Now().Add(time.Second))
			for range 1000 {
				if _, _, err := s.(interface {
					ReadFromUDPAddrPort([]byte) (int, netip.AddrPort, error)
				}).ReadFromUDPAddrPort(buf); err != nil {
					read <- n
					return
				}
				n++
			}
		}
	}()
	buf := make([]byte, 64)
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		if _, err := c.Write(buf); err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	b.ReportMetric(float64(<-read)/float64(b.N), "delivered/op")
}

// BenchmarkIdle measures the memory of an idle connection, both ends.
func BenchmarkIdle(b *testing.B) {
	client, server := benchPair(b, thinnet.LinkOptions{})
	l, err := server.Listen("tcp", ":7")
	if err != nil {
		b.Fatal(err)
	}
	const conns = 10000
	for range b.N {
		keep := make([]net.Conn, 0, 2*conns)
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		goroutines := runtime.NumGoroutine()
		for range conns {
			c, err := client.Dial("tcp", "10.0.0.2:7")
			if err != nil {
				b.Fatal(err)
			}
			s, err := l.Accept()
			if err != nil {
				b.Fatal(err)
			}
			keep = append(keep, c, s)
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/conns, "B/conn")
		b.ReportMetric(float64(runtime.NumGoroutine()-goroutines)/conns, "goroutines/conn")
		for _, c := range keep {
			c.(interface{ SetLinger(int) error }).SetLinger(0)
			c.Close()
		}
	}
}
