// Package segment does for a packet what its sender left to the hardware: it
// splits a super-segment into frames for a wire, and fills in a checksum that is
// pending. Its functions are pure, know IPv4 with TCP and UDP, and rely on the
// offload state of the packet ([packet.Packet]), NetworkOffset above all: behind
// which link header the packet lies, with a VLAN tag or without, is all the same.
package segment
