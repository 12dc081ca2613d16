package dissect

// What IGMP (RFC 9776) and MLD (RFC 9777) say of groups and their sources is the same, but for
// the addresses.

// groupRecordTypes are the types of a record (RFC 9776, section 4.2.13).
var groupRecordTypes = names{1: "is_in", 2: "is_ex", 3: "to_in", 4: "to_ex", 5: "allow", 6: "block"}

// groupAddress is how an address is printed, and its length in bytes.
type groupAddress struct {
	print func(p *Printer, v view, at uint32)
	size  uint32
}

var (
	igmpAddress = groupAddress{(*Printer).ip4, 4}
	mldAddress  = groupAddress{(*Printer).ip6, 16}
)

// querySources prints the sources of a query, which begin at an offset behind their number.
func (p *Printer) querySources(v view, length, at uint32, a groupAddress) {
	sources := v.u16(at - 2)
	switch {
	case sources == 0:
	case length < at+a.size*sources:
		p.s(" [invalid number of sources]")
	case p.Verbose > 1:
		p.groupSources(v.from(at), sources, a)
	default:
		p.f(", %u source(s)", sources)
	}
}

// groupRecords prints the records of a report. unknown is the format of a type that has no
// name.
func (p *Printer) groupRecords(v view, length uint32, a groupAddress, unknown string) {
	records := v.u16(6)
	p.f(", %u group record(s)", records)
	if p.Verbose == 0 {
		return
	}
	at := uint32(8)
	for range records {
		head := 4 + a.size
		if length < at+head {
			p.s(" [invalid number of groups]")
			return
		}
		v.need(at+4, a.size)
		p.s(" [gaddr ")
		a.print(p, v, at+4)
		p.c(' ')
		p.name(groupRecordTypes, v.u8(at), unknown)
		sources := v.u16(at + 2)
		if length < at+head+a.size*sources {
			p.f(" [invalid number of sources %u]", sources)
			return
		}
		if p.Verbose == 1 {
			p.f(", %u source(s)", sources)
		} else {
			p.groupSources(v.from(at+head), sources, a)
		}
		at += head + a.size*sources
		p.c(']')
	}
}

func (p *Printer) groupSources(v view, n uint32, a groupAddress) {
	p.s(" {")
	for i := range n {
		v.need(a.size*i, a.size)
		p.c(' ')
		a.print(p, v, a.size*i)
	}
	p.s(" }")
}
