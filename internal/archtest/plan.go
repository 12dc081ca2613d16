package archtest

import (
	"fmt"
	"strconv"
	"strings"
)

// beside is the floor of what stands beside the house: test rigs and examples.
const beside = -1

// services is the first floor that may import modules from outside golang.org/x.
const services = 7

// plan is what the architecture document says of packages and modules.
type plan struct {
	packages map[string]int // floor by directory, "." for the module's root
	modules  map[string]int // lowest floor that may import it, by module path
}

// The headings under which the document has its two tables.
const (
	packagesHeading = "## The floors"
	modulesHeading  = "## What others wrote"
)

// parsePlan reads the tables of the document. Both have a floor in their first
// column and a path in backquotes in the second.
func parsePlan(doc string) (*plan, error) {
	p := &plan{}
	var err error
	if p.packages, err = parseTable(doc, packagesHeading); err != nil {
		return nil, err
	}
	if p.modules, err = parseTable(doc, modulesHeading); err != nil {
		return nil, err
	}
	for m, floor := range p.modules {
		if floor < services && !strings.HasPrefix(m, "golang.org/x/") {
			return nil, fmt.Errorf("module %s may be imported from floor %d: below floor %d want only golang.org/x", m, floor, services)
		}
	}
	return p, nil
}

// parseTable reads the first table after a heading.
func parseTable(doc, heading string) (map[string]int, error) {
	_, section, ok := strings.Cut(doc, "\n"+heading+"\n")
	if !ok {
		return nil, fmt.Errorf("no heading %q", heading)
	}
	section, _, _ = strings.Cut(section, "\n## ")
	floors := make(map[string]int)
	for line := range strings.Lines(section) {
		cells := strings.Split(strings.TrimSpace(line), "|")
		if len(cells) < 4 || !strings.Contains(cells[2], "`") {
			continue // prose, or the table's head
		}
		path := strings.Trim(cells[2], " `")
		floor, err := parseFloor(strings.TrimSpace(cells[1]))
		if err != nil {
			return nil, fmt.Errorf("%q: %s: %w", heading, path, err)
		}
		if _, twice := floors[path]; twice {
			return nil, fmt.Errorf("%q: %s is listed twice", heading, path)
		}
		floors[path] = floor
	}
	if len(floors) == 0 {
		return nil, fmt.Errorf("no table under %q", heading)
	}
	return floors, nil
}

func parseFloor(s string) (int, error) {
	if s == "beside" {
		return beside, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("floor %q: want a number from 0 or \"beside\"", s)
	}
	return n, nil
}

// module returns the module that an import path belongs to.
func (p *plan) module(path string) (floor int, ok bool) {
	for m, floor := range p.modules {
		if path == m || strings.HasPrefix(path, m+"/") {
			return floor, true
		}
	}
	return 0, false
}
