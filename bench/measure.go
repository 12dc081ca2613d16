package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/pprof"
	"strings"
	"syscall"
	"time"
)

// Result is what came of a row.
type Result struct {
	Row Row
	// Samples has, for each contestant, the values of each figure.
	Samples map[string][]Sample
	// Errors says why a contestant was not measured to the end, and Left why
	// it was not measured at all.
	Errors map[string]error
	Left   map[string]string
}

// measure measures a row, contestants by turns.
func (s settings) measure(r Row) *Result {
	res := &Result{Row: r, Samples: make(map[string][]Sample), Errors: make(map[string]error), Left: make(map[string]string)}
	for range s.rounds {
		for _, name := range r.Contestants {
			if res.Errors[name] != nil || res.Left[name] != "" {
				continue
			}
			c, err := contestant(name)
			if err == nil && c.Root && !namespaces() {
				res.Left[name] = "needs root for network namespaces, ip of iproute2, and /dev/net/tun"
				continue
			}
			var values []float64
			if err == nil {
				values, err = s.measureApart(r, c)
			}
			if err != nil {
				res.Errors[name] = err
				continue
			}
			res.add(name, values)
		}
	}
	return res
}

func (r *Result) add(name string, values []float64) {
	if r.Samples[name] == nil {
		r.Samples[name] = make([]Sample, len(r.Row.Figures))
	}
	for i, v := range values {
		r.Samples[name][i] = append(r.Samples[name][i], v)
	}
}

// patience is how long a measurement may take beyond its span, if its row does not
// say more.
const patience = time.Minute

// measureApart measures one contestant in a process of its own.
func (s settings) measureApart(r Row, c Contestant) ([]float64, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	span := r.For
	if s.span != 0 && r.For != 0 {
		span = s.span
	}
	limit := span + max(patience, r.Patience)
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, self, "-measure", r.Name+"/"+c.Name, "-for", span.String(), fmt.Sprintf("-smoke=%t", s.smoke), "-profile", s.profile)
	if namespaces() {
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			err = fmt.Errorf("not done after %v", limit)
		}
		return nil, errors.Join(err, errors.New(firstLines(stderr.String(), 10)))
	}
	var values []float64
	if err := json.Unmarshal(stdout.Bytes(), &values); err != nil {
		return nil, fmt.Errorf("%q: %w", stdout.String(), err)
	}
	if len(values) != len(r.Figures) {
		return nil, fmt.Errorf("%d values, want %d", len(values), len(r.Figures))
	}
	return values, nil
}

func firstLines(s string, n int) string {
	lines := strings.SplitN(s, "\n", n+1)
	return strings.Join(lines[:min(n, len(lines))], "\n")
}

// measureHere is the other side of measureApart: it prints the values.
func measureHere(what string, o Span, profiles string) int {
	values, err := profiled(what, o, profiles)
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(values)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// profiled is measureOne, with a CPU profile in a folder unless that is "".
func profiled(what string, o Span, folder string) ([]float64, error) {
	if folder == "" {
		return measureOne(what, o)
	}
	f, err := os.Create(filepath.Join(folder, strings.ReplaceAll(what, "/", "-")+".pprof"))
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, err
	}
	values, err := measureOne(what, o)
	pprof.StopCPUProfile()
	return values, errors.Join(err, f.Close())
}

func measureOne(what string, o Span) ([]float64, error) {
	rowName, name, _ := strings.Cut(what, "/")
	r, err := row(rowName)
	if err != nil {
		return nil, err
	}
	c, err := contestant(name)
	if err != nil {
		return nil, err
	}
	if namespaces() {
		// The namespace is new.
		if err := run("ip link set lo up"); err != nil {
			return nil, err
		}
	}
	return r.Measure(c, o)
}
