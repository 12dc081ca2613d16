package tcpdump

import (
	"encoding/hex"
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf8"
)

// object writes JSON objects (RFC 8259) into a buffer. Members come in the order
// in which they are written.
type object struct{ b []byte }

// key begins a member; "" for one of an array.
func (o *object) key(k string) {
	if last := o.b[len(o.b)-1]; last != '{' && last != '[' {
		o.b = append(o.b, ',')
	}
	if k != "" {
		o.b = append(append(append(o.b, '"'), k...), `":`...)
	}
}

func (o *object) open(k string)  { o.key(k); o.b = append(o.b, '{') }
func (o *object) close()         { o.b = append(o.b, '}') }
func (o *object) array(k string) { o.key(k); o.b = append(o.b, '[') }
func (o *object) endArray()      { o.b = append(o.b, ']') }

func (o *object) number(k string, v uint64) { o.key(k); o.b = strconv.AppendUint(o.b, v, 10) }
func (o *object) bool(k string, v bool)     { o.key(k); o.b = strconv.AppendBool(o.b, v) }

// addr writes an address.
func (o *object) addr(k string, a netip.Addr) {
	o.key(k)
	o.b = append(a.AppendTo(append(o.b, '"')), '"')
}

// text writes a string. What is not UTF-8 in it becomes U+FFFD.
func (o *object) text(k string, s []byte) {
	o.key(k)
	o.b = append(o.b, '"')
	for len(s) > 0 {
		r, n := utf8.DecodeRune(s)
		switch {
		case r == '"' || r == '\\':
			o.b = append(o.b, '\\', s[0])
		case r == '\n':
			o.b = append(o.b, `\n`...)
		case r == '\t':
			o.b = append(o.b, `\t`...)
		case r < ' ' || r == 0x7f:
			o.b = append(o.b, `\u00`...)
			o.b = hex.AppendEncode(o.b, s[:1])
		default:
			o.b = utf8.AppendRune(o.b, r)
		}
		s = s[n:]
	}
	o.b = append(o.b, '"')
}

// string is text of what is a string already.
func (o *object) string(k, s string) {
	if !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r >= 0x7f || r == '"' || r == '\\' }) {
		o.key(k)
		o.b = append(append(append(o.b, '"'), s...), '"')
		return
	}
	o.text(k, []byte(s))
}
