package command

import (
	"fmt"
	"strings"
	"time"
)

const (
	iperfLine = "- - - - - - - - - - - - - - - - - - - - - - - - -\n"
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

// role names the direction of a stream where there are two, and the end that prints.
func (t *iperfTest) role(s *iperfStream) string {
	if !t.Bidir {
		return ""
	}
	direction, end := "RX", "S"
	if s.sends {
		direction = "TX"
	}
	if t.client {
		end = "C"
	}
	return "[" + direction + "-" + end + "]"
}

// head returns the names of the columns.
func (t *iperfTest) head() string {
	if t.Bidir {
		return "[ ID][Role] Interval           Transfer     Bitrate"
	}
	return "[ ID] Interval           Transfer     Bitrate"
}

// amounts prints what the lines of every kind have: the time, the bytes and the
// rate. name is the stream's number, or SUM.
func (t *iperfTest) amounts(name string, s *iperfStream, from, to time.Duration, bytes int64) {
	rate := 0.0
	if to > from {
		rate = float64(bytes) / (to - from).Seconds()
	}
	t.env.printf("[%3s]%s %6.2f-%-6.2f sec  %s  %s/sec", name, t.role(s), from.Seconds(), to.Seconds(),
		iperfAmount(float64(bytes), 'A'), iperfAmount(rate, t.format))
}

// report prints what has happened since the last report.
func (t *iperfTest) report(to time.Duration) {
	switch {
	case !t.headed:
		t.headed = true
		t.env.printf("%s%s\n", t.head(), t.columns())
	case t.Parallel > 1:
		t.env.printf(iperfLine)
	}
	t.json.interval()
	for _, streams := range t.directions() {
		var sum iperfCount
		for _, s := range streams {
			c := s.sinceLast()
			t.amounts(fmt.Sprint(s.number), s, t.reported, to, c.bytes)
			t.counts(s, c, false)
			t.json.stream(t, s, c, to)
			sum.add(c, len(streams))
		}
		if len(streams) > 1 {
			t.amounts("SUM", streams[0], t.reported, to, sum.bytes)
			t.counts(streams[0], sum, true)
		}
		t.json.sum(t, streams[0], sum, to)
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
	case t.UDP && (t.Bidir || !t.sends()):
		return iperfLoss
	case t.UDP:
		return "         Total Datagrams"
	case t.Bidir || t.sends():
		return "         Retr  Cwnd"
	}
	return ""
}

// counts prints what the line of an interval ends in.
func (t *iperfTest) counts(s *iperfStream, c iperfCount, sum bool) {
	switch {
	case t.UDP && s.sends && t.Bidir:
		t.env.printf("            %d  \n", c.packets) // where the receivers' losses are
	case t.UDP && s.sends:
		t.env.printf("  %d  \n", c.packets)
	case t.UDP:
		t.loss(c, "")
	case s.sends && sum:
		t.env.printf("  %3d             \n", c.retransmits)
	case s.sends:
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

// iperfSide is what one end has counted of the streams of a direction, over the whole
// test.
type iperfSide struct {
	sender bool
	counts []iperfCount
	ends   []time.Duration
}

// sum adds all streams up.
func (s iperfSide) sum() (sum iperfCount, end time.Duration) {
	for i, c := range s.counts {
		sum.add(c, len(s.counts))
		end = max(end, s.ends[i])
	}
	return sum, end
}

// own returns what this end has counted.
func (t *iperfTest) own(streams []*iperfStream) iperfSide {
	side := iperfSide{sender: streams[0].sends}
	for _, s := range streams {
		side.counts = append(side.counts, s.seen)
		side.ends = append(side.ends, t.ended)
	}
	return side
}

// peers returns what the other end says that it has counted.
func (r *iperfResults) peers(streams []*iperfStream) iperfSide {
	side := iperfSide{sender: !streams[0].sends}
	for _, s := range streams {
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
	if t.sends() || t.Bidir {
		r.HasRetransmits = 0
		if !t.UDP {
			r.HasRetransmits = 1
		}
	}
	for _, s := range t.streams {
		c := s.seen
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

// sides returns what the ends have counted of the streams of a direction, the sender
// first. peer may be nil.
func (t *iperfTest) sides(streams []*iperfStream, peer *iperfResults) []iperfSide {
	sides := []iperfSide{t.own(streams)}
	if peer != nil {
		sides = append(sides, peer.peers(streams))
		if !sides[0].sender {
			sides[0], sides[1] = sides[1], sides[0]
		}
	}
	return sides
}

// summary prints the whole test as this end has seen it, and the other one if it has
// told.
func (t *iperfTest) summary(peer *iperfResults) {
	columns := ""
	switch {
	case t.UDP:
		columns = iperfLoss
	case t.Bidir || t.sends() || peer != nil:
		columns = "         Retr"
	}
	t.env.printf("%s%s%s\n", iperfLine, t.head(), columns)
	for _, streams := range t.directions() {
		if len(streams) == 0 {
			continue
		}
		sides := t.sides(streams, peer)
		for i, s := range streams {
			for _, side := range sides {
				t.amounts(fmt.Sprint(s.number), s, 0, side.ends[i], side.counts[i].bytes)
				t.total(side, side.counts[i])
			}
		}
		for _, side := range sides {
			if len(streams) > 1 {
				sum, end := side.sum()
				t.amounts("SUM", streams[0], 0, end, sum.bytes)
				t.total(side, sum)
			}
		}
	}
	t.json.summary(t, peer)
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
