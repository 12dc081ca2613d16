package thinnet_test

import (
	"io"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"thinnet"
	"thinnet/capture"
	"thinnet/capture/flow"
	"thinnet/link"
	"thinnet/link/cable"
	"thinnet/network/route"
)

// comments counts the comments of a recording.
func comments(kept []capture.Packet) map[string]int {
	n := make(map[string]int)
	for _, p := range kept {
		if p.Comment != "" {
			n[p.Comment]++
		}
	}
	return n
}

// A recording says of each frame that was lost, damaged, sent again or refused
// what became of it and why.
func TestNotes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := thinnet.New(thinnet.Options{Seed: 3, Settle: synctest.Wait})
		defer n.Close()
		var kept packets
		r := n.Record(&kept)
		client, server, l := pair(n, thinnet.LinkOptions{})
		unplugged := dropsOf(client, server) // before there was a cable
		way := cable.Impairment{Delay: 5 * time.Millisecond, Loss: 0.02, Corrupt: 0.005}
		if err := l.SetImpairments([2]cable.Impairment{way, way}); err != nil {
			t.Fatal(err)
		}
		listener, err := server.Listen("tcp", ":7")
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		c, err := client.Dial("tcp", "server:7")
		if err != nil {
			t.Fatal(err)
		}
		s, err := listener.Accept()
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			io.Copy(c, io.LimitReader(zeros{}, 1<<20))
			c.Close()
		}()
		if _, err := io.Copy(io.Discard, s); err != nil {
			t.Fatal(err)
		}
		l.Down()
		s.Write([]byte("into the void"))
		time.Sleep(5 * time.Second)
		l.Up()
		time.Sleep(5 * time.Second)
		s.Close()
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}

		got := comments(kept.kept)
		drops := dropsOf(client, server)
		for k, before := range unplugged {
			drops[k] -= before
		}
		dropped := func(why link.DropReason) (n int) {
			for comment, count := range got {
				if reason, ok := strings.CutPrefix(comment, capture.DroppedComment); ok && strings.HasPrefix(reason, why.String()) {
					n += count
				}
			}
			return n
		}
		for _, why := range []link.DropReason{link.DropLoss, link.DropDown} {
			if dropped(why) == 0 || dropped(why) != int(drops[why]) {
				t.Errorf("%d frames are noted as %q, %d were dropped", dropped(why), why, drops[why])
			}
		}
		for _, part := range []string{"retransmission: fast recovery", "retransmission: RTO 1", "retransmission: RTO 2", "checksum"} {
			if !slices.ContainsFunc(slices.Collect(maps.Keys(got)), func(c string) bool { return strings.Contains(c, part) }) {
				t.Errorf("no comment has %q", part)
			}
		}
		sentAgainSaysWhy(t, kept.kept)
	})
}

// dropsOf adds up what the hosts' interfaces dropped.
func dropsOf(hosts ...*thinnet.Host) (sum link.Drops) {
	for _, h := range hosts {
		for k, n := range h.Interface("eth0").Monitor().Stats().Drops {
			sum[k] += n
		}
	}
	return sum
}

// sentAgainSaysWhy holds the notes against what the segments themselves show.
func sentAgainSaysWhy(t *testing.T, kept []capture.Packet) {
	var states flow.States
	var streams flow.Streams
	var h flow.Headers
	for i := range kept {
		p := &kept[i]
		if strings.Contains(p.Comment, "corrupted") {
			continue
		}
		h.Parse(p)
		stream, from := streams.Of(&h)
		if stream == nil || p.Direction != capture.Outbound { // others come in late
			continue
		}
		if states.Step(&h, from, p.IsDropped()) == flow.Retransmitted && !strings.Contains(p.Comment, "retransmission") {
			t.Errorf("packet %d is sent again; its comment is %q", i, p.Comment)
		}
	}
}

// zeros reads as zeros without end.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// A router's and a host's reasons to drop are noted on the link where the packet
// came to them.
func TestDropsByHosts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := thinnet.New(thinnet.Options{Seed: 3, Settle: synctest.Wait})
		defer n.Close()
		var kept packets
		r := n.Record(&kept)
		client, _, _ := pair(n, thinnet.LinkOptions{})
		if err := client.Stack().AddRoute(route.Entry{Prefix: netip.MustParsePrefix("0.0.0.0/0"), Gateway: netip.MustParseAddr("10.0.0.2")}); err != nil {
			t.Fatal(err)
		}
		send := func(to string) {
			t.Helper()
			c, err := client.Dial("udp", to)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if _, err := c.Write([]byte("hello")); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
		}
		send("10.0.0.2:9")
		send("10.9.9.9:9")
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		got := comments(kept.kept)
		if got["dropped: no socket"] != 1 || got["dropped: not for us"] != 1 || len(got) != 2 {
			t.Errorf("comments: %v", got)
		}
	})
}
