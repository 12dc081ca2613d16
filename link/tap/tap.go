// Package tap joins a network to the operating system's: a [Device] is the other
// side of a TAP interface of the Linux kernel. What the kernel sends by the
// interface comes in by the device, and what is written to the device the kernel
// receives by the interface, both as whole Ethernet frames.
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
	// Persist keeps an interface when the device is closed. Otherwise one that
	// Open made goes with it.
	Persist bool
}

var _ link.Device = (*Device)(nil)

func (c Config) check() error {
	if len(c.Name) > 15 || strings.ContainsAny(c.Name, "/: \t\n") || c.Name == "." || c.Name == ".." {
		return fmt.Errorf("tap: interface name %q: want at most 15 bytes without slash, colon or space", c.Name)
	}
	return nil
}
