package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
)

var sizeRow = Row{
	Name: "size", What: "a stripped program that dials and listens by addresses, as gVisor's does, over an empty one (go build -trimpath -ldflags '-s -w', without cgo)",
	Contestants: []string{"thinnet", "thinnet/names", "thinnet/stack", "gvisor/loopback"},
	Figures:     []Figure{{Name: "size", Unit: "MB", Better: Lower, Goals: []Goal{{1.2, nil}}}},
	Measure:     measureSize,
}

// measureSize returns how much larger than an empty program the contestant's is, in
// MB. It builds both with the go command, in the folder of this file if that is known.
func measureSize(c Contestant, _ Span) (_ []float64, err error) {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	var sizes [2]int64
	for i, program := range []string{c.Program, "thinnet/bench/internal/size/empty"} {
		if sizes[i], err = buildSize(program, filepath.Join(dir, path.Base(program))); err != nil {
			return nil, err
		}
	}
	return []float64{float64(sizes[0]-sizes[1]) / 1e6}, nil
}

func buildSize(program, out string) (int64, error) {
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", out, program)
	if _, file, _, ok := runtime.Caller(0); ok && filepath.IsAbs(file) { // otherwise it is the current folder
		cmd.Dir = filepath.Dir(file)
	}
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if said, err := cmd.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("go build: %w: %s", err, said)
	}
	info, err := os.Stat(out)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}
