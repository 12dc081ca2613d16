package dissect

// DHCPv6 messages (RFC 8415, section 7.3; RFC 5007).
const (
	dhcp6Renew      = 5
	dhcp6InfoReq    = 11
	dhcp6RelayForw  = 12
	dhcp6RelayReply = 13
)

var dhcp6Messages = names{
	1: "solicit", 2: "advertise", 3: "request", 4: "confirm", dhcp6Renew: "renew", 6: "rebind", 7: "reply",
	8: "release", 9: "decline", 10: "reconfigure", dhcp6InfoReq: "inf-req", dhcp6RelayForw: "relay-fwd",
	dhcp6RelayReply: "relay-reply", 14: "leasequery", 15: "leasequery-reply",
}

// DHCPv6 options (IANA's registry) that are printed further than by name.
const (
	dhcp6ClientID      = 1
	dhcp6ServerID      = 2
	dhcp6IANA          = 3
	dhcp6IATA          = 4
	dhcp6IAAddr        = 5
	dhcp6Request       = 6
	dhcp6Preference    = 7
	dhcp6Elapsed       = 8
	dhcp6RelayMsg      = 9
	dhcp6Auth          = 11
	dhcp6Status        = 13
	dhcp6UserClass     = 15
	dhcp6VendorClass   = 16
	dhcp6VendorOpts    = 17
	dhcp6InterfaceID   = 18
	dhcp6Reconfigure   = 19
	dhcp6SIPDomains    = 21
	dhcp6SIPServers    = 22
	dhcp6DNSServers    = 23
	dhcp6DomainList    = 24
	dhcp6IAPD          = 25
	dhcp6IAPrefix      = 26
	dhcp6NISServers    = 27
	dhcp6NISPServers   = 28
	dhcp6SNTPServers   = 31
	dhcp6Lifetime      = 32
	dhcp6BCMCSServers  = 34
	dhcp6RemoteID      = 37
	dhcp6SubscriberID  = 38
	dhcp6PANAAgent     = 40
	dhcp6PosixTimezone = 41
	dhcp6TZDBTimezone  = 42
	dhcp6Echo          = 43
	dhcp6LQQuery       = 44
	dhcp6ClientData    = 45
	dhcp6ClientTime    = 46
	dhcp6LQRelayData   = 47
	dhcp6LQClientLink  = 48
	dhcp6NTPServer     = 56
	dhcp6BootfileURL   = 59
	dhcp6AFTRName      = 64
	dhcp6MUDURL        = 112
	dhcp6SZTPRedirect  = 136
)

var dhcp6OptionNames = names{
	dhcp6ClientID:      "client-ID",
	dhcp6ServerID:      "server-ID",
	dhcp6IANA:          "IA_NA",
	dhcp6IATA:          "IA_TA",
	dhcp6IAAddr:        "IA_ADDR",
	dhcp6Request:       "option-request",
	dhcp6Preference:    "preference",
	dhcp6Elapsed:       "elapsed-time",
	dhcp6RelayMsg:      "relay-message",
	dhcp6Auth:          "authentication",
	12:                 "server-unicast",
	dhcp6Status:        "status-code",
	14:                 "rapid-commit",
	dhcp6UserClass:     "user-class",
	dhcp6VendorClass:   "vendor-class",
	dhcp6VendorOpts:    "vendor-specific-info",
	dhcp6InterfaceID:   "interface-ID",
	dhcp6Reconfigure:   "reconfigure-message",
	20:                 "reconfigure-accept",
	dhcp6SIPDomains:    "SIP-servers-domain",
	dhcp6SIPServers:    "SIP-servers-address",
	dhcp6DNSServers:    "DNS-server",
	dhcp6DomainList:    "DNS-search-list",
	dhcp6IAPD:          "IA_PD",
	dhcp6IAPrefix:      "IA_PD-prefix",
	dhcp6SNTPServers:   "SNTP-servers",
	dhcp6Lifetime:      "lifetime",
	dhcp6NISServers:    "NIS-server",
	dhcp6NISPServers:   "NIS+-server",
	29:                 "NIS-domain-name",
	30:                 "NIS+-domain-name",
	33:                 "BCMCS-domain-name",
	dhcp6BCMCSServers:  "BCMCS-server",
	36:                 "Geoconf-Civic",
	dhcp6RemoteID:      "Remote-ID",
	dhcp6SubscriberID:  "Subscriber-ID",
	39:                 "Client-FQDN",
	dhcp6PANAAgent:     "PANA-agent",
	dhcp6PosixTimezone: "POSIX-timezone",
	dhcp6TZDBTimezone:  "POSIX-tz-database",
	dhcp6Echo:          "Echo-request-option",
	dhcp6LQQuery:       "Lease-query",
	dhcp6ClientData:    "LQ-client-data",
	dhcp6ClientTime:    "Clt-time",
	dhcp6LQRelayData:   "LQ-relay-data",
	dhcp6LQClientLink:  "LQ-client-link",
	dhcp6NTPServer:     "NTP-server",
	dhcp6BootfileURL:   "Bootfile-URL",
	dhcp6AFTRName:      "AFTR-Name",
	dhcp6MUDURL:        "MUD-URL",
	dhcp6SZTPRedirect:  "SZTP-redirect",
}

var dhcp6StatusCodes = names{
	0: "Success", 1: "UnspecFail", 2: "NoAddrsAvail", 3: "NoBinding", 4: "NotOnLink", 5: "UseMulticast",
	6: "NoPrefixAvail", 7: "UnknownQueryType", 8: "MalformedQuery", 9: "NotConfigured", 10: "NotAllowed",
}

// Kinds of DHCP unique identifier (RFC 8415, section 11; RFC 6355).
const (
	duidLinkTime   = 1
	duidEnterprise = 2
	duidLink       = 3
	duidUUID       = 4
)
