// Package tcpdump is the tcpdump command: its options, its text, the files that
// it reads and writes, its messages and its exit codes, as of tcpdump 5.0.
//
// It knows neither hosts nor devices. Where it runs is an [Env]: on a computer,
// on a host of a lab, or in a test. So all of them have the same options.
//
//	options   the command line, checked as tcpdump checks it
//	run       what the options ask for, in tcpdump's order
//	file      packets from -r and -V
//	live      packets from a device
//	output    packets to where they go: a view of them, a savefile, or both
//	view      what standard output shows: text, or --json, --follow, --conversations,
//	          --endpoints, --ladder
//	savefile  -w, with -C, -G and -W
package tcpdump
