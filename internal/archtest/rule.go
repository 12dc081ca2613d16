package archtest

import (
	"fmt"
	"strings"
)

// module is the module's own path.
const module = "thinnet"

// check returns what is wrong with an import, and what would be right; "" if it
// is as the plan has it.
func (p *plan) check(u use) string {
	from, ok := p.packages[u.pkg()]
	if !ok {
		return "" // reported once, by missing
	}
	if dir, ok := ownPackage(u.path); ok {
		return p.checkOwn(u, from, dir)
	}
	return p.checkForeign(u, from)
}

// ownPackage returns the directory of a package of this module.
func ownPackage(importPath string) (dir string, ok bool) {
	if importPath == module {
		return ".", true
	}
	return strings.CutPrefix(importPath, module+"/")
}

// checkOwn judges the import of a package of the house.
func (p *plan) checkOwn(u use, from int, dir string) string {
	to, ok := p.packages[dir]
	switch {
	case !ok:
		return fmt.Sprintf("imports %s, which the table does not list", u.path)
	case from == beside:
		return "" // rigs and examples use the house from outside
	case to == beside:
		if u.kind != shipped {
			return ""
		}
		return fmt.Sprintf("imports %s, which stands beside the house: only test files may", u.path)
	case u.kind == externalTest:
		return "" // looks at its package from outside, as any user of the house
	case to < from:
		return ""
	case to == from && (u.kind == internalTest || nests(u.pkg(), dir)):
		return ""
	case to == from:
		return fmt.Sprintf("%s and %s are both on floor %d, and rooms of one floor do not import each other: "+
			"want what they share on a lower floor, or the meeting of the two on a higher one", u.pkg(), dir, to)
	}
	return fmt.Sprintf("%s is on floor %d and imports %s, on floor %d above it: "+
		"want a small interface in %[1]s for what it needs, that %[3]s implements", u.pkg(), from, dir, to)
}

// nests reports whether dir is a folder around pkg.
func nests(pkg, dir string) bool { return strings.HasPrefix(pkg, dir+"/") }

// checkForeign judges the import of the standard library or of another module.
func (p *plan) checkForeign(u use, from int) string {
	first, _, _ := strings.Cut(u.path, "/")
	if !strings.Contains(first, ".") {
		return "" // the standard library
	}
	lowest, ok := p.module(u.path)
	switch {
	case !ok && from < services && from != beside:
		return fmt.Sprintf("imports %s: below floor %d want the standard library, or a module of golang.org/x that the table lists", u.path, services)
	case !ok:
		return fmt.Sprintf("imports %s, of a module that the table does not list", u.path)
	case from < lowest && from != beside:
		return fmt.Sprintf("%s is on floor %d and imports %s, which the table allows from floor %d on", u.pkg(), from, u.path, lowest)
	}
	return ""
}
