package lab

import (
	"fmt"
	"slices"
	"strings"
)

// Pos is a place in a topology file. Both numbers count from 1; Col counts
// characters.
type Pos struct{ Line, Col int }

// Problem is one thing that is wrong with a topology file.
type Problem struct {
	File string
	Pos
	Message string
}

// String returns the problem as FILE:LINE:COL: message.
func (p Problem) String() string {
	return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Col, p.Message)
}

// Problems is the error of [Parse]: everything that is wrong with the file, in
// the order of the file, but no more than 100 problems.
type Problems []Problem

// maxProblems is how many problems are told. A file that has more is not a
// topology at all.
const maxProblems = 100

// Error returns the problems, one a line.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	if len(ps) == maxProblems {
		lines = append(lines, ps[0].File+": there may be more problems; these are the first")
	}
	return strings.Join(lines, "\n")
}

// report collects problems.
type report struct {
	file string
	list Problems
}

func (r *report) full() bool { return len(r.list) >= maxProblems }

// add notes a problem.
func (r *report) add(at Pos, format string, args ...any) {
	if r.full() {
		return
	}
	r.list = append(r.list, Problem{r.file, at, fmt.Sprintf(format, args...)})
}

// unknown notes that there is no such thing, and names the one that was
// probably meant, or what there is.
func (r *report) unknown(at Pos, message, got string, known []string) {
	if r.full() {
		return
	}
	r.add(at, "%s%s", message, choices(got, known))
}

// sound reports whether f noted no problem.
func (r *report) sound(f func()) bool {
	before := len(r.list)
	f()
	return len(r.list) == before && !r.full()
}

// err returns the problems in the order of the file, or nil if there are none.
func (r *report) err() error {
	if len(r.list) == 0 {
		return nil
	}
	slices.SortStableFunc(r.list, func(a, b Problem) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Col - b.Col
	})
	return r.list
}
