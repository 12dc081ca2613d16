// Bench measures thinnet side by side with its peers: gVisor's netstack,
// wireguard-go's netstack and the Linux kernel.
//
//	go run . -list              what is measured, of whom
//	go run . -all               everything, in about a quarter of an hour
//	go run . -only round-trip,connect   some rows
//	go run . -smoke             everything for a moment: does it work?
//	go run . -only udp -profile /tmp   a CPU profile of each measurement, too
//
// A row measures one thing. Each of its contestants is measured once in every
// round, one after the other (ours, theirs, ours, theirs …), so that what else
// the computer does meets all of them; a figure is the median of the rounds, and
// only the ratio of two figures of one run says anything. Goals are ratios.
//
// Every measurement runs in a process of its own, in a network namespace of its
// own: no contestant meets another's garbage, ports in TIME-WAIT or interfaces,
// and when the process ends all of it is gone. That needs Linux, root, ip of iproute2 and
// /dev/net/tun; without them contestants that need interfaces of the kernel are left
// out, which the table says.
//
// Whoever cares for speed has the compiler guided by a profile of his program at work, as
// gVisor's own releases have. So this program is built with one of all rows and all
// contestants, default.pgo; go run -pgo=off does without. It was made by
//
//	go build -pgo=off -trimpath -o /tmp/thinnet-bench . && mkdir /tmp/profiles
//	/tmp/thinnet-bench -all -rounds 1 -for 300ms -profile /tmp/profiles
//	go tool pprof -proto /tmp/profiles/*.pprof > default.pgo
//
// Bytes are checked where they arrive: all of them while a measurement warms up,
// afterwards the order of blocks, the edges of every read, and the number.
package main
