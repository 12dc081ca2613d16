package pcapfilter

import (
	"fmt"
	"slices"
	"strings"
)

// The primitives of link types that this package does not know, 802.11, pflog, ATM
// and SS7, are parsed and their names checked, and end in an error that says where
// they would be right.

var wlanTypes = map[string]uint32{"data": 0x08, "mgt": 0, "management": 0, "ctl": 0x04, "control": 0x04}

var wlanSubtypes = map[uint32][]string{
	0x00: {
		"assocreq", "assoc-req", "assocresp", "assoc-resp", "reassocreq", "reassoc-req",
		"reassocresp", "reassoc-resp", "probereq", "probe-req", "proberesp", "probe-resp",
		"beacon", "atim", "disassoc", "disassociation", "auth", "authentication", "deauth",
		"deauthentication",
	},
	0x04: {"bar", "ba", "ps-poll", "rts", "cts", "ack", "cf-end", "cf-end-ack"},
	0x08: {
		"data", "data-cf-ack", "data-cf-poll", "data-cf-ack-poll", "null", "cf-ack", "cf-poll",
		"cf-ack-poll", "qos-data", "qos-data-cf-ack", "qos-data-cf-poll", "qos-data-cf-ack-poll",
		"qos", "qos-cf-poll", "qos-cf-ack-poll",
	},
}

var wlanDirections = []string{"nods", "tods", "fromds", "dstods"}

var pfReasons = []string{
	"match", "bad-offset", "fragment", "short", "normalize", "memory", "bad-timestamp",
	"congestion", "ip-option", "proto-cksum", "state-mismatch", "state-insert", "state-limit",
	"src-limit", "synproxy",
}

var pfActions = []string{
	"pass", "accept", "drop", "block", "scrub", "noscrub", "nat", "nonat", "binat", "nobinat",
	"rdr", "nordr", "synproxy-drop",
}

// wrong ends the parse with a message about a name or number.
func (p *parser) wrong(format string, args ...any) {
	if p.err == nil {
		p.fail(fmt.Errorf(format, args...))
	}
}

// has says whether the words hold the name, in either case.
func has(words []string, name string) bool { return slices.Contains(words, strings.ToLower(name)) }

// wlan parses an 802.11 primitive. What it means on a link type is not its matter.
func (p *parser) wlan() node {
	t := p.tok
	p.advance()
	switch t.kind {
	case tokenType:
		frame := p.wlanType()
		if _, ok := p.accept(tokenSubtype); ok {
			p.wlanSubtype(frame)
		}
		return unsupportedNode{"type/subtype"}
	case tokenSubtype:
		name := p.expect(tokenName).text
		if !has(wlanSubtypes[0], name) && !has(wlanSubtypes[4], name) && !has(wlanSubtypes[8], name) {
			p.wrong("unknown 802.11 type name")
		}
		return unsupportedNode{"type/subtype"}
	}
	if t, ok := p.accept(tokenNumber); ok {
		if t.n&^0x03 != 0 {
			p.wrong("invalid 802.11 direction value 0x%x", t.n)
		}
	} else if !has(wlanDirections, p.expect(tokenName).text) {
		p.wrong("unknown 802.11 direction")
	}
	return unsupportedNode{"dir"}
}

func (p *parser) wlanType() uint32 {
	if t, ok := p.accept(tokenNumber); ok {
		if t.n&^0x0c != 0 {
			p.wrong("invalid 802.11 type value 0x%02x", t.n)
		}
		return t.n
	}
	name := p.expect(tokenName).text
	frame, ok := wlanTypes[strings.ToLower(name)]
	if !ok {
		p.wrong("unknown 802.11 type name \"%s\"", name)
	}
	return frame
}

func (p *parser) wlanSubtype(frame uint32) {
	if t, ok := p.accept(tokenNumber); ok {
		if t.n&^0xf0 != 0 {
			p.wrong("invalid 802.11 subtype value 0x%02x", t.n)
		}
		return
	}
	name := p.expect(tokenName).text
	if names, ok := wlanSubtypes[frame]; !ok {
		p.wrong("unknown 802.11 type")
	} else if !has(names, name) {
		p.wrong("unknown 802.11 subtype name \"%s\"", name)
	}
}

// pf parses the value of a field of OpenBSD's pflog header.
func (p *parser) pf(f pfField) node {
	switch f {
	case pfIfname, pfRuleset:
		p.expect(tokenName)
	case pfRulenum, pfSubrulenum:
		p.expect(tokenNumber)
	case pfReason:
		if _, ok := p.accept(tokenNumber); ok {
			break
		}
		if name := p.expect(tokenName).text; !has(pfReasons, name) {
			p.wrong("unknown PF reason \"%s\"", name)
		}
	case pfAction:
		if name := p.expect(tokenName).text; !has(pfActions, name) {
			p.wrong("unknown PF action \"%s\"", name)
		}
	}
	return foreignNode{fmt.Errorf("'%s' supported only on PFLOG linktype", pfFieldNames[f])}
}

// fieldValue parses the value of an ATM or SS7 field: a number, a comparison with
// one, or a list of numbers in parentheses.
func (p *parser) fieldValue() {
	if _, ok := p.accept(tokenOpen); ok {
		p.expect(tokenNumber)
		for {
			if _, ok := p.accept(tokenOr); !ok {
				break
			}
			p.expect(tokenNumber)
		}
		p.expect(tokenClose)
		return
	}
	p.accept(tokenRelation)
	p.expect(tokenNumber)
}
