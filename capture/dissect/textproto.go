package dissect

import "strings"

// httpMethods includes those of WebDAV.
var httpMethods = []string{
	"GET", "PUT", "COPY", "HEAD", "LOCK", "MOVE", "POLL", "POST", "BCOPY",
	"BMOVE", "MKCOL", "TRACE", "LABEL", "MERGE", "DELETE", "SEARCH", "UNLOCK",
	"REPORT", "UPDATE", "NOTIFY", "BDELETE", "CONNECT", "OPTIONS", "CHECKIN",
	"PROPFIND", "CHECKOUT", "CCM_POST", "SUBSCRIBE", "PROPPATCH", "BPROPFIND",
	"BPROPPATCH", "UNCHECKOUT", "MKACTIVITY", "MKWORKSPACE", "UNSUBSCRIBE",
	"RPC_CONNECT", "VERSION-CONTROL", "BASELINE-CONTROL",
}

var rtspMethods = []string{
	"OPTIONS", "DESCRIBE", "ANNOUNCE", "SETUP", "PLAY", "PAUSE", "TEARDOWN",
	"GET_PARAMETER", "SET_PARAMETER", "REDIRECT", "RECORD",
}

var sipMethods = []string{
	"ACK", "BYE", "CANCEL", "DO", "INFO", "INVITE", "MESSAGE", "NOTIFY", "OPTIONS", "PRACK", "QAUTH", "REFER",
	"REGISTER", "SPRACK", "SUBSCRIBE", "UPDATE", "PUBLISH",
}

// http prints the first line of a request or response (RFC 9112).
func (p *Printer) http(v view, length uint32) {
	p.textProtocol("http", v, length, httpMethods, true)
}

// textProtocol prints a protocol of lines: the first one, or all with -v. With
// methods, it prints just what starts with one of them or with a response code of
// three digits, which is the second word if so: the rest of a body is left out.
func (p *Printer) textProtocol(name string, v view, length uint32, methods []string, codeSecond bool) {
	p.proto = name
	p.upper(name)
	if methods != nil && !isTextMessage(v.upTo(length), length, methods, codeSecond) {
		return
	}
	if p.Verbose == 0 {
		p.textLine(": ", v, 0, length)
		return
	}
	p.f(", length: %u", length)
	for at := uint32(0); at < length; {
		next := p.textLine("\n\t", v, at, length)
		if next == 0 {
			return
		}
		at = next
	}
}

func isTextMessage(v view, length uint32, methods []string, codeSecond bool) bool {
	word, next := textWord(v, 0, length)
	if next == 0 {
		return false
	}
	for _, m := range methods {
		if len(m) == len(word) && strings.EqualFold(m, string(word)) {
			return true
		}
	}
	if codeSecond {
		if word, next = textWord(v, next, length); next == 0 {
			return false
		}
	}
	return len(word) == 3 && isDigit(word[0]) && isDigit(word[1]) && isDigit(word[2])
}

// textWord returns the word at i and where the next one starts; 0 if there is no
// word, or one that is too long or is not of printable ASCII.
func textWord(v view, i, length uint32) (word []byte, next uint32) {
	const longest = 128
	start := i
	for ; i < length && i < v.len(); i++ {
		b := v[i]
		if b == ' ' || b == '\t' || b == '\r' || b == '\n' {
			break
		}
		if !isPrint(b) || i-start == longest {
			return nil, 0
		}
	}
	if i == start || i < length && i == v.len() {
		return nil, 0
	}
	word = v[start:i]
	for i < length && i < v.len() && (v[i] == ' ' || v[i] == '\t') {
		// A tab is no printable character to tcpdump: it ends the search.
		if v[i] == '\t' {
			break
		}
		i++
	}
	return word, i
}

// textLine prints the line at i, and returns where the next one starts; 0 if the
// line has no end or is not of printable ASCII, in which case it is not printed.
func (p *Printer) textLine(prefix string, v view, i, length uint32) uint32 {
	start, next := i, uint32(0)
	for ; i < length; i++ {
		b := byte(v.u8(i))
		if b == '\n' {
			next = i + 1
			break
		}
		if b == '\r' {
			if i+1 >= length || v.u8(i+1) != '\n' {
				return 0
			}
			next = i + 2
			break
		}
		if !isPrint(b) && b != '\t' {
			return 0
		}
	}
	p.s(prefix)
	p.out = append(p.out, v[start:i]...)
	return next
}

// ssh prints the line with the version that each side sends first (RFC 4253,
// section 4.2); nothing of what follows, which is not text.
func (p *Printer) ssh(v view, length uint32) {
	p.proto = "ssh"
	before := len(p.out)
	p.s(": SSH")
	if p.textLine(": ", v, 0, length) == 0 {
		p.out = p.out[:before]
	}
}
