package flow

import (
	"testing"
	"time"

	"thinnet/wire"
)

func TestConversations(t *testing.T) {
	var conversations Conversations
	var endpoints Endpoints
	arp := ethernet(append(unhex("ffffffffffff 020000000001 0806"), make([]byte, 28)...))
	for i := range 10 {
		p := tcp(client, server, wire.FlagACK, 1, 1, "data")
		switch i {
		case 3, 4:
			p = tcp(server, client, wire.FlagACK, 1, 1, "")
		case 5:
			p = arp
		case 6:
			p = ethernet([]byte{1, 2, 3})
		}
		p.Time = time.Unix(int64(i), 0)
		h := parse(p)
		conversations.Add(h, p)
		endpoints.Add(h, p)
	}
	list := conversations.List()
	if len(list) != 2 {
		t.Fatalf("%d conversations", len(list))
	}
	c := list[0]
	if c.Ends[A] != client || c.Ends[B] != server || c.Sent[A] != (Count{6, 6 * 58}) || c.Sent[B] != (Count{2, 2 * 54}) ||
		c.First.Unix() != 0 || c.Last.Unix() != 9 || !c.HasPorts {
		t.Errorf("%+v", c)
	}
	if c := list[1]; c.IP || c.EtherType != wire.EtherTypeARP || c.MACs[B] != wire.Broadcast || c.Total().Bytes != 42 {
		t.Errorf("%+v", c)
	}
	if conversations.Other() != (Count{1, 3}) || endpoints.Other() != (Count{1, 3}) {
		t.Errorf("others: %v, %v", conversations.Other(), endpoints.Other())
	}
	ends := endpoints.List()
	if len(ends) != 4 || ends[0].Addr != client.Addr() || ends[0].Sent.Packets != 6 || ends[0].Received.Packets != 2 || ends[3].Received.Bytes != 42 {
		t.Errorf("%d endpoints, %+v", len(ends), ends[0])
	}
}

// Beyond the bound, packets are counted together.
func TestManyConversations(t *testing.T) {
	var conversations Conversations
	var endpoints Endpoints
	p := tcp(client, server, wire.FlagACK, 1, 1, "")
	const beyond = 10
	for i := range MaxConversations + beyond {
		p.Data[34], p.Data[35] = byte(i>>8), byte(i)
		p.Data[27], p.Data[28], p.Data[29] = byte(i>>16), byte(i>>8), byte(i)
		h := parse(p)
		conversations.Add(h, p)
		endpoints.Add(h, p)
	}
	if n := len(conversations.List()); n != MaxConversations || conversations.Other().Packets != beyond {
		t.Errorf("%d conversations, others: %v", n, conversations.Other())
	}
	if n := len(endpoints.List()); n != MaxConversations || endpoints.Other().Packets != beyond { // one of them is the server
		t.Errorf("%d endpoints, others: %v", n, endpoints.Other())
	}
}

func BenchmarkParse(b *testing.B) {
	p := tcp(client, server, wire.FlagACK, 1, 1, "data")
	var h Headers
	var s Streams
	var c Conversations
	b.ReportAllocs()
	for b.Loop() {
		h.Parse(p)
		s.Of(&h)
		c.Add(&h, p)
	}
}
