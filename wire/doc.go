// Package wire holds the formats of the headers on the wire, one file a
// protocol, and the internet checksum. It has no state and allocates nothing.
//
// A header is a checked view: a named byte slice. ParseX looks at the bytes once
// and returns either an error or a view whose accessors cannot panic; an X made
// by a plain conversion gives no such promise. PutX writes a header into bytes
// that the caller provides, which must be long enough. All fields are in network
// byte order on the wire and in host order in Go.
//
// A view covers the header, not the payload: the payload of a packet may lie
// elsewhere in memory. Whoever parses compares the length that the header gives
// with the bytes that there are.
package wire

import "errors"

// Errors of the parsers. They are compared with ==.
var (
	ErrTruncated = errors.New("header is cut short")
	ErrVersion   = errors.New("wrong version")
	ErrHeaderLen = errors.New("impossible header length")
	ErrLength    = errors.New("impossible total length")
	ErrHardware  = errors.New("not Ethernet and IPv4")
	ErrOption    = errors.New("option with an impossible length")
)
