package route

import (
	"errors"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
)

func prefix(s string) netip.Prefix { return netip.MustParsePrefix(s) }
func addr(s string) netip.Addr     { return netip.MustParseAddr(s) }

func via(p string, iface int, metric uint32) Entry {
	return Entry{Prefix: prefix(p), Interface: iface, Metric: metric}
}

func TestLongestPrefixThenKindThenMetric(t *testing.T) {
	var table Table
	local := Entry{Prefix: prefix("10.1.2.1/32"), Kind: Local, Interface: 5}
	for _, e := range []Entry{
		via("0.0.0.0/0", 1, 0), via("10.0.0.0/8", 2, 0), via("10.1.2.0/24", 3, 20), via("10.1.2.0/24", 4, 10),
		via("10.1.2.1/32", 6, 0), local, via("::/0", 7, 0), via("2001:db8::/32", 8, 0), via("2001:db8::1/128", 9, 0),
	} {
		if err := table.Add(e); err != nil {
			t.Fatalf("%v: %v", e.Prefix, err)
		}
	}
	for _, tt := range []struct {
		dst  string
		want int
	}{
		{"192.0.2.1", 1}, {"10.200.0.1", 2}, {"10.1.2.200", 4}, {"10.1.2.1", 5}, {"10.1.3.0", 2},
		{"2001:db9::", 7}, {"2001:db8::2", 8}, {"2001:db8::1", 9}, {"255.255.255.255", 1},
	} {
		if e := table.Lookup(addr(tt.dst)); e == nil || e.Interface != tt.want {
			t.Errorf("%s: got %v, want interface %d", tt.dst, e, tt.want)
		}
	}
}

func TestAddAndRemoveSayWhatIsWrong(t *testing.T) {
	var table Table
	e := via("10.0.0.0/8", 1, 0)
	if err := table.Add(e); err != nil {
		t.Fatal(err)
	}
	g := table.Generation()
	if err := table.Add(e); !errors.Is(err, ErrExists) {
		t.Errorf("second Add: %v", err)
	}
	if err := table.Add(Entry{Prefix: prefix("10.0.0.1/8")}); !errors.Is(err, ErrPrefix) {
		t.Errorf("Add with host bits: %v", err)
	}
	if err := table.Add(Entry{}); !errors.Is(err, ErrPrefix) {
		t.Errorf("Add of nothing: %v", err)
	}
	for _, p := range []netip.Prefix{prefix("10.0.0.0/9"), prefix("0.0.0.0/0"), prefix("11.0.0.0/8"), prefix("::/0"), {}} {
		if _, err := table.Remove(p, func(*Entry) bool { return true }); !errors.Is(err, ErrNotFound) {
			t.Errorf("Remove %v: %v", p, err)
		}
	}
	if table.Generation() != g {
		t.Error("failures changed the generation")
	}
	if got, err := table.Remove(e.Prefix, func(*Entry) bool { return true }); err != nil || got != e {
		t.Errorf("Remove: %v, %v", got, err)
	}
	if table.Generation() == g || table.Len() != 0 || table.Lookup(addr("10.1.1.1")) != nil || table.v4 != nil {
		t.Error("Remove left something behind")
	}
}

// linear is what a table must agree with.
type linear []Entry

func (s linear) lookup(a netip.Addr) *Entry {
	var best *Entry
	for i := range s {
		e := &s[i]
		if e.Prefix.Contains(a) && (best == nil || e.Prefix.Bits() > best.Prefix.Bits() ||
			e.Prefix.Bits() == best.Prefix.Bits() && e.compare(best) < 0) {
			best = e
		}
	}
	return best
}

// randomPrefix prefers prefixes that lie close together, so that they nest.
func randomPrefix(r *rand.Rand) netip.Prefix {
	if r.IntN(4) == 0 {
		b := [16]byte{0x20, byte(r.IntN(2)), byte(r.Uint32()), 7: byte(r.IntN(4)), 8: byte(r.IntN(4)), 15: byte(r.Uint32())}
		return netip.PrefixFrom(netip.AddrFrom16(b), r.IntN(129)).Masked()
	}
	b := [4]byte{10, byte(r.IntN(3)), byte(r.Uint32()), byte(r.Uint32())}
	return netip.PrefixFrom(netip.AddrFrom4(b), r.IntN(33)).Masked()
}

