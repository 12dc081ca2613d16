package network

import "strconv"

// Counter names one of a host's counters, after Linux's nstat (RFC 4293 and
// RFC 1213 where the name is theirs).
type Counter uint8

// Counters.
const (
	IPInReceives      Counter = iota // packets that came in, errors included
	IPInHdrErrors                    // dropped: a header that is wrong, or a TTL that ran out
	IPInAddrErrors                   // dropped: an address that cannot be
	IPForwDatagrams                  // sent on for others
	IPInUnknownProtos                // dropped: no transport for them
	IPInDiscards                     // dropped: no room, or by a hook
	IPInTruncatedPkts                // dropped: shorter than the header says
	IPInNoRoutes                     // dropped: no way to send them on
	IPInDelivers                     // given to a transport
	IPOutRequests                    // that this host made
	IPOutDiscards                    // dropped: no room, link down, or by a hook
	IPOutNoRoutes                    // dropped: no route
	IPReasmTimeout                   // datagrams whose fragments did not all come in time
	IPReasmReqds                     // fragments that came in
	IPReasmOKs                       // datagrams put together
	IPReasmFails                     // datagrams given up
	IPFragOKs                        // datagrams split
	IPFragFails                      // datagrams that were to be split and must not
	IPFragCreates                    // fragments made
	ICMPInMsgs
	ICMPInErrors       // malformed, or about no packet of ours
	ICMPInCsumErrors   // wrong checksum
	ICMPInDestUnreachs // by type, the checksum being right
	ICMPInTimeExcds
	ICMPInParmProbs
	ICMPInSrcQuenchs
	ICMPInRedirects
	ICMPInEchos
	ICMPInEchoReps
	ICMPOutMsgs // what the layer makes itself: errors and echo replies
	ICMPOutErrors
	ICMPOutRateLimitGlobal // errors not sent: too many at all
	ICMPOutRateLimitHost   // errors not sent: too many to one destination
	ICMPOutDestUnreachs
	ICMPOutTimeExcds
	ICMPOutParmProbs
	ICMPOutEchoReps
	ARPInRequests
	ARPInReplies
	ARPOutRequests
	ARPOutReplies
	ARPOutAnnouncements
	ARPConflicts // another station uses an address of ours
	ARPDefenses  // announcements that answer a conflict (RFC 5227, section 2.4)
	ARPFailures  // neighbours that did not answer
	NumCounters
)

var counterNames = [NumCounters]string{
	"IpInReceives", "IpInHdrErrors", "IpInAddrErrors", "IpForwDatagrams", "IpInUnknownProtos", "IpInDiscards",
	"IpExtInTruncatedPkts", "IpExtInNoRoutes", "IpInDelivers", "IpOutRequests", "IpOutDiscards", "IpOutNoRoutes",
	"IpReasmTimeout", "IpReasmReqds", "IpReasmOKs", "IpReasmFails", "IpFragOKs", "IpFragFails", "IpFragCreates",
	"IcmpInMsgs", "IcmpInErrors", "IcmpInCsumErrors", "IcmpInDestUnreachs", "IcmpInTimeExcds", "IcmpInParmProbs",
	"IcmpInSrcQuenchs", "IcmpInRedirects", "IcmpInEchos", "IcmpInEchoReps",
	"IcmpOutMsgs", "IcmpOutErrors", "IcmpOutRateLimitGlobal", "IcmpOutRateLimitHost",
	"IcmpOutDestUnreachs", "IcmpOutTimeExcds", "IcmpOutParmProbs", "IcmpOutEchoReps",
	"ArpInRequests", "ArpInReplies", "ArpOutRequests", "ArpOutReplies", "ArpOutAnnouncements",
	"ArpConflicts", "ArpDefenses", "ArpFailures",
}

// String returns nstat's name of the counter.
func (c Counter) String() string {
	if c < NumCounters {
		return counterNames[c]
	}
	return "Counter(" + strconv.Itoa(int(c)) + ")"
}

// Counters holds a host's counters, indexed by [Counter].
type Counters [NumCounters]uint64

// InterfaceCounters counts what the layer received from and sent to an
// interface: whole frames, super-segments as one. Its device counts what the
// wire saw.
type InterfaceCounters struct {
	InPackets, InBytes   uint64
	OutPackets, OutBytes uint64
	Drops                Drops // of what came in by it, or was about to go out
}
