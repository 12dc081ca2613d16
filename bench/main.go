package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
)

// settings are what the command line says.
type settings struct {
	rounds  int
	span    time.Duration // of one measurement; 0: what the row says
	smoke   bool
	json    bool
	profile string // folder; "": no profiles
}

// The process's namespace is that of its main thread, which no goroutine that
// goes elsewhere may take along.
func init() { runtime.LockOSThread() }

func main() {
	code := make(chan int)
	go func() { code <- command() }()
	os.Exit(<-code)
}

// command returns the exit code: 0, 1 if a measurement failed, 2 for a mistake on
// the command line. A goal that is not met is no failure.
func command() int {
	var s settings
	all := flag.Bool("all", false, "measure every row")
	only := flag.String("only", "", "measure the `rows` of these names, with commas between them")
	list := flag.Bool("list", false, "list the rows and the contestants, with their settings")
	flag.BoolVar(&s.smoke, "smoke", false, "measure for a moment only, to see that everything works")
	flag.BoolVar(&s.json, "json", false, "print a line of JSON for each figure")
	flag.IntVar(&s.rounds, "rounds", 3, "how often each contestant of a row is measured")
	flag.DurationVar(&s.span, "for", 0, "how long a measurement takes, if not what its row says")
	flag.StringVar(&s.profile, "profile", "", "write a CPU profile of each measurement into this `folder`")
	child := flag.String("measure", "", "measure one `row/contestant` in this process: for this program's own use")
	flag.Parse()

	switch {
	case *child != "":
		return measureHere(*child, Span{For: s.span, Smoke: s.smoke}, s.profile)
	case *list:
		printList(os.Stdout)
		return 0
	}
	chosen := rows
	if *only != "" {
		chosen = nil
		for name := range strings.SplitSeq(*only, ",") {
			r, err := row(name)
			if err != nil {
				fmt.Fprintln(os.Stderr, "bench:", err)
				return 2
			}
			chosen = append(chosen, r)
		}
	}
	if s.smoke {
		s.rounds, s.span = 1, 50*time.Millisecond
	}
	if *only == "" && !*all && !s.smoke || s.rounds < 1 || flag.NArg() > 0 {
		flag.Usage()
		return 2
	}
	return s.run(chosen)
}

// run measures rows and prints their tables.
func (s settings) run(chosen []Row) int {
	if !s.json {
		printSettings(os.Stdout, chosen)
	}
	failed := 0
	t := newTable(os.Stdout)
	for _, r := range chosen {
		result := s.measure(r)
		if s.json {
			if err := result.printJSON(os.Stdout); err != nil {
				fmt.Fprintln(os.Stderr, "bench:", err)
				return 1
			}
		} else {
			t.print(result)
		}
		for _, name := range r.Contestants {
			if err := result.Errors[name]; err != nil {
				failed++
				fmt.Fprintf(os.Stderr, "bench: %s of %s: %v\n", r.Name, name, err)
			}
		}
	}
	if !s.json {
		t.summary()
	}
	if failed > 0 {
		return 1
	}
	return 0
}

// computer describes where this runs.
func computer() string {
	return fmt.Sprintf("%s, %s/%s, %d processors, built %s",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), guided())
}

// guided says which profile the compiler was guided by (-pgo in go help build).
func guided() string {
	if b, ok := debug.ReadBuildInfo(); ok {
		for _, s := range b.Settings {
			if s.Key == "-pgo" {
				return "with the profile " + filepath.Base(s.Value)
			}
		}
	}
	return "without a profile"
}
