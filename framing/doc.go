// Package framing puts message boundaries into a byte stream, which has none.
//
// TCP delivers the bytes that were written, in order, and that is all: ten small
// messages may arrive in one Read, and a large one in many. So both ends must
// agree on where a message ends. A [Codec] is such an agreement: a length in front
// ([Length], [Varint]), a mark behind ([Delimiter]), or one size for all
// ([Fixed]).
//
//	w := framing.NewWriter(conn, framing.Length{Size: 2})
//	err := w.WriteMessage([]byte("hello")) // 00 05 h e l l o, in one Write
//
//	r := framing.NewReader(conn, framing.Length{Size: 2})
//	msg, err := r.ReadMessage() // hello, however the bytes arrive
//
// A message has at most as many bytes as the codec's Max says. A length beyond it
// is an error that names the place in the stream, and memory is taken for bytes
// that have come, never for those that a peer has only promised.
//
// [Pack] and [Unpack] turn numbers and strings into the bytes of a message and
// back, with the format letters of PHP's pack.
package framing
