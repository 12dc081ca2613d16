package thinnet_test

import (
	"bytes"
	"crypto/sha256"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"thinnet"
	"thinnet/capture"
	"thinnet/capture/pcapfile"
	"thinnet/clock"
	"thinnet/link/cable"
	"thinnet/link/monitor"
	"thinnet/packet"
)

// runs is how often TestLongDay repeats itself; CI asks for 200.
var runs = flag.Int("runs", 5, "how often a seed is tried with each number of processors")

// longDay is 24 hours of keepalives on an idle connection, and then 10 MiB with 1 %
// loss, in virtual time. It returns what went over the cable, as a pcapng.
func longDay(t *testing.T, seed uint64) []byte {
	var file bytes.Buffer
	synctest.Test(t, func(t *testing.T) {
		n := thinnet.New(thinnet.Options{Seed: seed, Settle: synctest.Wait})
		defer n.Close()
		var ends [2]*thinnet.Interface
		var hosts [2]*thinnet.Host
		for i, name := range []string{"client", "server"} {
			var err error
			if hosts[i], err = n.AddHost(name, thinnet.HostOptions{}); err != nil {
				t.Fatal(err)
			}
			ends[i], err = hosts[i].AddInterface("eth0", netip.MustParsePrefix(fmt.Sprintf("10.0.0.%d/24", i+1)))
			if err != nil {
				t.Fatal(err)
			}
		}
		way := cable.Impairment{Delay: 5 * time.Millisecond}
		link, err := n.Connect(ends[0], ends[1], thinnet.LinkOptions{Impairments: [2]cable.Impairment{way, way}})
		if err != nil {
			t.Fatal(err)
		}
		w, err := pcapfile.NewNGWriter(&file)
		if err != nil {
			t.Fatal(err)
		}
		in := w.AddInterface("client:eth0", capture.LinkTypeEthernet, 128)
		frame := make([]byte, 128)
		var frames atomic.Int64
		stop := link.Tap(func(at clock.Time, dir monitor.Direction, p *packet.Packet) {
			frames.Add(1)
			k := monitor.Flatten(frame, p)
			w.WritePacket(&capture.Packet{Time: n.Clock().Wall(at), Interface: in, Data: frame[:k], OrigLen: p.Len()})
		})
		defer stop()

		l, err := hosts[1].Listen("tcp", ":7")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		c, err := hosts[0].Dial("tcp", "server:7")
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		s, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()

		time.Sleep(24 * time.Hour)
		if n := frames.Load(); n < 2*24*3600/15 {
			t.Errorf("%d frames in a day, which is too few for a probe every 15 s", n)
		}
		way.Loss = 0.01
		for _, d := range []cable.Direction{cable.AToB, cable.BToA} {
			if err := link.SetImpairment(d, way); err != nil {
				t.Fatal(err)
			}
		}
		const size = 10 << 20
		go func() {
			io.Copy(c, io.LimitReader(rand.NewChaCha8([32]byte{}), size))
			c.(interface{ CloseWrite() error }).CloseWrite()
		}()
		sum := sha256.New()
		if k, err := io.Copy(sum, s); err != nil || k != size {
			t.Fatalf("%d bytes arrived, %v; want %d", k, err, size)
		}
		want := sha256.New()
		io.Copy(want, io.LimitReader(rand.NewChaCha8([32]byte{}), size))
		if !bytes.Equal(sum.Sum(nil), want.Sum(nil)) {
			t.Error("the bytes that arrived are others")
		}
	})
	return file.Bytes()
}

func TestLongDay(t *testing.T) {
	start := time.Now()
	first := longDay(t, 1)
	took := time.Since(start)
	t.Logf("a day of keepalives and 10 MiB with loss took %v, %d bytes of pcapng", took, len(first))
	if bytes.Equal(first, longDay(t, 2)) {
		t.Error("another seed wrote the same bytes")
	}
	for _, procs := range []int{1, 2, 8} {
		old := runtime.GOMAXPROCS(procs)
		for i := range *runs {
			if !bytes.Equal(longDay(t, 1), first) {
				t.Errorf("GOMAXPROCS %d, run %d: other bytes from the same seed", procs, i)
				break
			}
		}
		runtime.GOMAXPROCS(old)
	}
}
