package tcp

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

var (
	update = flag.Bool("update", false, "rewrite the golden files")
	whole  = flag.Bool("netsim", false, "fill in the whole table of TestNetsim: some minutes")
)

const netsimGolden = "testdata/netsim.golden"

// netsimHead says what the columns are: the goodput in Mbit/s that the response
// function or the link gives; the same, added up by the round trip; what was measured,
// with losses as regular as the response functions want them; with reordering as well;
// with losses at random. Then the longest time in any of them that no byte arrived.
const netsimHead = "cc    Mbit/s    rtt   loss  response   rounds  measured  reorder   random   silence"

// netsimRow is a line of the table.
type netsimRow struct {
	cc                        string
	rate                      float64 // Mbit/s
	rtt                       time.Duration
	loss                      float64 // per cent
	response, rounds          float64 // Mbit/s, like what follows
	measured, reorder, random float64
	silence                   time.Duration
}

const netsimFormat = "%-5s %6.0f %6v %5.2f%% %9.2f %8.2f %9.2f %8.2f %8.2f %9v"

func (r *netsimRow) String() string {
	return fmt.Sprintf(netsimFormat, r.cc, r.rate, r.rtt, r.loss, r.response, r.rounds, r.measured, r.reorder, r.random, r.silence)
}

// parseRow is the inverse of String.
func parseRow(t *testing.T, line string) (r netsimRow) {
	var rtt, silence string
	_, err := fmt.Sscanf(line, "%s %g %s %g%% %g %g %g %g %g %s", &r.cc, &r.rate, &rtt, &r.loss,
		&r.response, &r.rounds, &r.measured, &r.reorder, &r.random, &silence)
	if err == nil {
		r.rtt, err = time.ParseDuration(rtt)
	}
	if err == nil {
		r.silence, err = time.ParseDuration(silence)
	}
	if err != nil {
		t.Fatalf("%s: %q: %v", netsimGolden, line, err)
	}
	return r
}

// path returns the path of the row.
func (r *netsimRow) path() path { return path{rate: r.rate * 1e6, rtt: r.rtt, loss: r.loss / 100} }

// fill measures.
func (r *netsimRow) fill(t *testing.T) {
	p := r.path()
	r.response, r.rounds = p.response(r.cc)/1e6, p.rounds(r.cc)/1e6
	r.silence = 0
	r.measured = r.goodput(t, p)
	p.reorder = true
	r.reorder = r.goodput(t, p)
	p.reorder, p.random = false, true
	r.random = r.measured
	if p.loss > 0 {
		r.random = r.goodput(t, p)
	}
	r.silence = r.silence.Round(time.Millisecond / 10)
}

// goodput returns the mean goodput of a few seeds in Mbit/s, after a time in which
// the flow finds its way: 20 losses, or 40 round trips.
func (r *netsimRow) goodput(t *testing.T, p path) float64 {
	seeds := 3
	if p.loss < 0.001 {
		seeds = 1 // the transfers are long enough
	}
	sum := 0.0
	for seed := range seeds {
		s := newFlow(t, uint64(seed), r.cc, p, p.bottleneck())
		if p.loss == 0 {
			s.run(s.now.Add(max(time.Second, 40*p.rtt)))
			sum += s.measure(func() { s.run(s.now.Add(max(time.Second, 20*p.rtt))) })
		} else {
			s.runSegments(uint64(20/p.loss), time.Hour)
			sum += s.measure(func() { s.runSegments(max(uint64(40/p.loss), 20_000), time.Hour) })
		}
		r.silence = max(r.silence, s.silence)
		s.close()
	}
	return sum / float64(seeds) / 1e6
}

// netsimRows returns the lines of the table that this run fills in.
func netsimRows() (rows []*netsimRow) {
	for _, cc := range []string{"reno", "cubic"} {
		for _, rate := range []float64{100, 1000} {
			for _, rtt := range []time.Duration{time.Millisecond, 20 * time.Millisecond, 100 * time.Millisecond, 300 * time.Millisecond} {
				for _, loss := range []float64{0, 0.01, 0.1, 1, 3} {
					if *whole || rate == 100 && rtt == 20*time.Millisecond && loss != 0.01 {
						rows = append(rows, &netsimRow{cc: cc, rate: rate, rtt: rtt, loss: loss})
					}
				}
			}
		}
	}
	return rows
}

// Goodput in virtual time, from fixed seeds.
func TestNetsim(t *testing.T) {
	if race {
		t.Skip("minutes of one goroutine: nothing for the race detector")
	}
	var got strings.Builder
	fmt.Fprintln(&got, netsimHead)
	t.Log(netsimHead)
	for _, r := range netsimRows() {
		r.fill(t)
		t.Log(r)
		fmt.Fprintln(&got, r)
	}
	if *update && *whole {
		if err := os.WriteFile(netsimGolden, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(netsimGolden)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(got.String()) {
		if !strings.Contains(string(want), line) {
			t.Errorf("not in %s, which -netsim -update rewrites:\n%s", netsimGolden, line)
		}
	}
}

// What the table must show, of every line in it.
func TestNetsimBounds(t *testing.T) {
	f, err := os.Open(netsimGolden)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Scan()
	t.Log(lines.Text()) // -v prints the whole table
	n := 0
	for ; lines.Scan(); n++ {
		t.Log(lines.Text())
		r := parseRow(t, lines.Text())
		p := r.path()
		near := func(want float64) bool { return r.measured >= 0.9*want && r.measured <= 1.1*want }
		if r.cc == "cubic" && !near(r.rounds) {
			t.Errorf("more than 10 %% from what the round trips add up to:\n%s", lines.Text())
		}
		if r.cc == "cubic" && (p.loss == 0 || p.sawtooth(r.cc) >= 25) && !near(r.response) {
			t.Errorf("more than 10 %% from the response function:\n%s", lines.Text())
		}
		if r.reorder < 0.95*r.measured {
			t.Errorf("reordering costs more than 5 %%:\n%s", lines.Text())
		}
		if r.silence > 4*r.rtt+time.Second {
			t.Errorf("stalled:\n%s", lines.Text())
		}
	}
	if n != 80 {
		t.Errorf("%d lines, want 80: 2 algorithms, 2 rates, 4 round-trip times, 5 losses", n)
	}
}
