package main

import (
	"errors"
	"strings"
	"testing"
)

func testResult() *Result {
	r := &Result{
		Row: Row{
			Name: "thing", What: "how fast it is", Contestants: []string{"ours", "theirs", "broken", "left"},
			Figures: []Figure{
				{Name: "speed", Unit: "MB/s", Goals: []Goal{{2, []string{"theirs"}}, {4, []string{"theirs", "broken"}}}},
				{Name: "delay", Unit: "µs", Better: Lower},
			},
		},
		Samples: make(map[string][]Sample),
		Errors:  map[string]error{"broken": errors.New("it broke")},
		Left:    map[string]string{"left": "needs root"},
	}
	for _, v := range [][]float64{{3000, 1.25}, {2900, 1}, {4500, 1.5}} {
		r.add("ours", v)
	}
	for _, v := range [][]float64{{1000, 20}, {900, 30}, {1100, 25}} {
		r.add("theirs", v)
	}
	return r
}

func TestTable(t *testing.T) {
	var out strings.Builder
	tab := newTable(&out)
	tab.print(testResult())
	tab.summary()
	const want = `
thing: how fast it is
  speed  ours                                   3,000 MB/s  2,900–4,500  
  speed  theirs                                 1,000 MB/s  900–1,100    × 3
  speed  goal ≥ 2 × theirs: met                 3
  speed  goal ≥ 4 × theirs or broken: not met   3
  delay  ours                                   1.25 µs     1–1.5   
  delay  theirs                                 25 µs       20–30   × 0.05
  left left out: needs root

1 of 2 goals met
`
	if got := out.String(); !sameWords(got, want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// sameWords compares texts line by line, however wide their columns are.
func sameWords(a, b string) bool {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	if len(x) != len(y) {
		return false
	}
	for i := range x {
		if strings.Join(strings.Fields(x[i]), " ") != strings.Join(strings.Fields(y[i]), " ") {
			return false
		}
	}
	return true
}

func TestJSON(t *testing.T) {
	var out strings.Builder
	if err := testResult().printJSON(&out); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	const first = `{"row":"thing","figure":"speed","unit":"MB/s","contestant":"ours","median":3000,"min":2900,"max":4500,"rounds":[3000,2900,4500],` +
		`"goals":[{"goal":"≥ 2 × theirs","got":3,"met":true},{"goal":"≥ 4 × theirs or broken","got":3,"met":false}]}`
	if len(lines) != 4 || lines[0] != first {
		t.Errorf("%d lines, the first one\n%s\nwant\n%s", len(lines), lines[0], first)
	}
}

func TestNumber(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", 1: "1", 0.0625: "0.0625", 1.2345: "1.23", 99.96: "100", 0.00001234: "0.0000123",
		100: "100", 999.6: "1,000", 12345.6: "12,346", 1234567: "1,234,567", -1234: "-1,234",
	} {
		if got := number(v); got != want {
			t.Errorf("%v: %q, want %q", v, got, want)
		}
	}
}
