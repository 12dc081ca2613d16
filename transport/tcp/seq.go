package tcp

// Seq is a sequence number (RFC 9293, section 3.4). Sequence numbers wrap, so
// they are compared by their distance, which is right as long as they are less
// than 2^31 apart.
type Seq uint32

// Less reports whether a comes before b.
func (a Seq) Less(b Seq) bool { return int32(a-b) < 0 }

// LessEq reports whether a comes before b or is b.
func (a Seq) LessEq(b Seq) bool { return int32(a-b) <= 0 }

// Add returns the number n bytes behind a.
func (a Seq) Add(n int) Seq { return a + Seq(n) }

// Sub returns how many bytes a is behind b: negative if it comes before.
func (a Seq) Sub(b Seq) int { return int(int32(a - b)) }

// Max returns the later of a and b.
func (a Seq) Max(b Seq) Seq {
	if a.Less(b) {
		return b
	}
	return a
}

// Min returns the earlier of a and b.
func (a Seq) Min(b Seq) Seq {
	if b.Less(a) {
		return b
	}
	return a
}