func TestAgreesWithALinearScan(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 1))
		var table Table
		var scan linear
		for step := range 600 {
			if len(scan) > 0 && r.IntN(100) < step/10 { // more and more removals
				i := r.IntN(len(scan))
				e := scan[i]
				if got, err := table.Remove(e.Prefix, func(o *Entry) bool { return *o == e }); err != nil || got != e {
					t.Fatalf("seed %d: Remove %v: %v, %v", seed, e, got, err)
				}
				scan = slices.Delete(scan, i, i+1)
			} else {
				e := Entry{Prefix: randomPrefix(r), Kind: Kind(r.IntN(2)), Interface: r.IntN(3), Metric: uint32(r.IntN(3))}
				exists := slices.ContainsFunc(scan, func(o Entry) bool { return o.Prefix == e.Prefix && o.compare(&e) == 0 })
				if err := table.Add(e); (err != nil) != exists {
					t.Fatalf("seed %d: Add %v: %v", seed, e, err)
				}
				if !exists {
					scan = append(scan, e)
				}
			}
			for range 10 {
				a := randomPrefix(r).Addr()
				got, want := table.Lookup(a), scan.lookup(a)
				if (got == nil) != (want == nil) || got != nil && *got != *want {
					t.Fatalf("seed %d: Lookup %v: got %v, want %v", seed, a, got, want)
				}
			}
		}
		var all []Entry
		table.All(func(e *Entry) bool { all = append(all, *e); return true })
		slices.SortFunc(scan, func(a, b Entry) int {
			if a.Prefix.Addr().Is4() != b.Prefix.Addr().Is4() {
				return b.Prefix.Addr().BitLen()*-1 + a.Prefix.Addr().BitLen()
			}
			if c := a.Prefix.Addr().Compare(b.Prefix.Addr()); c != 0 {
				return c
			}
			if c := a.Prefix.Bits() - b.Prefix.Bits(); c != 0 {
				return c
			}
			return a.compare(&b)
		})
		if !slices.Equal(all, scan) || table.Len() != len(scan) {
			t.Fatalf("seed %d: All: %d routes, want %d in order", seed, len(all), len(scan))
		}
	}
}

func TestKindNames(t *testing.T) {
	for k := range numKinds {
		if k.String() == "" {
			t.Errorf("kind %d has no name", k)
		}
	}
	if got := Kind(99).String(); got != "Kind(99)" {
		t.Error(got)
	}
}

func table10000() *Table {
	r := rand.New(rand.NewPCG(1, 2))
	t := new(Table)
	for t.Len() < 10000 {
		b := [4]byte{byte(1 + r.IntN(223)), byte(r.Uint32()), byte(r.Uint32()), byte(r.Uint32())}
		_ = t.Add(Entry{Prefix: netip.PrefixFrom(netip.AddrFrom4(b), 8+r.IntN(25)).Masked(), Interface: 1})
	}
	return t
}

func BenchmarkLookup(b *testing.B) {
	small := new(Table)
	for _, s := range []string{"0.0.0.0/0", "127.0.0.0/8", "10.0.0.0/24", "10.0.0.1/32", "10.0.0.255/32"} {
		_ = small.Add(via(s, 1, 0))
	}
	r := rand.New(rand.NewPCG(1, 2))
	var dst [1024]netip.Addr
	for i := range dst {
		dst[i] = netip.AddrFrom4([4]byte{byte(1 + r.IntN(223)), byte(r.Uint32()), byte(r.Uint32()), byte(r.Uint32())})
	}
	near := addr("10.0.0.7")
	b.Run("5 routes", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			small.Lookup(near)
		}
	})
	big := table10000()
	b.Run("10000 routes", func(b *testing.B) {
		b.ReportAllocs()
		i := 0
		for b.Loop() {
			big.Lookup(dst[i%len(dst)])
			i++
		}
	})
}
