// Package dissect turns captured packets into tcpdump's text (tcpdump 5.0).
//
// A [Printer] is made once with the options that tcpdump has on its command line
// and then appends the text of one packet after the other. It keeps what
// tcpdump keeps between packets: the initial sequence numbers of TCP
// connections, so that it can print relative ones, and the time of the packet
// before. What comes from the wire is hostile: text is cut with a mark such as
// [|tcp] where the captured bytes end, and nothing is read beyond them.
//
// Printed are Ethernet, 802.1Q and 802.1ad, LLC, SNAP and STP, Linux cooked, BSD
// loopback and raw links, PPP and PPPoE; ARP and RARP; IPv4 and IPv6 with all
// options and extension headers, AH and the outside of ESP and IPComp; ICMP,
// ICMPv6 with neighbour discovery and MLD, IGMP; TCP with all options and MPTCP,
// UDP, SCTP; GRE, IP in IP, MPLS, VXLAN, Geneve; VRRP; DNS, DHCP, DHCPv6, NTP,
// TFTP, syslog; the lines of HTTP, RTSP, SIP, FTP, SMTP, whois and SSH; and MQTT
// and WebSocket, which tcpdump does not know. Of what else tcpdump prints further,
// the lower protocol's line is printed, as if the port or number were unknown.
//
// Each protocol has a file, named after it, with a method of Printer that takes
// a [view] on the captured bytes from its header on, and the length that the
// lower protocol says there was on the wire. Quantities of the wire are uint32
// and wrap around, as in tcpdump: the text of impossible packets shows it.
package dissect
