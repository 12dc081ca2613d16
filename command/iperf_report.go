package command

import (
	"fmt"
	"strings"
	"time"
)

const (
	iperfLine = "- - - - - - - - - - - - - - - - - - - - - - - - -\n"
	iperfHead = "[ ID] Interval           Transfer     Bitrate"
	iperfLoss = "         Jitter    Lost/Total Datagrams"
)

// iperfAmount prints a number of bytes or bits with three digits and a unit, as
// iperf's unit_snprintf does. unit is a letter of -f: k, m, g and t for bits, K, M,
// G and T for bytes, a and A for the one that fits.
func iperfAmount(bytes float64, unit byte) string {
	v, base, name := bytes, 1024.0, "Byte"
	if unit >= 'a' {
		v, base, name = bytes*8, 1000, "bit"
	}
	const prefixes = " KMGT"
	n := strings.IndexByte(prefixes, unit&^0x20)
	if n < 0 {
		for n = 0; n < len(prefixes)-1 && v >= base; n++ {
			v /= base
		}
	} else {
		for range n {
			v /= base
		}
	}
	digits := 0
	switch {
	case v < 9.995:
		digits = 2
	case v < 99.95:
		digits = 1
	}
	return fmt.Sprintf("%4.*f %s%ss", digits, v, strings.TrimSpace(prefixes[n:n+1]), name)
}

// amounts prints what the lines of every kind have: the time, the bytes and the
// rate. number is a stream's, or 0 for the sum.
func (t *iperfTest) amounts(number int, from, to time.Duration, bytes int64) {
	name := "[SUM]"
	if number > 0 {
		name = fmt.Sprintf("[%3d]", number)
	}
	rate := 0.0
	if to > from {
		rate = float64(bytes) / (to - from).Seconds()
	}
	t.env.printf("%s %6.2f-%-6.2f sec  %s  %s/sec", name, from.Seconds(), to.Seconds(),
		iperfAmount(float64(bytes), 'A'), iperfAmount(rate, t.format))
}

// report prints what has happened since the last report.
func (t *iperfTest) report(to time.Duration) {
	switch {
	case !t.headed:
		t.headed = true
		t.env.printf("%s%s\n", iperfHead, t.columns())
	case len(t.streams) > 1:
		t.env.printf(iperfLine)
	}
	var sum iperfCount
	for _, s := range t.streams {
		c := s.sinceLast()
		t.amounts(s.number, t.reported, to, c.bytes)
		t.counts(c, false)
		sum.add(c, len(t.streams))
	}
	if len(t.streams) > 1 {
		t.amounts(0, t.reported, to, sum.bytes)
		t.counts(sum, true)
	}
	t.reported = to
}

// add adds a stream to the sum of n, whose jitter is their mean.
func (c *iperfCount) add(o iperfCount, n int) {
	c.bytes += o.bytes
	c.packets += o.packets
	c.lost += o.lost
	c.retransmits += o.retransmits
	c.jitter += o.jitter / time.Duration(n)
}

// columns names what the lines of an interval end in.
func (t *iperfTest) columns() string {
	switch {
	case t.UDP && t.sends():
		return "         Total Datagrams"
	case t.UDP:
		return iperfLoss
	case t.sends():
		return "         Retr  Cwnd"
	}
	return ""
}

// counts prints what the line of an interval ends in.
func (t *iperfTest) counts(c iperfCount, sum bool) {
	switch {
	case t.UDP && t.sends():
		t.env.printf("  %d  \n", c.packets)
	case t.UDP:
		t.loss(c, "")
	case t.sends() && sum:
		t.env.printf("  %3d             \n", c.retransmits)
	case t.sends():
		t.env.printf("  %3d   %s       \n", c.retransmits, iperfAmount(float64(c.cwnd), 'A'))
	default:
		t.env.printf("                  \n")
	}
}

// loss prints what the line of a UDP receiver ends in.
func (t *iperfTest) loss(c iperfCount, role string) {
	percent := 0.0
	if c.packets > 0 {
		percent = 100 * float64(c.lost) / float64(c.packets)
	}
	t.env.printf("  %5.3f ms  %d/%d (%.2g%%)  %s\n", float64(c.jitter)/1e6, c.lost, c.packets, percent, role)
}

// iperfSide is what one end has counted of every stream, over the whole test.
type iperfSide struct {
	sender bool
	counts []iperfCount
	ends   []time.Duration
}

// own returns what this end has counted.
func (t *iperfTest) own() iperfSide {
	side := iperfSide{sender: t.sends()}
	for _, s := range t.streams {
		side.counts = append(side.counts, s.seen)
		side.ends = append(side.ends, t.ended)
	}
	return side
}

// peers returns what the other end says that it has counted.
func (t *iperfTest) peers(r *iperfResults) iperfSide {
	side := iperfSide{sender: !t.sends()}
	for _, s := range t.streams {
		var c iperfCount
		var end time.Duration
		for _, o := range r.Streams {
			if o.ID == s.id {
				c = iperfCount{
					bytes: int64(o.Bytes), packets: int64(o.Packets), lost: int64(o.Errors),
					retransmits: int64(o.Retransmits), jitter: time.Duration(o.Jitter * 1e9),
				}
				end = time.Duration(o.End * 1e9)
			}
		}
		side.counts = append(side.counts, c)
		side.ends = append(side.ends, end)
	}
	return side
}

// results returns what this end has counted, for the other one.
func (t *iperfTest) results() *iperfResults {
	r := &iperfResults{HasRetransmits: -1}
	if t.sends() {
		r.HasRetransmits = 0
		if !t.UDP {
			r.HasRetransmits = 1
		}
	}
	own := t.own()
	for i, s := range t.streams {
		c := own.counts[i]
		r.Streams = append(r.Streams, iperfStreamResult{
			ID: s.id, Bytes: float64(c.bytes), Retransmits: float64(c.retransmits), Jitter: c.jitter.Seconds(),
			Errors: float64(c.lost), Packets: float64(c.packets), End: t.ended.Seconds(),
		})
		if info := s.info(); info != nil {
			r.Congestion = info.CongestionName
		}
	}
	return r
}

// summary prints the whole test as the sides have seen it, the sender's first.
func (t *iperfTest) summary(sides ...iperfSide) {
	columns := ""
	switch {
	case t.UDP:
		columns = iperfLoss
	case sides[0].sender:
		columns = "         Retr"
	}
	t.env.printf("%s%s%s\n", iperfLine, iperfHead, columns)
	for i, s := range t.streams {
		for _, side := range sides {
			t.amounts(s.number, 0, side.ends[i], side.counts[i].bytes)
			t.total(side, side.counts[i])
		}
	}
	if len(t.streams) < 2 {
		return
	}
	for _, side := range sides {
		var sum iperfCount
		var end time.Duration
		for i, c := range side.counts {
			sum.add(c, len(side.counts))
			end = max(end, side.ends[i])
		}
		t.amounts(0, 0, end, sum.bytes)
		t.total(side, sum)
	}
}

// total prints what a line of the summary ends in.
func (t *iperfTest) total(side iperfSide, c iperfCount) {
	switch {
	case t.UDP && side.sender:
		t.loss(iperfCount{packets: c.packets}, "sender")
	case t.UDP:
		t.loss(c, "receiver")
	case side.sender:
		t.env.printf("  %3d             sender\n", c.retransmits)
	default:
		t.env.printf("                  receiver\n")
	}
}
