package main

import (
	"slices"
	"testing"
)

// What rows speak of exists, and ours comes first.
func TestRows(t *testing.T) {
	seen := make(map[string]bool)
	for _, r := range rows {
		if seen[r.Name] {
			t.Errorf("two rows %q", r.Name)
		}
		seen[r.Name] = true
		for _, name := range r.Contestants {
			if _, err := contestant(name); err != nil {
				t.Errorf("%s: %v", r.Name, err)
			}
		}
		if len(r.Contestants) == 0 || len(r.Figures) == 0 || r.Measure == nil {
			t.Fatalf("%s has no contestants, no figures or no measurement", r.Name)
		}
		for _, f := range r.Figures {
			for _, g := range f.Goals {
				for _, name := range g.Against {
					if !slices.Contains(r.Contestants[1:], name) {
						t.Errorf("%s: a goal against %s, which is not measured", r.Name, name)
					}
				}
			}
		}
	}
}
