package dissect

// mptcp prints the value of a Multipath TCP option (RFC 8684).
func (p *Printer) mptcp(v view, n, flags uint32) bool {
	return false
}
