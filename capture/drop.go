package capture

import (
	"bytes"
	"strings"
)

// DroppedComment is how the comment starts on a packet that did not arrive, as far
// as who captured it knows. The reason follows.
const DroppedComment = "dropped: "

// IsDropped says whether the comment tells that the packet did not arrive.
func (p *Packet) IsDropped() bool { return strings.HasPrefix(p.Comment, DroppedComment) }

// MarkDropped says in the comment of a packet that it was dropped, and why: of the
// latest that an interface saw go in a direction and that ends in b, its bytes from
// whatever header on. What the comment said already stays behind a semicolon. It
// returns false if there is no such packet.
func MarkDropped(packets []Packet, iface int, d Direction, b []byte, why string) bool {
	if len(b) == 0 {
		return false
	}
	for i := len(packets) - 1; i >= 0; i-- {
		p := &packets[i]
		if p.Interface == iface && p.Direction == d && !p.IsDropped() && bytes.HasSuffix(p.Data, b) {
			if p.Comment != "" {
				why += "; " + p.Comment
			}
			p.Comment = DroppedComment + why
			return true
		}
	}
	return false
}
