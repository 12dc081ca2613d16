package dissect

import (
	"strconv"
	"time"

	"thinnet/capture"
)

// clockText prints time stamps. It remembers the text of the last second, since
// packets come close together.
type clockText struct {
	location *time.Location
	second   int64 // whose text is in day and hour
	known    bool
	day      [11]byte // "2006-01-02 "
	hour     [8]byte  // "15:04:05"

	reference    int64 // of relative times, in nanoseconds
	hasReference bool
}

// stamp is a time as tcpdump holds it: whole seconds and a fraction, which a bad
// file may give as more than a second.
type stamp struct {
	sec  int64
	frac uint64 // in the unit that is printed
}

func (p *Printer) stampOf(pkt *capture.Packet) stamp {
	s := stamp{pkt.Time.Unix(), uint64(pkt.Time.Nanosecond())}
	if pkt.BadFraction != 0 {
		s = stamp{s.sec - int64(pkt.BadFraction/1e9), pkt.BadFraction}
	}
	if !p.Nano {
		s.frac /= 1000
	}
	return s
}

// unit is how many units of a fraction a second has.
func (p *Printer) unit() int64 {
	if p.Nano {
		return 1e9
	}
	return 1e6
}

// time prints the packet's time stamp.
func (p *Printer) time(pkt *capture.Packet) {
	s := p.stampOf(pkt)
	switch p.Time {
	case TimeNone:
		return
	case TimeUnix:
		if s.sec < 0 {
			p.s("[timestamp overflow]")
			break
		}
		p.out = strconv.AppendInt(p.out, s.sec, 10)
		p.fraction(s.frac)
	case TimeSincePrev, TimeSinceFirst:
		p.relative(s)
	default:
		if s.sec < 0 {
			p.s("[timestamp overflow]")
			break
		}
		p.clock.set(s.sec)
		if p.Time == TimeDate {
			p.out = append(p.out, p.clock.day[:]...)
		}
		p.out = append(p.out, p.clock.hour[:]...)
		p.fraction(s.frac)
	}
	p.c(' ')
}

// set makes day and hour those of a second.
func (c *clockText) set(sec int64) {
	if c.known && c.second == sec {
		return
	}
	t := time.Unix(sec, 0).In(c.location)
	copy(c.day[:], t.AppendFormat(c.day[:0], "2006-01-02 "))
	copy(c.hour[:], t.AppendFormat(c.hour[:0], "15:04:05"))
	c.second, c.known = sec, true
}

// relative prints the time since the reference, with a minus if it is before.
func (p *Printer) relative(s stamp) {
	now := s.sec*p.unit() + int64(s.frac)
	c := &p.clock
	if !c.hasReference {
		c.reference = now
	}
	since := now - c.reference
	if since < 0 {
		since = -since
		p.c('-')
	} else {
		p.c(' ')
	}
	secs := uint32(since / p.unit() % 86400)
	p.f("%02u:%02u:%02u", secs/3600, secs/60%60, secs%60)
	p.fraction(uint64(since % p.unit()))
	if p.Time == TimeSincePrev {
		c.reference = now
	}
	// As in tcpdump, a reference of 0 is none.
	c.hasReference = c.reference != 0
}

// fraction prints a part of a second.
func (p *Printer) fraction(v uint64) {
	p.c('.')
	if p.Nano {
		p.number(v, 10, '0', 9)
		if v >= 1e9 {
			p.s(" (invalid ns)")
		}
		return
	}
	p.number(v, 10, '0', 6)
	if v >= 1e6 {
		p.s(" (invalid us)")
	}
}
