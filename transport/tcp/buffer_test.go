package tcp

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"thinnet/packet"
	"thinnet/wire"
)

// leakless fails the test if it leaves slabs in use.
func leakless(t *testing.T) {
	live := packet.Live()
	t.Cleanup(func() {
		if n := packet.Live() - live; n != 0 {
			t.Errorf("%d slabs are still in use", n)
		}
	})
}

// noise returns n bytes that tell positions from one another.
func noise(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// slabOf returns a slab that holds b from off on.
func slabOf(b []byte, off int) *packet.Slab {
	s := packet.NewSlab(off + len(b))
	copy(s.B[off:], b)
	return s
}

// A send buffer is a slice of bytes from base on.
func TestSendBuffer(t *testing.T) {
	leakless(t)
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 1))
		c := Conn{queues: new(Queues), data: new(traffic)}
		m, d, q := c.queues, &c.data.written, &c.buf
		q.base = -Seq(r.IntN(100_000))
		q.hintSeq = q.base
		var model []byte
		for range 300 {
			switch r.IntN(4) {
			case 0:
				b := noise(r, 1+r.IntN(3000)>>r.IntN(12))
				if r.IntN(4) > 0 && q.write(d, b) {
					model = append(model, b...)
					continue
				}
				c.spill()
				s, off := q.tail()
				if s == nil || r.IntN(3) == 0 {
					if s != nil {
						s.Release()
					}
					off = r.IntN(50)
					if f := q.frags.last(); f != nil && r.IntN(2) == 0 {
						off = int(f.Off + f.Len) // looks like the last one's rest
					}
					s = slabOf(b, off)
				} else {
					b = b[:copy(s.B[off:], b)]
				}
				q.append(m, s, off, len(b))
				model = append(model, b...)
			case 1:
				n := r.IntN(len(model) + 1)
				if r.IntN(2) == 0 {
					n = min(n, 2000)
				}
				q.ack(m, d, q.base.Add(n))
				model = model[n:]
			default:
				if len(model) == 0 {
					continue
				}
				from := r.IntN(len(model))
				if r.IntN(2) == 0 {
					from = min(from, 1000)
				}
				n := 1 + r.IntN(len(model)-from)
				var p packet.Packet
				p.Reset()
				got := q.attach(&p, d, q.base.Add(from), n)
				if got < 1 || got > n || got < n && len(p.Frags()) < 2 {
					t.Fatalf("seed %d: %d bytes of %d, in %d pieces", seed, got, n, len(p.Frags()))
				}
				b := make([]byte, got)
				p.CopyTo(b, 0)
				p.Release()
				if !bytes.Equal(b, model[from:from+got]) {
					t.Fatalf("seed %d: wrong bytes at %d", seed, from)
				}
			}
			if q.len != len(model) {
				t.Fatalf("seed %d: %d bytes, want %d", seed, q.len, len(model))
			}
			if err := q.broken(); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
		}
		end := q.end()
		if q.release(m); q.base != end || q.len != 0 {
			t.Fatalf("after release: %+v", q)
		}
	}
}

// A receive buffer is a slice of bytes.
func TestRecvBuffer(t *testing.T) {
	leakless(t)
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 2))
		var m Queues
		var d brief
		var q recvBuffer
		var model []byte
		for range 300 {
			switch r.IntN(5) {
			case 0:
				b := noise(r, r.IntN(200)>>r.IntN(8))
				q.appendBytes(&m, &d, b)
				model = append(model, b...)
			case 1, 2:
				b := noise(r, 1+r.IntN(3000))
				off, cut := r.IntN(50), 0
				s := slabOf(b, off)
				if r.IntN(2) == 0 && len(b) > 1 { // two neighbours
					cut = 1 + r.IntN(len(b)-1)
					s.Retain()
					q.appendFrag(&m, &d, packet.Frag{Slab: s, Off: int32(off), Len: int32(cut)})
				}
				q.appendFrag(&m, &d, packet.Frag{Slab: s, Off: int32(off + cut), Len: int32(len(b) - cut)})
				model = append(model, b...)
			default:
				n := 1 + r.IntN(4000)>>r.IntN(12)
				if q.brief() && r.IntN(2) == 0 {
					b := make([]byte, n)
					got := q.read(&d, b)
					if got != min(n, len(model)) || !bytes.Equal(b[:got], model[:got]) {
						t.Fatalf("seed %d: read %d bytes of %d", seed, got, n)
					}
					model = model[got:]
					break
				}
				room := r.IntN(5)
				frags, got := q.take(&m, &d, make([]packet.Frag, 0, room), n)
				var b []byte
				for _, f := range frags {
					b = append(b, f.Bytes()...)
					f.Slab.Release()
				}
				if got != len(b) || got > n || got < min(n, len(model)) && len(frags) < room || !bytes.Equal(b, model[:got]) {
					t.Fatalf("seed %d: took %d bytes of %d, with room for %d pieces", seed, got, n, room)
				}
				model = model[got:]
			}
			if q.len != len(model) {
				t.Fatalf("seed %d: %d bytes, want %d", seed, q.len, len(model))
			}
			if err := q.broken(); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
		}
		q.release(&m)
	}
}

// Crumbs share slabs: a peer that sends a byte at a time does not make the queue
// hold many times what it counts.
func TestRecvBufferCrumbs(t *testing.T) {
	leakless(t)
	var m Queues
	var d brief
	var q recvBuffer
	live := packet.Live()
	for range 10_000 {
		s := slabOf([]byte{1}, 0)
		q.appendFrag(&m, &d, packet.Frag{Slab: s, Len: 1})
	}
	if n := packet.Live() - live; n > 10_000/packet.SmallSlab+1 {
		t.Errorf("10000 bytes lie in %d slabs", n)
	}
	q.release(&m)
}

