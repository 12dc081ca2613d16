package udp

import (
	"errors"
	"net/netip"
	"testing"

	"thinnet/packet"
)

var ap = netip.MustParseAddrPort

func TestDemux(t *testing.T) {
	var d Demux[string]
	if s, ok := d.Lookup(netip.AddrPort{}, netip.AddrPort{}); ok {
		t.Errorf("an empty table knows the socket %q of no address", s)
	}
	for _, b := range []struct {
		local, remote, name string
	}{
		{"0.0.0.0:53", "", "any"},
		{"0.0.0.0:53", "10.0.0.9:1000", "connected"},
		{"10.0.0.1:54", "", "one address"},
	} {
		bind := Binding{Local: ap(b.local)}
		if b.remote != "" {
			bind.Remote = ap(b.remote)
		}
		if err := d.Bind(bind, b.name); err != nil {
			t.Fatalf("%s: %v", b.name, err)
		}
	}
	for _, tt := range []struct{ local, remote, want string }{
		{"10.0.0.1:53", "10.0.0.2:1000", "any"},
		{"10.0.0.1:53", "10.0.0.9:1000", "connected"},
		{"10.0.0.1:53", "10.0.0.9:1001", "any"},
		{"10.0.0.1:54", "10.0.0.9:1001", "one address"},
		{"10.0.0.2:54", "10.0.0.9:1001", ""},
		{"10.0.0.2:55", "10.0.0.9:1001", ""},
	} {
		if got, _ := d.Lookup(ap(tt.local), ap(tt.remote)); got != tt.want {
			t.Errorf("%s from %s is for %q, want %q", tt.local, tt.remote, got, tt.want)
		}
	}
	if err := d.Bind(Binding{Local: ap("10.0.0.1:53")}, "x"); !errors.Is(err, ErrInUse) {
		t.Errorf("a second socket on the port: %v, want ErrInUse", err)
	}
	d.Unbind(53, "any")
	if err := d.Bind(Binding{Local: ap("10.0.0.1:53")}, "x"); err != nil {
		t.Errorf("after Unbind: %v", err)
	}
}

func TestQueue(t *testing.T) {
	live := packet.Live()
	q := Queue{limit: 3 * (1000 + overhead)}
	for round := range 5 {
		n := 0
		for {
			var p packet.Packet
			p.Reset()
			p.Write(append(make([]byte, 999), byte(n)))
			ok := q.Push(ap("10.0.0.1:1"), &p)
			p.Release()
			if !ok {
				break
			}
			n++
		}
		if n != 3 {
			t.Fatalf("round %d: %d datagrams fit, want 3", round, n)
		}
		for i := range n {
			b := make([]byte, 2000)
			if k := q.Front().CopyTo(b); k != 1000 || b[999] != byte(i) {
				t.Errorf("datagram %d: %d bytes, the last is %d", i, k, b[999])
			}
			if round%2 == 1 && i == 1 { // they can be taken at any time
				q.Drop()
				var taken Queue
				taken.MoveAll(&q)
				if q.Len() != 0 || q.Bytes() != 0 || taken.Len() != 1 || taken.Bytes() != 1000+overhead {
					t.Fatalf("moved: %d, %d bytes are left of %d, %d bytes", q.Len(), q.Bytes(), taken.Len(), taken.Bytes())
				}
				q.MoveAll(&taken)
				continue
			}
			q.Drop()
		}
	}
	q.Release()
	if n := packet.Live() - live; n != 0 {
		t.Errorf("%d slabs are still in use", n)
	}
}

// Sockets that share a binding each get their part, a flow always the same one.
func TestShared(t *testing.T) {
	d := Demux[string]{Hash: func(_, remote netip.AddrPort) uint64 { return uint64(remote.Port()) << 48 }}
	b := Binding{Local: ap("0.0.0.0:53"), Shared: true}
	for _, s := range []string{"a", "b", "c"} {
		if err := d.Bind(b, s); err != nil {
			t.Fatal(err)
		}
	}
	for _, other := range []Binding{{Local: b.Local}, {Local: ap("10.0.0.1:53")}} {
		if err := d.Bind(other, "x"); !errors.Is(err, ErrInUse) {
			t.Errorf("one that does not share %v: %v, want ErrInUse", other.Local, err)
		}
	}
	connected := Binding{Local: ap("0.0.0.0:53"), Remote: ap("10.0.0.9:30000"), Shared: true}
	if err := d.Bind(connected, "connected"); err != nil {
		t.Fatal(err)
	}
	for remote, want := range map[string]string{
		"10.0.0.2:1": "a", "10.0.0.3:1": "a", "10.0.0.2:30000": "b", "10.0.0.2:65535": "c", "10.0.0.9:30000": "connected",
	} {
		if got, _ := d.Lookup(ap("10.0.0.1:53"), ap(remote)); got != want {
			t.Errorf("from %s: %q, want %q", remote, got, want)
		}
	}
	d.Unbind(53, "b")
	if got, _ := d.Lookup(ap("10.0.0.1:53"), ap("10.0.0.2:65535")); got != "c" {
		t.Errorf("after one has left: %q, want c", got)
	}
}

// What Lookup has found is forgotten when there is a better socket, or none any more.
func TestLookupAgain(t *testing.T) {
	var d Demux[string]
	local, remote := ap("10.0.0.1:53"), ap("10.0.0.2:1000")
	look := func(want string) {
		t.Helper()
		for range 2 {
			if got, ok := d.Lookup(local, remote); got != want || ok != (want != "") {
				t.Errorf("%q, %v, want %q", got, ok, want)
			}
		}
	}
	bind := func(s string, b Binding) {
		t.Helper()
		if err := d.Bind(b, s); err != nil {
			t.Fatal(err)
		}
	}
	look("")
	bind("any", Binding{Local: ap("0.0.0.0:53")})
	look("any")
	bind("connected", Binding{Local: local, Remote: remote})
	look("connected")
	d.Unbind(53, "connected")
	look("any")
	d.Unbind(53, "any")
	look("")
}
