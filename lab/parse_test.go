package lab

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares got with a file, or writes it.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", file, got, want)
	}
}

func TestProblems(t *testing.T) {
	files, err := filepath.Glob("testdata/problems/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no test data", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			_, err = Parse(filepath.Base(file), data)
			if err == nil {
				t.Fatal("no problem found")
			}
			golden(t, strings.TrimSuffix(file, ".yaml")+".golden", err.Error()+"\n")
		})
	}
}

// The file in the package's documentation is one.
func TestDocumentation(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	var data []byte
	for line := range strings.Lines(string(doc)) {
		if code, ok := strings.CutPrefix(line, "//\t"); ok {
			data = append(data, code...)
		}
	}
	topology, err := Parse("doc.go", data)
	if err != nil {
		t.Fatal(err)
	}
	if len(topology.Nodes) != 4 || len(topology.Links) != 4 || len(topology.Steps) != 3 {
		t.Errorf("%d nodes, %d links, %d steps", len(topology.Nodes), len(topology.Links), len(topology.Steps))
	}
}

// Files as bad as can be: an answer soon, and nothing that runs over.
func TestHostileFiles(t *testing.T) {
	tests := map[string]string{
		"too large":        strings.Repeat("#\n", maxFileSize/2+1),
		"flow depth":       strings.Repeat("[\n", 20_000),
		"mapping depth":    strings.Repeat("{a:\n", 20_000),
		"sequence depth":   strings.Repeat("- ", 2000),
		"long line":        strings.Repeat("a: ", 2000),
		"many bad lines":   strings.Repeat("a: b: c\n", 20_000),
		"quotes":           strings.Repeat("\"a\"\n", 40_000),
		"flow in a row":    strings.Repeat("{a: b},\n", 5_000),
		"unknown keys":     strings.Repeat("a: b\n", 20_000),
		"alias bomb":       "a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n",
		"anchors":          strings.Repeat("&a ", 1000),
		"tags":             strings.Repeat("!t ", 1000),
		"explicit keys":    strings.Repeat("? ", 1000),
		"carriage returns": strings.Repeat("\r", 100_000),
		"zeroes":           strings.Repeat("\x00", 100_000),
		"not UTF-8":        "nodes: \xff\xfe\xfd",
		"documents":        strings.Repeat("--- a\n", 2_000),
		"indentation":      indented(1000),
		"empty":            "",
		"comment":          "# nothing\n",
		"list":             "- a\n",
		"scalar":           "42",
		"huge number":      "nodes: {a: {interfaces: {b: {mtu: 99999999999999999999999}}}}",
	}
	for name, data := range tests {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			_, err := Parse("x.yaml", []byte(data))
			if err == nil {
				t.Fatal("no problem found")
			}
			if ps, ok := err.(Problems); !ok || len(ps) > maxProblems {
				t.Errorf("%T", err)
			}
			if d := time.Since(start); d > 10*time.Second {
				t.Errorf("took %v", d)
			} else if d > 300*time.Millisecond {
				t.Logf("took %v", d)
			}
			first, _, _ := strings.Cut(err.Error(), "\n")
			if len(first) > 500 {
				t.Errorf("a message of %d bytes", len(first))
			}
			t.Log(first)
		})
	}
}

func indented(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

func hasTAP(t *Topology) bool {
	return slices.ContainsFunc(t.Links, func(l *Link) bool { return l.Ends[0].Node == nil || l.Ends[1].Node == nil })
}

func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"testdata/problems/*.yaml", "../examples/*.yaml"} {
		files, _ := filepath.Glob(pattern)
		for _, file := range files {
			data, _ := os.ReadFile(file)
			f.Add(data)
		}
	}
	f.Add([]byte("nodes: {a: {interfaces: {e: 10.0.0.1/8}}}\nlinks: [a:e -- tap:x]\nsteps: [{a: ping 10.0.0.2}]\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		topology, err := Parse("f.yaml", data)
		if (topology == nil) == (err == nil) {
			t.Fatal(topology, err)
		}
		if ps, ok := err.(Problems); err != nil && (!ok || len(ps) == 0) {
			t.Fatalf("%T %v", err, err)
		}
		if err != nil || len(topology.Nodes) > 20 || hasTAP(topology) {
			return
		}
		// What is allowed can be built, but for folders that are not there and
		// routes that need an address.
		if l, err := Build(topology, Options{}); err == nil {
			l.Close()
		}
	})
}

func TestTooManyNodes(t *testing.T) {
	var b strings.Builder
	b.WriteString("nodes: {\n")
	for i := range maxNodes + 1 {
		fmt.Fprintf(&b, "  n%d: ,\n", i)
	}
	b.WriteString("}\n")
	if _, err := Parse("x.yaml", []byte(b.String())); err == nil || !strings.Contains(err.Error(), "4097 nodes") {
		t.Error(err)
	}
}

// Files come from many editors: what is no mistake is read, and the rest says what to do.
func TestEncodings(t *testing.T) {
	const good = "nodes:\n  a: {interfaces: {eth0: 10.0.0.1/24}}\n"
	for name, c := range map[string]struct{ text, want string }{
		"byte order mark": {"\xef\xbb\xbf" + good, ""},
		"carriage return": {strings.ReplaceAll(good, "\n", "\r\n"), ""},
		"UTF-16":          {"\xff\xfen\x00o\x00", "f.yaml:1:1: the file is UTF-16; save it as UTF-8"},
		"Latin-1":         {good + "# caf\xe9\n", "f.yaml:3:1: the line is not UTF-8; save the file as UTF-8"},
		"tabs":            {"nodes:\n\ta: {}\n", "f.yaml:2:1: found character '\t' that cannot start any token; indent with spaces"},
		"indentation": {
			"nodes:\n  a:\n    interfaces:\n      eth0: 10.0.0.1/24\n     eth1: 10.1.0.1/24\n",
			"f.yaml:5:6: value is not allowed in this context; is it indented as its neighbours are, and each bracket closed once?",
		},
		"no colon": {"nodes\n  a: {}\n", "f.yaml:1:1: unexpected key name; does the line lack a colon at its end?"},
		"braces":   {"nodes:\n  a: {interfaces {eth0: 10.0.0.1/24}}\n", "f.yaml:2:7: could not find flow map content; within { } there is a colon and a space behind each key"},
	} {
		t.Run(name, func(t *testing.T) {
			got := ""
			if _, err := Parse("f.yaml", []byte(c.text)); err != nil {
				got = err.Error()
			}
			if got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}
