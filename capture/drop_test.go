package capture

import "testing"

func TestMarkDropped(t *testing.T) {
	packets := []Packet{
		{Data: []byte("head data"), Direction: Inbound},
		{Data: []byte("head data"), Direction: Inbound, Comment: "retransmission"},
		{Data: []byte("head data"), Direction: Outbound},
		{Data: []byte("head data"), Direction: Inbound, Interface: 1},
		{Data: []byte("head date"), Direction: Inbound},
	}
	for i, want := range []string{"", "dropped: loss; retransmission", "", "", ""} {
		if i == 0 && !MarkDropped(packets, 0, Inbound, []byte("data"), "loss") {
			t.Fatal("not found")
		}
		if packets[i].Comment != want || packets[i].IsDropped() != (want != "") {
			t.Errorf("packet %d: comment %q, want %q", i, packets[i].Comment, want)
		}
	}
	if !MarkDropped(packets, 0, Inbound, []byte("data"), "TTL") || packets[0].Comment != "dropped: TTL" {
		t.Errorf("the one before: %q", packets[0].Comment)
	}
	for _, b := range []string{"data", "", "xhead data"} {
		if MarkDropped(packets, 0, Inbound, []byte(b), "again") {
			t.Errorf("%q is marked", b)
		}
	}
}
