package dissect

// dhcpOption is how an option (RFC 2132) is printed: the kinds are
//
//	i  IPv4 addresses       p  pairs of them       a  text
//	l  32-bit numbers       L  the same, signed    s  16-bit numbers
//	b  bytes, with dots     B  yes or no           $  in a way of its own
type dhcpOption struct {
	kind byte
	name string
}

// Options that are printed in a way of their own.
const (
	dhcpPad            = 0
	dhcpNetbiosNode    = 46
	dhcpOverload       = 52
	dhcpMessageType    = 53
	dhcpParamRequest   = 55
	dhcpClientID       = 61
	dhcpUserClass      = 77
	dhcpFQDN           = 81
	dhcpAgent          = 82
	dhcpIPv6Only       = 108
	dhcpClasslessRoute = 121
	dhcpSZTP           = 143
	dhcpClasslessMS    = 249
	dhcpEnd            = 255
)

var dhcpOptions = map[uint32]dhcpOption{
	dhcpPad:            {' ', "PAD"},
	1:                  {'i', "Subnet-Mask"},
	2:                  {'L', "Time-Zone"},
	3:                  {'i', "Default-Gateway"},
	4:                  {'i', "Time-Server"},
	5:                  {'i', "IEN-Name-Server"},
	6:                  {'i', "Domain-Name-Server"},
	7:                  {'i', "LOG"},
	8:                  {'i', "CS"},
	9:                  {'i', "LPR-Server"},
	10:                 {'i', "IM"},
	11:                 {'i', "RL"},
	12:                 {'a', "Hostname"},
	13:                 {'s', "BS"},
	14:                 {'a', "DP"},
	15:                 {'a', "Domain-Name"},
	16:                 {'i', "SS"},
	17:                 {'a', "RP"},
	18:                 {'a', "EP"},
	19:                 {'B', "IPF"},
	20:                 {'B', "SRT"},
	21:                 {'p', "PF"},
	22:                 {'s', "RSZ"},
	23:                 {'b', "TTL"},
	24:                 {'l', "MTU-Timeout"},
	25:                 {'s', "MTU-Table"},
	26:                 {'s', "MTU"},
	27:                 {'B', "LSN"},
	28:                 {'i', "BR"},
	29:                 {'B', "MD"},
	30:                 {'B', "MS"},
	31:                 {'B', "Router-Discovery"},
	32:                 {'i', "RSA"},
	33:                 {'p', "Static-Route"},
	34:                 {'B', "UT"},
	35:                 {'l', "AT"},
	36:                 {'B', "IE"},
	37:                 {'b', "TT"},
	38:                 {'l', "KI"},
	39:                 {'B', "KG"},
	40:                 {'a', "YD"},
	41:                 {'i', "YS"},
	42:                 {'i', "NTP"},
	43:                 {'b', "Vendor-Option"},
	44:                 {'i', "Netbios-Name-Server"},
	45:                 {'i', "WDD"},
	dhcpNetbiosNode:    {'$', "Netbios-Node"},
	47:                 {'a', "Netbios-Scope"},
	48:                 {'i', "XFS"},
	49:                 {'i', "XDM"},
	50:                 {'i', "Requested-IP"},
	51:                 {'l', "Lease-Time"},
	dhcpOverload:       {'$', "OO"},
	dhcpMessageType:    {' ', "DHCP-Message"},
	54:                 {'i', "Server-ID"},
	dhcpParamRequest:   {'b', "Parameter-Request"},
	56:                 {'a', "MSG"},
	57:                 {'s', "MSZ"},
	58:                 {'l', "RN"},
	59:                 {'l', "RB"},
	60:                 {'a', "Vendor-Class"},
	dhcpClientID:       {'$', "Client-ID"},
	64:                 {'s', "N+D"},
	65:                 {'i', "N+S"},
	66:                 {'a', "TFTP"},
	67:                 {'a', "BF"},
	68:                 {'i', "MH"},
	69:                 {'i', "SMTP"},
	70:                 {'i', "POP3"},
	71:                 {'i', "NNTP"},
	72:                 {'i', "WWW"},
	73:                 {'i', "FG"},
	74:                 {'i', "IRC"},
	75:                 {'i', "STS"},
	76:                 {'i', "STDA"},
	dhcpUserClass:      {'$', "User-Class"},
	78:                 {'b', "SLP-DA"},
	79:                 {'b', "SLP-SCOPE"},
	80:                 {'a', "SLP-NA"},
	dhcpFQDN:           {'$', "FQDN"},
	dhcpAgent:          {'$', "Agent-Information"},
	83:                 {'b', "ARMT"},
	88:                 {'a', "TZSTR"},
	89:                 {'b', "FQDNS"},
	90:                 {'b', "AUTH"},
	91:                 {'l', "Last-Transaction-Time"},
	92:                 {'i', "Associated-IP"},
	93:                 {'s', "ARCH"},
	94:                 {'b', "NDI"},
	95:                 {'a', "LDAP"},
	97:                 {'b', "GUID"},
	98:                 {'a', "UAP"},
	100:                {'a', "POSIX-TZ"},
	101:                {'a', "TZ-Name"},
	dhcpIPv6Only:       {'$', "IPv6-Only-Preferred"},
	112:                {'i', "NI"},
	113:                {'a', "NITAG"},
	114:                {'a', "URL"},
	116:                {'B', "Auto-Configure"},
	117:                {'s', "NSSEARCH"},
	118:                {'i', "SUBNET"},
	dhcpClasslessRoute: {'$', "Classless-Static-Route"},
	dhcpSZTP:           {'$', "SZTP-Redirect"},
	150:                {'i', "TFTP-Server-Address"},
	161:                {'a', "MUD-URL"},
	dhcpClasslessMS:    {'$', "Classless-Static-Route-Microsoft"},
	dhcpEnd:            {' ', "END"},
}
