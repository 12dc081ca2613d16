package zstd

// window holds the data that came out last: what blocks to come may refer to, and
// what is not read yet.
type window struct {
	buf  []byte
	next int // the first byte that is not read yet
	size int // how far back blocks may refer, in bytes
}

// reset starts a frame, which refers to nothing before it. All is read by then.
func (w *window) reset(size int) {
	w.buf, w.next, w.size = w.buf[:0], 0, size
}

func (w *window) unread() int { return len(w.buf) - w.next }

func (w *window) read(p []byte) int {
	n := copy(p, w.buf[w.next:])
	w.next += n
	return n
}

// slide forgets what is out of reach, once that is so much that moving the rest
// costs little for each byte. All is read by then.
func (w *window) slide() {
	excess := len(w.buf) - w.size
	if excess < w.size/2 || excess < maxBlock {
		return
	}
	w.buf = w.buf[:copy(w.buf, w.buf[excess:])]
	w.next = len(w.buf)
}

// copyMatch appends n bytes from offset bytes back. The two may overlap; then what
// was appended is repeated.
func (w *window) copyMatch(offset, n int) {
	if offset > len(w.buf) || offset > w.size {
		panic(corrupt("a match lies before the window"))
	}
	from := len(w.buf) - offset
	for n > offset {
		// All from there on has a period of offset, however long it grows.
		w.buf = append(w.buf, w.buf[from:]...)
		n -= offset
		offset *= 2
	}
	w.buf = append(w.buf, w.buf[from:from+n]...)
}
