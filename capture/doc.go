// Package capture is what a capture is made of: the record of one packet, the
// interface it was seen on, and the link type that says how its bytes start.
//
// Package pcapfile reads and writes such records, pcapfilter chooses among them,
// and dissect prints them as tcpdump does.
package capture
