package tcp

import (
	"slices"

	"thinnet/packet"
)

// Queues is what the connections of one host borrow to queue something in. Most
// connections of a busy host are idle, and those hold nothing. The zero Queues is
// ready; it is used by one connection at a time.
type Queues struct {
	frags arrays[packet.Frag]
	runs  arrays[sent]

	traffic []*traffic
	slabs   packet.Stock
}

// Bounds of what is kept for the next one to borrow.
const (
	maxArrays = 256 // of a kind
	maxArray  = 256 // items, of each
)

// arrays are those that nobody has borrowed.
type arrays[T any] struct{ free []*array[T] }

// array is a growing slice whose first items are gone.
type array[T any] struct {
	items []T
	head  int // items[:head] are gone
}

// fifo is a queue. It has an array only while there is something in it. Whoever takes an
// item out that refers to memory clears it first, for which he has it at hand.
type fifo[T any] struct{ array *array[T] }

// live returns the items, the oldest first. It is valid until the queue changes.
func (q *fifo[T]) live() []T {
	if q.array == nil {
		return nil
	}
	return q.array.items[q.array.head:]
}

func (q *fifo[T]) empty() bool { return q.array == nil }

// last returns the youngest item, nil if there is none. It is valid until the queue changes.
func (q *fifo[T]) last() *T {
	if q.array == nil {
		return nil
	}
	return &q.array.items[len(q.array.items)-1]
}

// len returns how many items there are.
func (q *fifo[T]) len() int {
	if q.array == nil {
		return 0
	}
	return len(q.array.items) - q.array.head
}

// push adds v behind the others.
func (q *fifo[T]) push(from *arrays[T], v T) { *q.add(from) = v }

// add adds an item behind the others, and returns it. Its content is undefined.
func (q *fifo[T]) add(from *arrays[T]) *T {
	if q.array == nil {
		q.array = from.borrow()
	}
	a := q.array
	var zero T
	a.items = append(a.items, zero)
	return &a.items[len(a.items)-1]
}

// borrow returns an array without items.
func (f *arrays[T]) borrow() *array[T] {
	last := len(f.free) - 1
	if last < 0 {
		return &array[T]{items: make([]T, 0, 4)}
	}
	a := f.free[last]
	f.free = f.free[:last]
	return a
}

// insert puts v in front of live()[i]. The shorter side makes room.
func (q *fifo[T]) insert(i int, v T) {
	a := q.array
	if live := a.items[a.head:]; a.head > 0 && i < len(live)/2 {
		a.head--
		live = a.items[a.head:]
		copy(live, live[1:i+1])
		live[i] = v
		return
	}
	a.items = insert(a.items, a.head+i, v)
}

// insert puts v in front of s[i], as slices.Insert does with any number; which takes
// 2 KB of every program, for each type.
func insert[T any](s []T, i int, v T) []T {
	s = append(s, v)
	copy(s[i+1:], s[i:])
	s[i] = v
	return s
}

// cut takes live()[from:to] out, which is not all there is. The shorter side closes the
// gap.
func (q *fifo[T]) cut(from, to int) {
	a := q.array
	if live := a.items[a.head:]; from < len(live)-to {
		copy(live[to-from:], live[:from])
		clear(live[:to-from])
		a.head += to - from
		return
	}
	a.items = slices.Delete(a.items, a.head+from, a.head+to)
}

// drop takes the first n items out.
func (q *fifo[T]) drop(to *arrays[T], n int) {
	a := q.array
	switch {
	case n == 0:
	case n == len(a.items)-a.head:
		q.release(to)
	default:
		a.head += n
		if a.head >= 32 && 2*a.head >= len(a.items) {
			k := copy(a.items, a.items[a.head:])
			clear(a.items[k:])
			a.items, a.head = a.items[:k], 0
		}
	}
}

// release takes all items out, and gives the array back.
//
//go:noinline // a dozen places, for three types
func (q *fifo[T]) release(to *arrays[T]) {
	a := q.array
	if a == nil {
		return
	}
	q.array = nil
	if len(to.free) < maxArrays && cap(a.items) <= maxArray {
		a.items, a.head = a.items[:0], 0
		to.free = append(to.free, a)
	}
}
