package thinnettest

import (
	"bytes"
	"fmt"
	"reflect"
	"testing"
	"time"

	"thinnet/capture"
)

// A history gives back what it was given, and forgets the oldest packets only.
func TestHistoryForgetsTheOldest(t *testing.T) {
	var h history
	h.AddInterface("a", capture.LinkTypeEthernet, 0)
	h.AddInterface("b", capture.LinkTypeEthernet, 0)
	nth := func(i int) *capture.Packet {
		p := &capture.Packet{
			Time: time.Unix(946684800, int64(i)), Data: bytes.Repeat([]byte{byte(i)}, i*7919%9000),
			Interface: i % 2, LinkType: capture.LinkTypeEthernet, Direction: capture.Direction(1 + i%2),
		}
		p.OrigLen = len(p.Data)
		if i%3 == 0 {
			p.Comment = fmt.Sprintf("the packet %d", i)
		}
		return p
	}
	const packets = 20000 // of 4.5 kB on average
	for i := range packets {
		if err := h.WritePacket(nth(i)); err != nil {
			t.Fatal(err)
		}
	}
	i, size := h.dropped, 0
	for p := range h.all {
		if want := nth(i); !reflect.DeepEqual(p, want) {
			t.Fatalf("packet %d is\n%v, want\n%v", i, p, want)
		}
		i++
		size += len(p.Data)
	}
	if i != packets {
		t.Errorf("the latest packet is %d, want %d", i-1, packets-1)
	}
	if size > maxHistory || size < maxHistory*9/10 {
		t.Errorf("%d bytes are kept, want nearly %d", size, maxHistory)
	}
}
