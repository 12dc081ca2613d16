// Package tcp is the TCP machine (RFC 9293 and its family): a connection is
// handed segments, the user's calls and the time, and says which segments to
// send and what the user may now do.
//
// It is pure. It has no lock, no clock, no goroutine and does no I/O: whoever
// owns a [Conn] calls its methods one at a time, with the present instant, and
// after any of them calls [Conn.Output], which hands out what is to be sent.
// Calling it once after many segments is what makes one acknowledgement do for
// a batch.
//
//	Open ─────┐                                      ┌─▶ Sink.Send (segments)
//	Input ────┤   ┌──────────────────────────────┐   │
//	Tick ─────┼──▶│ Conn: state, windows, queues │───┼─▶ TakeEvents (what to wake)
//	Write… ───┤   └──────────────────────────────┘   │
//	Close ────┘            then Output               └─▶ Deadline (the next Tick)
//
// Where to find what: state.go the states, input.go the arrival of a segment in
// the order of RFC 9293 section 3.10.7, text.go what becomes of its bytes and when
// they are acknowledged, output.go what is sent and when,
// sendbuffer.go and recvbuffer.go the bytes, reorder.go what came too early,
// inflight.go what was sent and not acknowledged, autotune.go how large the buffers are, memory.go what the
// connections of a host may hold together, ack.go the acknowledgement of
// it, loss.go what is taken for lost, rtt.go the timeout, timer.go everything
// that happens because nothing did.
package tcp
