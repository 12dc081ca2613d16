package network

import (
	"strconv"

	"thinnet/packet"
)

// DropReason says why the layer dropped a packet.
type DropReason uint8

// Reasons.
const (
	// On the link.
	DropFrameTruncated  DropReason = iota // shorter than a link header
	DropOtherHost                         // sent to another station's MAC address
	DropEtherType                         // neither IPv4 nor ARP: 802.1Q, IPv6 …
	DropInterfaceDown                     // the interface is down
	DropARPMalformed                      // not Ethernet and IPv4, truncated, or an unknown operation
	DropARPSenderMAC                      // a group address or zero
	DropARPSender                         // no address that a station can have
	DropARPOwnAddress                     // somebody else uses our address
	DropNeighborQueue                     // too many wait for one neighbour, or in all
	DropNeighborTable                     // no room for another neighbour
	DropNeighborFailed                    // the neighbour did not answer
	DropLinkUnreachable                   // the interface has gone, or its neighbour was removed
	// An IPv4 header that is wrong.
	DropIPTruncated   // shorter than the header says
	DropIPVersion     // not version 4
	DropIPHeaderLen   // below 20 bytes, or beyond the packet
	DropIPTotalLen    // below the header's length
	DropIPChecksum    // wrong checksum
	DropIPOptions     // an option that runs beyond the header
	DropIPSourceRoute // refused: RFC 7126, section 4.3
	DropTTL           // ran out on the way
	// An address that cannot be.
	DropMartianSource      // loopback, broadcast, multicast or reserved
	DropMartianOwnSource   // an address of ours, from the wire
	DropMartianDestination // loopback, zero or reserved
	DropNotForUs           // for another host, and forwarding is off
	DropNotMember          // a multicast group that we did not join
	DropForwardBroadcast   // nobody forwards what was sent to many
	// Fragments.
	DropFragmentMalformed
	DropFragmentTooLong
	DropFragmentOverlap
	DropFragmentScattered
	DropFragmentECN
	DropFragmentTimeout // the datagram's time was over
	DropFragmentEvicted // the oldest datagram, to make room
	// On the way out or on.
	DropNoRoute        // for what this host made
	DropForwardNoRoute // for what it was to send on
	DropBlackhole      // a route says so
	DropTooLong        // longer than the MTU, and must not be fragmented
	DropOffload        // a segment size or checksum offset that cannot be
	DropHeadroom       // no room for the headers
	DropQueueFull      // too many wait for a slow device: see TrimOut
	DropNoTransport
	DropHook // a hook says so
	// ICMP.
	DropICMPMalformed
	DropICMPChecksum
	DropICMPQuote // an error about no packet of ours
	DropICMPBroadcast
	NumDropReasons
)

