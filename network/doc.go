// Package network is the internet layer of one host: IPv4 with ICMP and ARP,
// routes, forwarding and fragments.
//
//	     transport (TCP, UDP)              raw ICMP
//	 Receive ▲  ▲ Error   │ Output            ▲
//	┌────────┴──┴─────────▼───────────────────┴──────┐
//	│ deliver ◄─ LocalIn      LocalOut ─► route      │
//	│    ▲ reassemble                       │        │
//	│  route ────► forward ── Forward ──►───┤        │
//	│    ▲ Prerouting            Postrouting▼        │
//	│  checks (RFC 1122, 1812)           fragment    │
//	│    ▲                                  ▼        │
//	│  Ethernet ──► ARP ◄──────────────► neighbour   │
//	└────▲──────────────────────────────────┬────────┘
//	     │ Input                            ▼ Interface.Out
//
// It is a pure machine: no goroutine, no lock, no clock and no I/O. Its host
// calls it under the host's lock, hands in the time and the frames that came
// in, and takes the frames that go out from the interfaces' Out batches. One
// host's calls do not overlap, and a transport that is called back may call
// Output, Route and SendUnreachable, but not Input or Tick.
package network
