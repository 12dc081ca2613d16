package lab

import (
	"fmt"
	"math"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"thinnet/wire"
)

// A decoder turns values into a topology and reports what cannot be.
type decoder struct{ *report }

// setter decodes the value of one key.
type setter struct {
	key string
	set func(value)
}

// object decodes a mapping whose keys are known. what names it in messages.
func (d decoder) object(v value, what string, setters ...setter) {
	if !d.isKind(v, what, mapping) {
		return
	}
	var known []string
	for _, s := range setters {
		known = append(known, s.key)
	}
	d.each(v, func(f field) {
		if i := slices.Index(known, f.key); i >= 0 {
			setters[i].set(f.value)
			return
		}
		d.unknown(f.pos, fmt.Sprintf("%s has no key %q", what, f.key), f.key, known)
	})
}

// each calls fn for the fields of a mapping, each key once.
func (d decoder) each(v value, fn func(field)) {
	seen := make(map[string]Pos, len(v.fields))
	for _, f := range v.fields {
		if at, twice := seen[f.key]; twice {
			d.add(f.pos, "duplicate key %q (the first is in line %d)", f.key, at.Line)
			continue
		}
		seen[f.key] = f.pos
		fn(f)
	}
}

// isKind reports whether v is of one of the kinds, and notes a problem if not.
func (d decoder) isKind(v value, what string, kinds ...kind) bool {
	if slices.Contains(kinds, v.kind) {
		return true
	}
	var names []string
	for _, k := range kinds {
		names = append(names, k.String())
	}
	d.add(v.pos, "%s is %s, not %s", what, strings.Join(names, " or "), v.kind)
	return false
}

// text decodes a single value.
func (d decoder) text(v value, what string) (string, bool) {
	if !d.isKind(v, what, scalar) {
		return "", false
	}
	return v.text, true
}

// str returns a setter of a text.
func (d decoder) str(key string, p *string) setter {
	return setter{key, func(v value) { *p, _ = d.text(v, key) }}
}

// integer returns a setter of a whole number from lo to hi.
func (d decoder) integer(key string, p *int, lo, hi int) setter {
	return setter{key, func(v value) {
		s, ok := d.text(v, key)
		if !ok {
			return
		}
		n, err := strconv.Atoi(s)
		switch {
		case err != nil:
			d.add(v.pos, "%s %q is not a whole number from %d to %d", key, s, lo, hi)
		case n < lo || n > hi:
			d.add(v.pos, "%s %d is out of range; it is from %d to %d", key, n, lo, hi)
		default:
			*p = n
		}
	}}
}

// boolean returns a setter of true or false.
func (d decoder) boolean(key string, p *bool) setter {
	return setter{key, func(v value) {
		switch s, ok := d.text(v, key); {
		case !ok:
		case s == "true":
			*p = true
		case s == "false":
			*p = false
		default:
			d.add(v.pos, "%s is true or false, not %q", key, s)
		}
	}}
}

// choice returns a setter of one of a few words.
func (d decoder) choice(key string, words []string, set func(word string)) setter {
	return setter{key, func(v value) {
		switch s, ok := d.text(v, key); {
		case !ok:
		case slices.Contains(words, s):
			set(s)
		default:
			d.add(v.pos, "%s is %s, not %q", key, strings.Join(words, " or "), s)
		}
	}}
}

// duration returns a setter of a time from lo to hi, such as 20ms or 1.5s.
func (d decoder) duration(key string, p *time.Duration, lo, hi time.Duration) setter {
	return setter{key, func(v value) {
		s, ok := d.text(v, key)
		if !ok {
			return
		}
		t, err := time.ParseDuration(s)
		switch {
		case err != nil:
			d.add(v.pos, "%s %q is not a time such as 20ms or 1.5s", key, s)
		case t < lo || t > hi:
			d.add(v.pos, "%s %s is out of range; it is from %s to %s", key, s, lo, hi)
		default:
			*p = t
		}
	}}
}

// percentage returns a setter of a probability, such as 1% or 0.1%.
func (d decoder) percentage(key string, p *float64) setter {
	return setter{key, func(v value) {
		s, ok := d.text(v, key)
		if !ok {
			return
		}
		number, isPercent := strings.CutSuffix(s, "%")
		f, err := strconv.ParseFloat(number, 64)
		if !isPercent || err != nil || !(f >= 0 && f <= 100) {
			d.add(v.pos, "%s %q is not a percentage from 0%% to 100%%, such as 0.5%%", key, s)
			return
		}
		*p = f / 100
	}}
}

