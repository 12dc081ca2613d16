package main

import "time"

// Rows between a stack in this process and the kernel.
var (
	toTAP    = []string{"thinnet/tap", "thinnet/tun", "gvisor/tun", "gvisor/packet"}
	toPacket = []string{"thinnet/packet", "gvisor/packet"}

	tapSendRow = Row{
		Name: "tap-send", What: "TCP, one stream to the kernel by TAP or TUN at MTU 1500",
		Contestants: toTAP, For: time.Second,
		Figures: bulkFigures(tapGoals...),
		Measure: onPair(bulk{streams: 1}.measure),
	}
	tapReceiveRow = Row{
		Name: "tap-receive", What: "the same from the kernel",
		Contestants: toTAP, For: time.Second,
		Figures: bulkFigures(tapGoals...),
		Measure: onPair(bulk{streams: 1, down: true}.measure),
	}
	tapGoals = []Goal{{5, []string{"gvisor/tun"}}, {1.5, []string{"gvisor/packet"}}}

	packetSendRow = Row{
		Name: "packet-send", What: "TCP, one stream to the kernel by a packet socket on a veth pair",
		Contestants: toPacket, For: time.Second,
		Figures: bulkFigures(packetGoals...),
		Measure: onPair(bulk{streams: 1}.measure),
	}
	packetReceiveRow = Row{
		Name: "packet-receive", What: "the same from the kernel",
		Contestants: toPacket, For: time.Second,
		Figures: bulkFigures(packetGoals...),
		Measure: onPair(bulk{streams: 1, down: true}.measure),
	}
	packetGoals = []Goal{{1.5, []string{"gvisor/packet"}}}

	outsideRoundTripRow = Row{
		Name: "round-trip-outside", What: "TCP, one byte to the kernel and one back",
		Contestants: []string{"thinnet/tap", "thinnet/tun", "thinnet/packet", "gvisor/tun", "gvisor/packet", "kernel/veth"}, For: time.Second,
		Figures: []Figure{
			{Name: "p50", Unit: "µs", Better: Lower, Goals: []Goal{{1. / 2, []string{"gvisor/tun", "gvisor/packet"}}}},
			{Name: "p99", Unit: "µs", Better: Lower},
		},
		Measure: onPair(roundTrip{}.measure),
	}
)
