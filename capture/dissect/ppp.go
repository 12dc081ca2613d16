package dissect

// ppp prints PPP (RFC 1661).
func (p *Printer) ppp(v view, length uint32) {
}
