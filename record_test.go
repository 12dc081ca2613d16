package thinnet_test

import (
	"slices"
	"testing"

	"thinnet"
	"thinnet/capture"
)

// packets keeps what a recording hands over.
type packets struct {
	names []string
	kept  []capture.Packet
}

func (p *packets) AddInterface(name string, _ capture.LinkType, _ int) int {
	p.names = append(p.names, name)
	return len(p.names) - 1
}

func (p *packets) WritePacket(k *capture.Packet) error {
	kept := *k
	kept.Data = slices.Clone(k.Data)
	p.kept = append(p.kept, kept)
	return nil
}

// A link that is made while the recording runs is recorded, and nothing is once
// the recording is closed.
func TestRecord(t *testing.T) {
	n := thinnet.New(thinnet.Options{Seed: 1})
	defer n.Close()
	var kept packets
	r := n.Record(&kept)
	client, server, _ := pair(n, thinnet.LinkOptions{})
	exchange := func() {
		t.Helper()
		l, err := server.Listen("tcp", ":7")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		c, err := client.Dial("tcp", "server:7")
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
	}
	exchange()
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if len(kept.names) != 1 || kept.names[0] != "client:eth0" {
		t.Errorf("interfaces %q, want client:eth0", kept.names)
	}
	// ARP both ways, the handshake, and the client's FIN at least.
	count := len(kept.kept)
	if count < 6 || kept.kept[0].Direction != capture.Outbound || kept.kept[1].Direction != capture.Inbound {
		t.Errorf("%d packets: %+v", count, kept.kept)
	}
	for _, p := range kept.kept {
		if len(p.Data) != p.OrigLen || p.LinkType != capture.LinkTypeEthernet {
			t.Errorf("%+v: cut, or no Ethernet", p)
		}
	}
	exchange()
	if len(kept.kept) != count {
		t.Error("a recording that is closed goes on")
	}
}
