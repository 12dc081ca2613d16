package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
)

// table prints results as they come, and counts goals.
type table struct {
	w    io.Writer
	met  int
	held int
}

func newTable(w io.Writer) *table { return &table{w: w} }

// print prints a row's result: a line for each contestant and figure, with the
// ratio of ours to theirs, and with our verdicts.
func (t *table) print(r *Result) {
	fmt.Fprintf(t.w, "\n%s: %s\n", r.Row.Name, r.Row.What)
	w := tabwriter.NewWriter(t.w, 0, 0, 2, ' ', 0)
	for i, f := range r.Row.Figures {
		ours, measured := r.median(r.Row.Contestants[0], i)
		for _, name := range r.Row.Contestants {
			median, ok := r.median(name, i)
			if !ok {
				continue
			}
			s := r.Samples[name][i]
			ratio := ""
			if name != r.Row.Contestants[0] && measured && median != 0 {
				ratio = "× " + number(ours/median)
			}
			fmt.Fprintf(w, "  %s\t%s\t%s %s\t%s–%s\t%s\n", f.Name, name, number(median), f.Unit, number(slices.Min(s)), number(slices.Max(s)), ratio)
		}
		for _, v := range r.verdicts(i) {
			t.held++
			if v.Met {
				t.met++
			}
			fmt.Fprintf(w, "  %s\tgoal %s\t%s\n", f.Name, v, number(v.Got))
		}
	}
	w.Flush()
	for _, name := range r.Row.Contestants {
		if why := r.Left[name]; why != "" {
			fmt.Fprintf(t.w, "  %s left out: %s\n", name, why)
		}
	}
}

// summary prints how many goals were met.
func (t *table) summary() { fmt.Fprintf(t.w, "\n%d of %d goals met\n", t.met, t.held) }

// median returns a contestant's median of the i-th figure.
func (r *Result) median(name string, i int) (float64, bool) {
	s, ok := r.Samples[name]
	if !ok {
		return 0, false
	}
	return s[i].Median(), true
}

// verdicts holds our median of the i-th figure against its goals.
func (r *Result) verdicts(i int) []Verdict {
	ours, ok := r.median(r.Row.Contestants[0], i)
	if !ok {
		return nil
	}
	medians := make(map[string]float64)
	for name := range r.Samples {
		medians[name], _ = r.median(name, i)
	}
	f := r.Row.Figures[i]
	var verdicts []Verdict
	for _, g := range f.Goals {
		if v, ok := g.check(f, ours, medians); ok {
			verdicts = append(verdicts, v)
		}
	}
	return verdicts
}

// line is a figure of one contestant, as JSON has it.
type line struct {
	Row        string    `json:"row"`
	Figure     string    `json:"figure"`
	Unit       string    `json:"unit,omitempty"`
	Contestant string    `json:"contestant"`
	Median     float64   `json:"median"`
	Min        float64   `json:"min"`
	Max        float64   `json:"max"`
	Rounds     Sample    `json:"rounds"`
	Goals      []Verdict `json:"goals,omitempty"`
}

// printJSON prints a line for each contestant and figure.
func (r *Result) printJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	for i, f := range r.Row.Figures {
		for j, name := range r.Row.Contestants {
			median, ok := r.median(name, i)
			if !ok {
				continue
			}
			s := r.Samples[name][i]
			l := line{
				Row: r.Row.Name, Figure: f.Name, Unit: f.Unit, Contestant: name,
				Median: median, Min: slices.Min(s), Max: slices.Max(s), Rounds: s,
			}
			if j == 0 {
				l.Goals = r.verdicts(i)
			}
			if err := e.Encode(l); err != nil {
				return err
			}
		}
	}
	return nil
}

// number writes a value with three significant digits, or all in front of the
// point, and commas.
func number(v float64) string {
	if math.Abs(v) < 100 {
		// Three digits that count, without an exponent.
		rounded, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 3, 64), 64)
		return strconv.FormatFloat(rounded, 'f', -1, 64)
	}
	s := strconv.FormatFloat(math.Abs(v), 'f', 0, 64)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	if v < 0 {
		s = "-" + s
	}
	return s
}

// printList prints what there is to measure.
func printList(w io.Writer) {
	fmt.Fprintln(w, "rows:")
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, r := range rows {
		fmt.Fprintf(t, "  %s\t%s: %s\n", r.Name, r.What, strings.Join(r.Contestants, ", "))
	}
	t.Flush()
	fmt.Fprintln(w, "contestants:")
	for _, c := range contestants {
		fmt.Fprintf(t, "  %s\t%s\n", c.Name, c.Settings)
	}
	t.Flush()
}

// printSettings prints where this runs, and the settings of whoever is measured.
func printSettings(w io.Writer, chosen []Row) {
	fmt.Fprintln(w, computer())
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, c := range contestants {
		if slices.ContainsFunc(chosen, func(r Row) bool { return slices.Contains(r.Contestants, c.Name) }) {
			fmt.Fprintf(t, "  %s\t%s\n", c.Name, c.Settings)
		}
	}
	t.Flush()
}
