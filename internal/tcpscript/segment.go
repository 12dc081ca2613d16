package tcpscript

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"thinnet/wire"
)

// segment is a segment as scripts write it: sequence numbers are relative.
type segment struct {
	flags     wire.TCPFlags
	seq, end  int64
	ack       int64
	win       int64 // -1: not said
	options   wire.TCPOptions
	anyTS     bool // "ts" without a value
	noTS      bool // "nots"
	badOption bool
}

const flagLetters = "FSRP.UEW"

func parseFlags(s string) (f wire.TCPFlags, err error) {
	if s == "-" {
		return 0, nil
	}
	for _, r := range s {
		i := strings.IndexRune(flagLetters, r)
		if i < 0 {
			return 0, fmt.Errorf("flag %q, want some of %s", r, flagLetters)
		}
		f |= 1 << i
	}
	return f, nil
}

func formatFlags(f wire.TCPFlags) string {
	// SYN, FIN and RST first, as tcpdump does.
	s := ""
	for _, i := range []int{1, 0, 2, 3, 5, 6, 7, 4} {
		if f&(1<<i) != 0 {
			s += flagLetters[i : i+1]
		}
	}
	if s == "" {
		return "-"
	}
	return s
}

func parseRange(s string) (l, r int64, err error) {
	a, b, ok := strings.Cut(s, ":")
	if !ok {
		return 0, 0, fmt.Errorf("%q, want FIRST:BEHIND", s)
	}
	l, err1 := strconv.ParseInt(a, 10, 64)
	r, err2 := strconv.ParseInt(b, 10, 64)
	return l, r, errors.Join(err1, err2)
}

// parseCookie reads a cookie of Fast Open: "-" is an empty one.
func parseCookie(s string) ([]byte, error) {
	if s == "-" {
		return nil, nil
	}
	return hex.DecodeString(s)
}

// parseSegment reads the words behind "<" or ">".
func parseSegment(w []string) (*segment, error) {
	if len(w) < 2 {
		return nil, errors.New("want FLAGS FIRST:BEHIND …")
	}
	s := &segment{win: -1}
	var err error
	if s.flags, err = parseFlags(w[0]); err != nil {
		return nil, err
	}
	if s.seq, s.end, err = parseRange(w[1]); err != nil {
		return nil, err
	}
	acked := false
	for w = w[2:]; len(w) > 0; {
		name, n := w[0], int64(0)
		w = w[1:]
		arg := ""
		switch name {
		case "sackok", "nots", "badopt":
		case "ts":
			if len(w) > 0 && strings.Contains(w[0], "/") {
				arg, w = w[0], w[1:]
			}
		default:
			if len(w) == 0 {
				return nil, fmt.Errorf("%s: want a value", name)
			}
			arg, w = w[0], w[1:]
			if name != "sack" && name != "fo" {
				if n, err = strconv.ParseInt(arg, 10, 64); err != nil {
					return nil, err
				}
			}
		}
		o := &s.options
		switch name {
		case "ack":
			s.ack, acked = n, true
		case "win":
			s.win = n
		case "mss":
			o.MSS = uint16(n)
		case "scale":
			o.WindowScale, o.HasScale = uint8(n), true
		case "sackok":
			o.SACKPermitted = true
		case "nots":
			s.noTS = true
		case "badopt":
			s.badOption = true
		case "ts":
			o.HasTimestamps = true
			if s.anyTS = arg == ""; !s.anyTS {
				if _, err := fmt.Sscanf(arg, "%d/%d", &o.TSVal, &o.TSEcr); err != nil {
					return nil, fmt.Errorf("ts %s: %w", arg, err)
				}
			}
		case "fo":
			o.FastOpen = true
			if o.Cookie, err = parseCookie(arg); err != nil {
				return nil, err
			}
		case "sack":
			for b := range strings.SplitSeq(arg, ",") {
				l, r, err := parseRange(b)
				if err != nil || int(o.NumSACK) == len(o.SACK) {
					return nil, fmt.Errorf("sack %s: want up to %d ranges", arg, len(o.SACK))
				}
				o.SACK[o.NumSACK] = wire.SACKBlock{Left: uint32(l), Right: uint32(r)}
				o.NumSACK++
			}
		default:
			return nil, fmt.Errorf("%q is nothing that a segment has", name)
		}
	}
	if acked != (s.flags&wire.FlagACK != 0) {
		return nil, errors.New(`want "ack N" with the flag ".", and only with it`)
	}
	return s, nil
}

// String writes the segment as a script does.
func (s *segment) String() string {
	b := fmt.Sprintf("%s %d:%d", formatFlags(s.flags), s.seq, s.end)
	if s.flags&wire.FlagACK != 0 {
		b += fmt.Sprintf(" ack %d", s.ack)
	}
	if s.win >= 0 {
		b += fmt.Sprintf(" win %d", s.win)
	}
	o := &s.options
	if o.MSS != 0 {
		b += fmt.Sprintf(" mss %d", o.MSS)
	}
	if o.SACKPermitted {
		b += " sackok"
	}
	if o.HasTimestamps && s.anyTS {
		b += " ts"
	} else if o.HasTimestamps {
		b += fmt.Sprintf(" ts %d/%d", o.TSVal, o.TSEcr)
	}
	if o.HasScale {
		b += fmt.Sprintf(" scale %d", o.WindowScale)
	}
	if o.FastOpen {
		b += " fo -"
		if len(o.Cookie) > 0 {
			b = fmt.Sprintf("%s%x", b[:len(b)-1], o.Cookie)
		}
	}
	for i, k := range o.SACK[:o.NumSACK] {
		b += []string{" sack ", ","}[min(i, 1)] + fmt.Sprintf("%d:%d", int32(k.Left), int32(k.Right))
	}
	return b
}

// matches reports whether got is what s expects.
func (s *segment) matches(got *segment) bool {
	a, b := s.options, got.options
	if s.anyTS || !a.HasTimestamps && !s.noTS && s.flags&wire.FlagSYN == 0 {
		if s.anyTS && !b.HasTimestamps {
			return false
		}
		a.HasTimestamps, a.TSVal, a.TSEcr = b.HasTimestamps, b.TSVal, b.TSEcr
	}
	return s.flags == got.flags && s.seq == got.seq && s.end == got.end && s.ack == got.ack &&
		(s.win < 0 || s.win == got.win) &&
		a.MSS == b.MSS && a.SACKPermitted == b.SACKPermitted &&
		a.HasScale == b.HasScale && a.WindowScale == b.WindowScale &&
		a.HasTimestamps == b.HasTimestamps && a.TSVal == b.TSVal && a.TSEcr == b.TSEcr &&
		a.FastOpen == b.FastOpen && bytes.Equal(a.Cookie, b.Cookie) &&
		a.NumSACK == b.NumSACK && a.SACK == b.SACK
}
