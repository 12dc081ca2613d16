package archtest

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
)

// use is one import in one file.
type use struct {
	file string // slash-separated, from the module's root
	line int
	path string
	kind fileKind
}

// pkg returns the directory of the file that imports.
func (u use) pkg() string { return path.Dir(u.file) }

// fileKind says whose eyes a file has.
type fileKind uint8

const (
	shipped      fileKind = iota // compiled into the package
	internalTest                 // a test inside the package
	externalTest                 // a test in package x_test
)

// readModule returns the imports of every Go file of the module at root, and the
// directories that have any.
func readModule(root string) (uses []use, dirs map[string]bool, err error) {
	dirs = make(map[string]bool)
	err = filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != root && !inModule(name):
			return filepath.SkipDir
		case d.IsDir() || filepath.Ext(name) != ".go":
			return nil
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		src, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		found, err := readFile(filepath.ToSlash(rel), src)
		dirs[path.Dir(filepath.ToSlash(rel))] = true
		uses = append(uses, found...)
		return err
	})
	return uses, dirs, err
}

// inModule reports whether the go command looks into a directory: not into
// another module, nor where the name says so.
func inModule(dir string) bool {
	base := filepath.Base(dir)
	if base[0] == '.' || base[0] == '_' || base == "testdata" || base == "vendor" {
		return false
	}
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	return err != nil
}

// readFile returns the imports of one file.
func readFile(name string, src []byte) ([]use, error) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, name, src, parser.ImportsOnly)
	if err != nil {
		return nil, err
	}
	kind := shipped
	if strings.HasSuffix(name, "_test.go") {
		kind = internalTest
		if strings.HasSuffix(f.Name.Name, "_test") {
			kind = externalTest
		}
	}
	var uses []use
	for _, i := range f.Imports {
		imported, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			return nil, err
		}
		uses = append(uses, use{file: name, line: fset.Position(i.Pos()).Line, path: imported, kind: kind})
	}
	return uses, nil
}
