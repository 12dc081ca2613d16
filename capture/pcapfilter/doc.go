// Package pcapfilter is libpcap's filter language: it compiles an expression
// such as "tcp port 80 and not host 10.0.0.1" to a classic BPF program, prints
// that program as tcpdump -d does, and runs it.
//
// The language is the one of pcap-filter(7) as of libpcap 1.11. An expression
// goes through these stages, each in a file of its own:
//
//	lexer     text to tokens
//	parser    tokens to a tree of primitives (ast)
//	lower     primitives to a tree of conditions on values of the packet
//	graph     conditions to a graph of tests, each with two ways out
//	optimize  tests whose outcome is known by then, or that decide nothing, go
//	emit      tests to instructions, reusing what the registers hold
//
// One rule of BPF shapes all of them: a load beyond the packet's end rejects the
// packet at once. So the order of tests is part of an expression's meaning. The
// optimiser keeps to it but for what libpcap's does too: it drops loads that
// decide nothing, and brings tests of one value together.
package pcapfilter
