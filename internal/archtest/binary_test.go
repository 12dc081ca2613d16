package archtest

import (
	"bytes"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// A program that embeds the stack is small: nothing of what package thinnet links
// imports fmt, which is a fifth of a megabyte. Error texts are joined strings, with
// package annotate in front of an error.
func TestNoFmt(t *testing.T) {
	cmd := exec.Command("go", "list", "-deps", "-f", "{{.ImportPath}} {{join .Imports \" \"}}", ".")
	cmd.Dir = root
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v: %s", err, &said)
	}
	seen := 0
	for line := range strings.Lines(string(out)) {
		f := strings.Fields(line)
		if slices.Contains(f[1:], "fmt") {
			t.Errorf("%s imports fmt, and package thinnet needs it: want strings joined, and package annotate", f[0])
		}
		if strings.HasPrefix(f[0], module+"/") {
			seen++
		}
	}
	if seen < 20 {
		t.Errorf("go list names %d packages that package thinnet needs, want all", seen)
	}
}