// rates are the units of a rate in bits a second, as Linux's tc has them.
var rates = []unit{{"gbit", 1e9}, {"mbit", 1e6}, {"kbit", 1e3}, {"bit", 1}}

// sizes are the units of a size in bytes.
var sizes = []unit{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"", 1}}

type unit struct {
	name string
	size float64
}

// quantity parses a number with a unit.
func quantity(s string, units []unit) (float64, bool) {
	for _, u := range units {
		if n, ok := strings.CutSuffix(s, u.name); ok {
			f, err := strconv.ParseFloat(n, 64)
			return f * u.size, err == nil && f >= 0 && f*u.size < math.MaxInt64
		}
	}
	return 0, false
}

// rate returns a setter of a rate in bits a second, such as 10mbit.
func (d decoder) rate(key string, p *int64) setter {
	return setter{key, func(v value) {
		s, ok := d.text(v, key)
		if !ok {
			return
		}
		f, ok := quantity(s, rates)
		if !ok || f < 1 {
			d.add(v.pos, "%s %q is not a rate in bits a second such as 10mbit, 64kbit or 1gbit", key, s)
			return
		}
		*p = int64(f)
	}}
}

// bytes returns a setter of a size from lo to hi bytes, such as 64KiB.
func (d decoder) bytes(key string, p *int, lo, hi int) setter {
	return setter{key, func(v value) {
		s, ok := d.text(v, key)
		if !ok {
			return
		}
		switch f, ok := quantity(s, sizes); {
		case !ok:
			d.add(v.pos, "%s %q is not a size in bytes such as 1500, 64KiB or 1MiB", key, s)
		case f < float64(lo) || f > float64(hi):
			d.add(v.pos, "%s %s is out of range; it is from %d to %d bytes", key, s, lo, hi)
		default:
			*p = int(f)
		}
	}}
}

// addr decodes an IPv4 address.
func (d decoder) addr(v value, what string) (netip.Addr, bool) {
	s, ok := d.text(v, what)
	if !ok {
		return netip.Addr{}, false
	}
	a, err := netip.ParseAddr(s)
	switch {
	case err != nil:
		d.add(v.pos, "%s %q is not an IPv4 address such as 10.0.0.1", what, s)
		return netip.Addr{}, false
	case !a.Is4():
		d.add(v.pos, "%s %s: only IPv4 is supported", what, s)
		return netip.Addr{}, false
	}
	return a, true
}

// prefix decodes an IPv4 address and the length of its prefix.
func (d decoder) prefix(v value, what string) (netip.Prefix, bool) {
	s, ok := d.text(v, what)
	if !ok {
		return netip.Prefix{}, false
	}
	p, err := netip.ParsePrefix(s)
	switch {
	case err != nil:
		d.add(v.pos, "%s %q is not an IPv4 address with the length of its prefix, such as %s", what, s, intended(s))
		return netip.Prefix{}, false
	case !p.Addr().Is4():
		d.add(v.pos, "%s %s: only IPv4 is supported", what, s)
		return netip.Prefix{}, false
	}
	return p, true
}

// intended returns the prefix that somebody had in mind who wrote an address alone, or
// with a netmask.
func intended(s string) netip.Prefix {
	text, mask, _ := strings.Cut(strings.ReplaceAll(s, " ", "/"), "/")
	a, err := netip.ParseAddr(text)
	if err != nil || !a.Is4() {
		a = netip.AddrFrom4([4]byte{10, 0, 0, 1})
	}
	bits := 24
	if m, err := netip.ParseAddr(mask); err == nil && m.Is4() {
		b := m.As4()
		if n, size := net.IPMask(b[:]).Size(); size != 0 {
			bits = n
		}
	}
	return netip.PrefixFrom(a, bits)
}

// mac returns a setter of the hardware address of an interface.
func (d decoder) mac(key string, p *wire.MAC) setter {
	return setter{key, func(v value) {
		s, ok := d.text(v, key)
		if !ok {
			return
		}
		m, err := wire.ParseMAC(s)
		switch {
		case err != nil:
			d.add(v.pos, "%s %q is not a hardware address such as 02:00:00:00:00:01", key, s)
		case m[0]&1 != 0 || m == wire.MAC{}:
			d.add(v.pos, "%s %s is no interface's: it is a group's, or zero", key, s)
		default:
			*p = m
		}
	}}
}
