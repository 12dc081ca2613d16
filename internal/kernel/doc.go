// Package kernel is tests: a network of ours meets the Linux kernel.
//
//	network namespace of the test              network of the test
//	┌──────────────────────────────┐   ┌──────────────────────────────────────┐
//	│ curl, ping, sockets          │   │       router              host       │
//	│ 10.77.0.1 ── TAP interface ──┼───┼── 10.77.0.2  10.78.0.1 ═ 10.78.0.2   │
//	└──────────────────────────────┘   └────────────────────────┴─────────────┘
//	                                       the cable that delays and loses
//
// They need Linux, root, /dev/net/tun, and the programs ip, curl, ping, tcpdump and
// tshark; where one is missing they are skipped and say why. With
// THINNET_REQUIRE_KERNEL=1 they fail instead.
package kernel
