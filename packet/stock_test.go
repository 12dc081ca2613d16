package packet

import "testing"

func TestStock(t *testing.T) {
	var k Stock
	before := Live()
	s := k.Get()
	if len(s.B) != SmallSlab || Live() != before+1 {
		t.Fatalf("%d bytes, %d slabs in use", len(s.B), Live()-before)
	}
	k.Put(s)
	if Live() != before {
		t.Error("what is in stock counts as in use")
	}
	if again := k.Get(); again != s || again.refs.Load() != 1 || Live() != before+1 {
		t.Error("what was put is not what is got")
	}
	s.Retain()
	k.Put(s)
	if k.n != 0 {
		t.Error("a slab that somebody else refers to is in stock")
	}
	k.Put(s) // the last reference
	if k.n != 1 {
		t.Error("a slab is not in stock")
	}
	k.Put(NewSlab(LargeSlab))
	if k.n != 1 {
		t.Error("a large slab is in stock")
	}
	var many []*Slab
	for range len(k.free) + 2 {
		many = append(many, k.Get())
	}
	for _, s := range many {
		k.Put(s)
	}
	if k.n != len(k.free) || Live() != before {
		t.Errorf("%d in stock, %d in use", k.n, Live()-before)
	}
}
