// Package tap joins a network to the operating system's. A [Device] is one of
//
//   - the other side of a TAP interface of the Linux kernel, or of a TUN interface
//     ([Open]): what the kernel sends by the interface comes in by the device, and
//     what is written to the device the kernel receives by the interface;
//   - a packet socket on an interface that the kernel has ([OpenPacket]): a second
//     station on the wire that the interface is plugged into.
//
// Every frame has a virtio-net header in front of it there, which says the same
// as a packet's offload state. So super-segments of up to 64 KiB and pending
// checksums cross as they are in both directions, by one system call each, and
// are split and summed only if the kernel sends them on by a real wire.
//
// The interface lies in the network namespace of the thread that calls Open. To
// give it an address and set it up is the caller's, with ip(8): while it is down
// the kernel refuses frames, which are counted under DropDown.
package tap

import (
	"fmt"
	"strings"

	"thinnet/link"
)

// Config says which interface to open.
type Config struct {
	// Name is the interface's, 1 to 15 bytes; it is made if there is none. An
	// empty name, or one with %d in it, has the kernel choose a number.
	Name string
	// TUN makes it an interface of IP packets, without Ethernet headers.
	TUN bool
	// Queues is how many queues the interface has, each with a reader of its
	// own: 0 to 256. The packets of one flow stay in one queue. 0 is one queue
	// of an interface that has no more; an interface that exists must have been
	// made alike (ip tuntap add … multi_queue).
	Queues int
	// Persist keeps an interface when the device is closed. Otherwise one that
	// Open made goes with it.
	Persist bool
}

// maxQueues is the kernel's MAX_TAP_QUEUES.
const maxQueues = 256

var _ link.Device = (*Device)(nil)

func (c Config) check() error {
	if len(c.Name) > 15 || strings.ContainsAny(c.Name, "/: \t\n") || c.Name == "." || c.Name == ".." {
		return fmt.Errorf("tap: interface name %q: want at most 15 bytes without slash, colon or space", c.Name)
	}
	if c.Queues < 0 || c.Queues > maxQueues {
		return fmt.Errorf("tap: %d queues: want 0 to %d", c.Queues, maxQueues)
	}
	return nil
}
