// Package tcpscript plays timed scripts against the TCP machine, in virtual
// time: inject this segment now, expect that one then, make this call, expect
// that state.
//
// A script is lines. "#" begins a comment. A line begins with the time since the
// line before, such as +20ms; without one it happens at the same instant. Every
// segment that the machine sends must be expected by a line at the very instant
// when it is sent, in order: whatever else it sends fails the script. Every byte
// that it sends or delivers is checked as well.
//
//	connect
//	> S 0:0 win 65535 mss 1460 sackok ts scale 7
//	+10ms < S. 0:0 ack 1 win 30000 mss 1000 sackok
//	> . 1:1 ack 1
//	write 1500
//	> . 1:1001 ack 1
//	> P. 1001:1501 ack 1
//	state ESTABLISHED
//
// # Segments
//
// "<" injects a segment, "<+" one that is followed by others before the machine
// may answer, ">" expects one. Then come the flags as tcpdump writes them (S F R
// P U E W and "." for ACK; "-" for none), the sequence numbers FIRST:BEHIND of
// the payload, and in any order
//
//	ack N             the acknowledgement number; a segment with "." has one
//	win N             the window as on the wire; expected only if it is written
//	mss N  scale N  sackok  ts VAL/ECR  nots  sack L:R,L:R…
//	fo COOKIE         TCP Fast Open's, in hexadecimal; "-": an empty one
//	badopt            an option that runs beyond the header, behind the others
//
// Sequence numbers count from each side's SYN, which is 0; the first byte is 1.
// Of what is expected all options must be written, but for timestamps, which
// "ts" expects with any value, and "nots" does not; without either they are looked
// for in a SYN only.
// A segment that belongs to no connection is answered with a reset, as a host
// does, and a listener stays. The machine's timestamps read 1000 when the script
// begins, and count milliseconds.
//
// # Calls
//
//	established [SYN] | accepted [SYN]
//	send N (connects and writes before the SYN goes)
//	connect | listen | write N | read N | shutdown | closeread | close | abort
//	nodelay on|off | cork on|off | more on|off | quickack on|off | keepalive IDLE INTERVAL COUNT | keepalive off
//	rcvbuf N | sndbuf N | unreachable SEQ | mtu SEQ N | idle DURATION (lets time pass quietly)
//
// "established" opens a connection to a peer 10 ms away, and "accepted" has the
// peer open it; SYN is what the peer's SYN says: win, mss, scale, sackok, and ts
// VAL. Without, it is win 65535 mss 1000.
//
// A write may take less than N only if "write N takes M" says so.
//
// # Expectations
//
//	state NAME | error none|refused|reset|timeout|unreachable
//	syndata (what went with the SYN was acknowledged) | readable N | eof | open | finished | sendspace N | unsent N | queued N | slabs N
//	writable (it became so since this was last asked)
//	cwnd N | ssthresh N (both in segments) | rto DURATION | srtt DURATION
//	info FIELD VALUE (of tcp.Info) | count NAME N (of tcp.Counters) | timer on|persist|keepalive|timewait|none [DURATION from now]
//
// # Settings
//
// "fastopen off|ask|accept|give COOKIE|cookie COOKIE BYTES" says what the next
// connection has of Fast Open; BYTES is how many the SYN takes.
//
// "set NAME VALUE", before the first call, or later for the connection: mtu, tso (longest super-segment), mintso,
// rcvbuf, sndbuf, rcvbufmax, sndbufmax, iw, quickack, delack, minrto, maxrto, initialrto, synretries,
// synackretries, retries, orphanretries, fintimeout, timewait, maxseg, deferaccept, blackhole (tcp.Settings.FastOpenBlackholeTimeout),
// retries1, basemss, probefloor, probeinterval, probethreshold,
// usertimeout, lowat, clamp, and "set nosack",
// "set nots", "set noscale", "set nagle", "set notlp", "set probing" (the path's MTU, always), "set noprobing", "set pathknown" (the MTU is the path's), "set ecn", "set NAME" of an algorithm of congestion control.
// With "set syncookies" a listener answers SYNs with cookies and remembers nothing.
package tcpscript