// A reorder queue is a set of sequence numbers with a byte each. The byte that came
// first stays.
func TestReorderQueue(t *testing.T) {
	leakless(t)
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 3))
		first := -Seq(r.IntN(5000))
		var q reorderQueue
		var m Queues
		var in recvBuffer
		var d brief
		model := make(map[int]byte) // by offset from first
		var want []byte
		next := 0
		for range 200 {
			if r.IntN(10) > 0 {
				at := next + 1 + r.IntN(3000)
				b := noise(r, 1+r.IntN(1+r.IntN(1500)))
				fresh := 0
				for i, c := range b {
					if _, ok := model[at+i]; !ok {
						model[at+i] = c
						fresh++
					}
				}
				var f packet.Frag
				if r.IntN(2) == 0 {
					f = packet.Frag{Slab: slabOf(b, 7), Off: 7, Len: int32(len(b))}
				}
				added, ok := q.insert(first.Add(at), b, f)
				if f.Slab != nil {
					f.Slab.Release()
				}
				q.touch(first.Add(at))
				if added != fresh || !ok {
					t.Fatalf("seed %d: added %d, %v, want %d", seed, added, ok, fresh)
				}
				checkBlocks(t, &q, first, model, at)
			} else {
				// What is missing up to some number arrives.
				to := next + r.IntN(1500)
				for ; next < to; next++ {
					if _, early := model[next]; !early {
						c := byte(next)
						in.appendBytes(&m, &d, []byte{c})
						want = append(want, c)
						continue
					}
					got := q.drain(&m, first.Add(next), &in, &d)
					for ; first.Add(next) != got; next++ {
						want = append(want, model[next])
						delete(model, next)
					}
					next--
				}
				q.drain(&m, first.Add(next), &in, &d)
				for c, ok := model[next]; ok; c, ok = model[next] {
					want = append(want, c)
					delete(model, next)
					next++
				}
			}
			if q.len != len(model) {
				t.Fatalf("seed %d: %d bytes, want %d", seed, q.len, len(model))
			}
			if len(model) > 0 {
				if err := q.broken(); err != nil {
					t.Fatalf("seed %d: %v", seed, err)
				}
			}
		}
		var got []byte
		for in.len > 0 {
			frags, _ := in.take(&m, &d, make([]packet.Frag, 0, 10), 1<<20)
			for _, f := range frags {
				got = append(got, f.Bytes()...)
				f.Slab.Release()
			}
		}
		if !bytes.Equal(got, want) {
			t.Fatalf("seed %d: %d bytes came out, want %d", seed, len(got), len(want))
		}
		q.release()
	}
}

// checkBlocks holds the reported blocks to RFC 2018, section 4: each is whole, they
// are distinct, and the first has the newest arrival.
func checkBlocks(t *testing.T, q *reorderQueue, first Seq, model map[int]byte, newest int) {
	var blocks [wire.MaxSACKBlocks]wire.SACKBlock
	n := q.blocks(&blocks, 0)
	for i, b := range blocks[:n] {
		l, r := Seq(b.Left).Sub(first), Seq(b.Right).Sub(first)
		_, before := model[l-1]
		_, behind := model[r]
		if before || behind || l >= r || slices.Contains(blocks[:i], b) {
			t.Fatalf("block %d is [%d,%d)", i, l, r)
		}
		for k := l; k < r; k++ {
			if _, ok := model[k]; !ok {
				t.Fatalf("block %d is [%d,%d), without %d", i, l, r, k)
			}
		}
		if i == 0 && (newest < l || newest >= r) {
			t.Fatalf("the first block is [%d,%d), without the newest arrival %d", l, r, newest)
		}
	}
	if n < min(len(q.islands), 1) {
		t.Fatal("nothing is reported")
	}
}

// However small the pieces, their number and their slabs are bounded.
func TestReorderQueueBounds(t *testing.T) {
	leakless(t)
	live := packet.Live()
	var q reorderQueue
	const most = maxEarly + maxEarly/copyBelow
	for i := range 3 * maxEarly {
		_, ok := q.insert(Seq(2*i), []byte{1}, packet.Frag{})
		if ok != (i < most) {
			t.Fatalf("piece %d: %v", i, ok)
		}
	}
	if n := packet.Live() - live; n > most/packet.SmallSlab+1 {
		t.Errorf("%d bytes lie in %d slabs", most, n)
	}
	q.release()
}

// Whoever loses the first of many segments has all others kept, and those that lie side
// by side in a slab are one piece.
func TestReorderQueueLong(t *testing.T) {
	leakless(t)
	for _, apart := range []bool{false, true} {
		var q reorderQueue
		const n = 4 * maxEarly
		slab := packet.NewSlab(packet.LargeSlab)
		for i := range n {
			if i%65 == 0 || apart {
				slab.Release()
				slab = packet.NewSlab(1000)
			}
			off := i % 65 * 1000
			if apart {
				off = 0
			} else if off == 0 {
				slab.Release()
				slab = packet.NewSlab(packet.LargeSlab)
			}
			if _, ok := q.insert(Seq(1000*i), slab.B[off:off+1000], packet.Frag{Slab: slab, Off: int32(off), Len: 1000}); !ok {
				t.Fatalf("segment %d was dropped", i)
			}
		}
		want := (n + 64) / 65
		if apart {
			want = n
		}
		if len(q.pieces) != want || q.len != 1000*n {
			t.Errorf("%d bytes in %d pieces, want %d in %d", q.len, len(q.pieces), 1000*n, want)
		}
		if err := q.broken(); err != nil {
			t.Error(err)
		}
		slab.Release()
		q.release()
	}
}
