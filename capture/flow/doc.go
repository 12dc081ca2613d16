// Package flow says what captured packets have to do with each other: who talked
// to whom, and how much; which TCP connection a segment belongs to; the bytes that a
// connection carried; and the states that its ends were in.
//
//	Headers        one packet, as far as its headers tell where it belongs
//	Conversations  who talked to whom, and Endpoints, who talked
//	Streams        the TCP connections, numbered in the order of their first segment
//	Assembler      the bytes of one connection, in the order in which they were sent
//	States         the states of its two ends, as its segments tell
//
// Packets come from a capture, so any of them may be missing, cut, repeated, out of
// order or a lie. All of it holds a bounded amount of memory, whatever comes.
package flow
