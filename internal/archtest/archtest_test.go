package archtest

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const (
	root     = "../.."
	document = "docs/architecture.md"
)

func readPlan(t *testing.T) *plan {
	t.Helper()
	doc, err := os.ReadFile(filepath.Join(root, document))
	if err != nil {
		t.Fatal(err)
	}
	p, err := parsePlan(string(doc))
	if err != nil {
		t.Fatalf("%s: %v", document, err)
	}
	return p
}

// The house is as the document has it.
func TestHouse(t *testing.T) {
	p := readPlan(t)
	uses, dirs, err := readModule(root)
	if err != nil {
		t.Fatal(err)
	}
	used := make(map[string]bool)
	for _, u := range uses {
		if wrong := p.check(u); wrong != "" {
			t.Errorf("%s:%d: %s (%s)", u.file, u.line, wrong, document)
		}
		for m := range p.modules {
			used[m] = used[m] || u.path == m || strings.HasPrefix(u.path, m+"/")
		}
	}
	for _, dir := range slices.Sorted(maps.Keys(dirs)) {
		if _, ok := p.packages[dir]; !ok {
			t.Errorf("package %s is not in the table under %q of %s: want a row with its floor", dir, packagesHeading, document)
		}
	}
	for _, dir := range slices.Sorted(maps.Keys(p.packages)) {
		if !dirs[dir] {
			t.Errorf("%s lists %s, and there is no such package: want its row removed", document, dir)
		}
	}
	for _, m := range slices.Sorted(maps.Keys(p.modules)) {
		if !used[m] {
			t.Errorf("%s lists module %s, which nothing imports: want its row removed", document, m)
		}
	}
}

const testDoc = `
# Test

## The floors

| floor | package | |
|---|---|---|
| 0 | ` + "`wire`" + ` | formats |
| 1 | ` + "`link`" + ` | devices |
| 1 | ` + "`link/near`" + ` | |
| 2 | ` + "`link/cable`" + ` | |
| 2 | ` + "`link/bridge`" + ` | |
| 6 | ` + "`.`" + ` | |
| 7 | ` + "`service/http`" + ` | |
| 8 | ` + "`lab`" + ` | |
| beside | ` + "`internal/rig`" + ` | |

## What others wrote

| from floor | module |
|---|---|
| 0 | ` + "`golang.org/x/sys`" + ` |
| 8 | ` + "`example.org/yaml`" + ` |
`

func TestRules(t *testing.T) {
	p, err := parsePlan(testDoc)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		file  string
		kind  fileKind
		path  string
		wrong string // a part of what is said; "" if nothing is
	}{
		{"link/a.go", shipped, "thinnet/wire", ""},
		{"link/a.go", shipped, "net/netip", ""},
		{"thinnet.go", shipped, "thinnet/link/cable", ""},
		{"link/cable/a.go", shipped, "thinnet/link", ""},
		{"link/near/a.go", shipped, "thinnet/link", ""},
		{"link/a.go", shipped, "thinnet/link/near", "both on floor 1"},
		{"link/bridge/a.go", shipped, "thinnet/link/cable", "both on floor 2"},
		{"link/bridge/a_test.go", internalTest, "thinnet/link/cable", ""},
		{"wire/a.go", shipped, "thinnet/link", "want a small interface in wire"},
		{"wire/a_test.go", internalTest, "thinnet/link", "on floor 1 above it"},
		{"wire/a_test.go", externalTest, "thinnet", ""},
		{"lab/a.go", shipped, "thinnet", ""},
		{"link/a.go", shipped, "thinnet", "floor 6 above it"},
		{"link/a.go", shipped, "thinnet/nowhere", "does not list"},
		{"nowhere/a.go", shipped, "thinnet/lab", ""}, // the package itself is reported
		{"link/a.go", shipped, "thinnet/internal/rig", "beside the house"},
		{"link/a_test.go", internalTest, "thinnet/internal/rig", ""},
		{"internal/rig/a.go", shipped, "thinnet/lab", ""},
		{"internal/rig/a.go", shipped, "example.org/yaml", ""},
		{"link/a.go", shipped, "golang.org/x/sys/unix", ""},
		{"link/a.go", shipped, "golang.org/x/system", "want the standard library"},
		{"link/a.go", shipped, "golang.org/x/net", "want the standard library"},
		{"link/a.go", shipped, "example.org/yaml/ast", "from floor 8 on"},
		{"link/a_test.go", externalTest, "example.org/yaml/ast", "from floor 8 on"},
		{"service/http/a.go", shipped, "example.org/yaml", "from floor 8 on"},
		{"lab/a.go", shipped, "example.org/yaml/ast", ""},
		{"lab/a.go", shipped, "example.org/toml", "module that the table does not list"},
	} {
		got := p.check(use{file: c.file, path: c.path, kind: c.kind})
		if (got == "") != (c.wrong == "") || !strings.Contains(got, c.wrong) {
			t.Errorf("%s (kind %d) imports %s: got %q, want %q", c.file, c.kind, c.path, got, c.wrong)
		}
	}
}

func TestBadTables(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{"## The floors", "## Floors", "no heading"},
		{"| 0 | `wire`", "| ground | `wire`", "want a number"},
		{"| 0 | `wire`", "| 1 | `link`", "listed twice"},
		{"| 8 | `example", "| 6 | `example", "want only golang.org/x"},
	} {
		doc := strings.Replace(testDoc, c.old, c.new, 1)
		if _, err := parsePlan(doc); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q for %q: error %v, want one with %q", c.new, c.old, err, c.want)
		}
	}
}

func TestReadFile(t *testing.T) {
	for _, c := range []struct {
		name, src string
		want      use
	}{
		{"a/b_windows.go", "//go:build never\n\npackage a\n\nimport _ \"net\"\n", use{"a/b_windows.go", 5, "net", shipped}},
		{"a/b_test.go", "package a\n\nimport n \"net\"\n", use{"a/b_test.go", 3, "net", internalTest}},
		{"a/b_test.go", "package a_test\n\nimport (\n\t\"net\"\n)\n", use{"a/b_test.go", 4, "net", externalTest}},
	} {
		got, err := readFile(c.name, []byte(c.src))
		if err != nil || len(got) != 1 || got[0] != c.want {
			t.Errorf("%s: %+v, %v, want %+v", c.name, got, err, c.want)
		}
	}
}
