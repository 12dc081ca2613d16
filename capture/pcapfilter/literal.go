package pcapfilter

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"thinnet/wire"
)

// spanNumber spans a decimal or octal number, or a hexadecimal one with 0x.
func spanNumber(s string) int {
	if len(s) > 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X') {
		if n := spanHex(s[2:], len(s)); n > 0 {
			return 2 + n
		}
	}
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	return n
}

var errNotNumber = errors.New("not a number")

// parseNumber reads a C number of 32 bits: decimal, octal after 0, hexadecimal
// after 0x. An error that wraps errNotNumber says that some character is no digit.
func parseNumber(s string) (uint32, error) {
	digits, base, name := s, 10, "decimal"
	switch {
	case len(s) >= 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X'):
		digits, base, name = s[2:], 16, "hexadecimal"
	case len(s) >= 1 && s[0] == '0':
		digits, base, name = s[1:], 8, "octal"
	}
	var v uint64
	for i := range len(digits) {
		d, err := strconv.ParseUint(digits[i:i+1], base, 8)
		if err != nil {
			return 0, notNumberError{s, name}
		}
		if v = v*uint64(base) + d; v > 0xffffffff {
			return 0, fmt.Errorf("%s number %s overflows 32 bits", name, s)
		}
	}
	return uint32(v), nil
}

// notNumberError is parseNumber's error for a character that is no digit.
type notNumberError struct{ text, base string }

func (e notNumberError) Error() string {
	return fmt.Sprintf("number %s contains non-%s digit", e.text, e.base)
}

func (e notNumberError) Unwrap() error { return errNotNumber }

// spanDotted spans as many numbers joined by dots as there are, at most four, and
// says how many.
func spanDotted(s string) (length, parts int) {
	for length < len(s) {
		n := spanNumber(s[length:])
		if n == 0 {
			break
		}
		length += n
		if parts++; parts == 4 || length+1 >= len(s) || s[length] != '.' || !isDigit(s[length+1]) {
			break
		}
		length++
	}
	return length, parts
}

// spanIPv4 spans two to four numbers joined by dots.
func spanIPv4(s string) int {
	if n, parts := spanDotted(s); parts >= 2 {
		return n
	}
	return 0
}

// parseIPv4 reads a whole IPv4 address or its first bytes: 10.1 is the network of
// 16 bits. It returns the bits that are given, right-aligned, and how many.
func parseIPv4(s string) (addr uint32, bits int, ok bool) {
	for part := range strings.SplitSeq(s, ".") {
		var n uint32
		for i := range len(part) {
			if n > 25 {
				return 0, 0, false
			}
			n = n*10 + uint32(part[i]) - '0'
		}
		if n > 255 {
			return 0, 0, false
		}
		addr, bits = addr<<8|n, bits+8
	}
	return addr, bits, true
}

// spanIPv6 spans an IPv6 address as RFC 4291 section 2.2 writes it: eight groups,
// or fewer and "::", the last two perhaps as an IPv4 address.
func spanIPv6(s string) int {
	longest, pos, groups, gap := 0, 0, 0, false
	accept := func() {
		if groups == 8 && !gap || groups <= 7 && gap {
			longest = pos
		}
	}
	if strings.HasPrefix(s, "::") {
		pos, gap = 2, true
		accept()
	}
	for {
		if n, parts := spanDotted(s[pos:]); parts == 4 && (groups == 6 && !gap || groups <= 5 && gap) {
			return pos + n
		}
		n := spanHex(s[pos:], 4)
		if n == 0 || groups == 8 {
			return longest
		}
		pos += n
		groups++
		accept()
		switch {
		case strings.HasPrefix(s[pos:], "::") && !gap:
			pos, gap = pos+2, true
			accept()
		case strings.HasPrefix(s[pos:], ":"):
			pos++
		default:
			return longest
		}
	}
}

// spanMAC48 spans a MAC-48 address: six bytes of one or two digits with ':', '-'
// or '.' between, three times four digits with '.', or twelve digits.
func spanMAC48(s string) int {
	longest := 0
	for _, sep := range []byte{':', '-', '.'} {
		longest = max(longest, spanGroups(s, 6, 1, 2, sep))
	}
	longest = max(longest, spanGroups(s, 3, 4, 4, '.'))
	if spanHex(s, 12) == 12 {
		longest = max(longest, 12)
	}
	return longest
}

// spanGroups spans count groups of atLeast to atMost hexadecimal digits with sep between.
func spanGroups(s string, count, atLeast, atMost int, sep byte) int {
	pos := 0
	for i := range count {
		if i > 0 {
			if pos >= len(s) || s[pos] != sep {
				return 0
			}
			pos++
		}
		n := spanHex(s[pos:], atMost)
		if n < atLeast {
			return 0
		}
		pos += n
	}
	return pos
}

// spanBrokenMAC48 spans two or more bytes that each end in colons: what began as
// an address and did not become one.
func spanBrokenMAC48(s string) int {
	pos, groups := 0, 0
	for {
		n := spanHex(s[pos:], 2)
		colons := 0
		for pos+n+colons < len(s) && s[pos+n+colons] == ':' {
			colons++
		}
		if n == 0 || colons == 0 {
			break
		}
		pos += n + colons
		groups++
	}
	if groups < 2 {
		return 0
	}
	return pos
}

// parseMAC48 reads what spanMAC48 spans.
func parseMAC48(s string) (mac wire.MAC) {
	groups := strings.FieldsFunc(s, func(r rune) bool { return r == ':' || r == '-' || r == '.' })
	if len(groups) < 6 {
		all := strings.Join(groups, "")
		groups = groups[:0]
		for i := 0; i+2 <= len(all); i += 2 {
			groups = append(groups, all[i:i+2])
		}
	}
	for i := range mac {
		b, _ := strconv.ParseUint(groups[i], 16, 8)
		mac[i] = byte(b)
	}
	return mac
}

// spanMAC8 spans an ARCnet address: '$' and one or two hexadecimal digits.
func spanMAC8(s string) int {
	if s[0] != '$' {
		return 0
	}
	if n := spanHex(s[1:], 2); n > 0 {
		return 1 + n
	}
	return 0
}

// parseDECnet reads a DECnet address, area.node: 6 and 10 bits.
func parseDECnet(s string) (uint16, bool) {
	area, node, ok := strings.Cut(s, ".")
	a, errArea := strconv.ParseUint(area, 10, 16)
	n, errNode := strconv.ParseUint(node, 10, 16)
	if !ok || errArea != nil || errNode != nil || a > 63 || n > 1023 {
		return 0, false
	}
	return uint16(a<<10 | n), true
}
