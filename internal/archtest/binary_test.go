package archtest

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// goCommand returns what the go command prints, run in the module's root.
func goCommand(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Dir = root
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go %s: %v: %s", args[0], err, &said)
	}
	return string(out)
}

// A program that embeds the stack is small: nothing of what package thinnet links
// imports fmt, which is a fifth of a megabyte. Error texts are joined strings, with
// package annotate in front of an error.
func TestNoFmt(t *testing.T) {
	seen := 0
	for line := range strings.Lines(goCommand(t, "list", "-deps", "-f", "{{.ImportPath}} {{join .Imports \" \"}}", ".")) {
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

// What a program does not use, it does not link. The linker keeps the methods of every
// type that can be reached from one that is converted to an interface, if they look like
// some interface's: one field may bring the whole network.
func TestWhatIsLinked(t *testing.T) {
	out := filepath.Join(t.TempDir(), "dial")
	goCommand(t, "build", "-o", out, "./internal/archtest/testdata/dial")
	linked := make(map[string]bool) // types with methods
	for line := range strings.Lines(goCommand(t, "tool", "nm", out)) {
		f := strings.Fields(line)
		if receiver, _, ok := strings.Cut(f[len(f)-1], ")."); ok {
			linked[receiver+")"] = true
		}
	}
	for _, used := range []string{"thinnet.(*Network)", "thinnet/socket.(*TCPConn)", "thinnet/stack.(*Stack)"} {
		if !linked[used] {
			t.Errorf("no method of %s is linked, want those that the program calls", used)
		}
	}
	for _, unused := range []string{
		"thinnet.(*Switch)", "thinnet.(*Link)", "thinnet.(*Recording)", "thinnet/link/bridge.(*Bridge)", "thinnet/link/cable.(*Cable)",
		"thinnet/socket.(*Dialer)", "thinnet/socket.(*UDPConn)", "fmt.(*pp)", "reflect.(*rtype)", "net.(*Resolver)",
	} {
		if linked[unused] {
			t.Errorf("methods of %s are linked into a program that only dials and listens: go build -ldflags=-dumpdep tells why", unused)
		}
	}
}
