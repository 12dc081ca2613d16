// Package packetdrill is a host with the socket calls of Linux, for packetdrill
// to play its scripts against: file descriptors, errno, blocking calls, socket
// options by number and struct tcp_info as bytes, over a stack in virtual time.
//
// Time passes only when packetdrill lets it: when it sleeps, when it waits for
// a packet, and by a microsecond when it looks at the clock, since it spins on
// that before an event. Then the stack's timers fire one after the other.
//
// packetdrill makes its calls from one thread, and those that a script expects to
// block from a second one. A call that blocks is tried again after every event of
// the stack's. When it has succeeded the clock stands still until the thread that
// made it has looked at it, so that the call ends at the instant that caused it.
//
// Package packetdrill/so wraps a Host into the library that packetdrill loads.
// README.md says how to run scripts.
package packetdrill