// dropInfo gives a reason in words, and the counter of nstat that it is part of.
var dropInfo = [NumDropReasons]struct {
	name    string
	counter Counter
}{
	DropFrameTruncated:     {"frame truncated", none},
	DropOtherHost:          {"other host", none},
	DropEtherType:          {"unknown ethertype", none},
	DropInterfaceDown:      {"interface down", none},
	DropARPMalformed:       {"ARP malformed", none},
	DropARPSenderMAC:       {"ARP sender MAC", none},
	DropARPSender:          {"ARP sender address", none},
	DropARPOwnAddress:      {"ARP conflict", none},
	DropNeighborQueue:      {"neighbour queue full", IPOutDiscards},
	DropNeighborTable:      {"neighbour table full", IPOutDiscards},
	DropNeighborFailed:     {"neighbour unreachable", IPOutDiscards},
	DropLinkUnreachable:    {"neighbour removed", IPOutDiscards},
	DropIPTruncated:        {"IP truncated", IPInTruncatedPkts},
	DropIPVersion:          {"IP version", IPInHdrErrors},
	DropIPHeaderLen:        {"IP header length", IPInHdrErrors},
	DropIPTotalLen:         {"IP total length", IPInHdrErrors},
	DropIPChecksum:         {"IP checksum", IPInHdrErrors},
	DropIPOptions:          {"IP options", IPInHdrErrors},
	DropIPSourceRoute:      {"source route", IPInHdrErrors},
	DropTTL:                {"TTL expired", IPInHdrErrors},
	DropMartianSource:      {"martian source", IPInAddrErrors},
	DropMartianOwnSource:   {"own address as source", IPInAddrErrors},
	DropMartianDestination: {"martian destination", IPInAddrErrors},
	DropNotForUs:           {"not for us", IPInAddrErrors},
	DropNotMember:          {"multicast group not joined", IPInAddrErrors},
	DropForwardBroadcast:   {"broadcast not forwarded", IPInAddrErrors},
	DropFragmentMalformed:  {"fragment malformed", IPReasmFails},
	DropFragmentTooLong:    {"fragments too long", IPReasmFails},
	DropFragmentOverlap:    {"fragments overlap", IPReasmFails},
	DropFragmentScattered:  {"fragments scattered", IPReasmFails},
	DropFragmentECN:        {"fragments mix ECN", IPReasmFails},
	DropFragmentTimeout:    {"fragments timed out", IPReasmFails},
	DropFragmentEvicted:    {"fragments evicted", IPReasmFails},
	DropNoRoute:            {"no route", IPOutNoRoutes},
	DropForwardNoRoute:     {"no route to forward by", IPInNoRoutes},
	DropBlackhole:          {"blackhole route", IPOutNoRoutes},
	DropTooLong:            {"too long to send", IPFragFails},
	DropOffload:            {"bad offload state", IPOutDiscards},
	DropHeadroom:           {"no headroom", IPOutDiscards},
	DropQueueFull:          {"output queue full", IPOutDiscards},
	DropNoTransport:        {"unknown protocol", IPInUnknownProtos},
	DropHook:               {"hook", IPInDiscards},
	DropICMPMalformed:      {"ICMP malformed", ICMPInErrors},
	DropICMPChecksum:       {"ICMP checksum", ICMPInCsumErrors},
	DropICMPQuote:          {"ICMP error not ours", ICMPInErrors},
	DropICMPBroadcast:      {"ICMP echo to many", none},
}

// none: the reason is no part of a counter.
const none = NumCounters

// String returns the reason in words.
func (r DropReason) String() string {
	if r < NumDropReasons {
		return dropInfo[r].name
	}
	return "DropReason(" + strconv.Itoa(int(r)) + ")"
}

// Drops counts dropped packets by reason.
type Drops [NumDropReasons]uint64

// Total returns the number of dropped packets.
func (d *Drops) Total() uint64 {
	var n uint64
	for _, c := range d {
		n += c
	}
	return n
}

// drop ends p and counts it, also for the interface i if that is not nil.
//
//go:noinline
func (l *Layer) drop(i *Interface, p *packet.Packet, r DropReason) {
	l.dropAs(i, p, r, dropInfo[r].name)
}

// dropAs is drop for a reason that is known better.
func (l *Layer) dropAs(i *Interface, p *packet.Packet, r DropReason, why string) {
	i.Tell(p, why)
	p.Release()
	l.countDrop(i, r, 1)
}

// Dropped tells whoever watches the interface of h that p, which came in by it and
// starts with its transport header, is dropped by that protocol. The caller still
// owns p.
func (h *Header) Dropped(p *packet.Packet, why string) {
	// With its IP header, whose start says where a pending checksum lies.
	b := p.Prepend(len(h.IP))
	if b == nil {
		return
	}
	copy(b, h.IP)
	p.NetworkOffset = 0
	h.Interface.Tell(p, why)
	p.TrimFront(len(b))
}

// Tell tells whoever watches the interface, which may be nil, that p is dropped.
func (i *Interface) Tell(p *packet.Packet, why string) {
	if i != nil && i.Dropped != nil {
		i.Dropped(p, why)
	}
}

// TrimOut drops what lies in the interface's Out beyond limit packets, the last first. They
// have been counted as sent to it already.
func (l *Layer) TrimOut(i *Interface, limit int) {
	for i.Out.Len() > limit {
		l.drop(i, i.Out.At(i.Out.Len()-1), DropQueueFull)
		i.Out.Drop()
	}
}

func (l *Layer) countDrop(i *Interface, r DropReason, n uint64) {
	l.drops[r] += n
	if i != nil {
		i.Counters.Drops[r] += n
	}
	if c := dropInfo[r].counter; c != none {
		l.counters[c] += n
	}
}
