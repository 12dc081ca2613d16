package main

import "testing"

func TestGoals(t *testing.T) {
	medians := map[string]float64{"a": 100, "b": 200}
	for _, c := range []struct {
		better Order
		goal   Goal
		ours   float64
		text   string
		got    float64
		met    bool
	}{
		{Higher, Goal{2, []string{"a"}}, 200, "≥ 2 × a", 2, true},
		{Higher, Goal{2, []string{"a"}}, 199, "≥ 2 × a", 1.99, false},
		// The best of several counts, of those that were measured.
		{Higher, Goal{2, []string{"a", "b", "absent"}}, 300, "≥ 2 × a or b or absent", 1.5, false},
		{Lower, Goal{0.5, []string{"b", "a"}}, 50, "≤ 1/2 × b or a", 0.5, true},
		{Lower, Goal{0.5, []string{"b", "a"}}, 60, "≤ 1/2 × b or a", 0.6, false},
		{Lower, Goal{1500, nil}, 1400, "≤ 1,500", 1400, true},
		{Lower, Goal{0, nil}, 0, "≤ 0", 0, true},
		{Higher, Goal{0.6, nil}, 0.5, "≥ 0.6", 0.5, false},
	} {
		v, ok := c.goal.check(Figure{Better: c.better}, c.ours, medians)
		if want := (Verdict{c.text, c.got, c.met}); !ok || v != want {
			t.Errorf("%v of %v: %+v, %t, want %+v", c.goal, c.ours, v, ok, want)
		}
	}
	for name, medians := range map[string]map[string]float64{"absent": {}, "nothing": {"a": 0}} {
		if v, ok := (Goal{2, []string{"a"}}).check(Figure{}, 1, medians); ok {
			t.Errorf("against what is %s: %+v", name, v)
		}
	}
}
