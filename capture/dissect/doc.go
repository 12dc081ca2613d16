// Package dissect turns captured packets into tcpdump's text (tcpdump 5.0).
//
// A [Printer] is made once with the options that tcpdump has on its command line
// and then appends the text of one packet after the other. It keeps what
// tcpdump keeps between packets: the initial sequence numbers of TCP
// connections, so that it can print relative ones, and the time of the packet
// before. What comes from the wire is hostile: text is cut with a mark such as
// [|tcp] where the captured bytes end, and nothing is read beyond them.
//
// Each protocol has a file, named after it, with a method of Printer that takes
// a [view] on the captured bytes from its header on, and the length that the
// lower protocol says there was on the wire. Quantities of the wire are uint32
// and wrap around, as in tcpdump: the text of impossible packets shows it.
package dissect
