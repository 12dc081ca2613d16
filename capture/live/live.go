// Package live captures on the interfaces of the computer it runs on. It needs
// Linux, and CAP_NET_RAW; elsewhere it says so.
//
// A packet socket (packet(7)) hands packets over in a ring of memory that the
// kernel and the process share (TPACKET_V3), so a packet costs no system call.
// The filter runs in the kernel where the kernel takes it.
package live

import (
	"thinnet/capture"
)

// Any is the device that stands for all interfaces. Its packets start with a
// cooked header, which says which interface they came from.
const Any = "any"

// anyTypes are the link types of Any; the last is the one it has unasked.
var anyTypes = []capture.LinkType{capture.LinkTypeLinuxSLL, capture.LinkTypeLinuxSLL2}
