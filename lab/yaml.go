package lab

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Limits on a topology file. A lab of a thousand hosts takes 100 KiB; what is
// beyond is a mistake or an attack. Depth and line length also bound the YAML
// library, which recurses and takes quadratic time on some broken lines.
const (
	maxFileSize = 1 << 20 // bytes
	maxLine     = 4096    // bytes
	maxDepth    = 16      // lists and mappings within each other
	// The library's time and depth of recursion grow with the square of the
	// keys in one block mapping: 5792 of them use this up, in 0.2 s.
	maxKeyWork = 1 << 24
)

// value is a YAML value with its place. Scalars stay text: what a field holds,
// its reader decides, so that no version string turns into a number.
type value struct {
	pos    Pos
	kind   kind
	text   string  // of a scalar
	items  []value // of a list
	fields []field // of a mapping, in the order of the file
}

// field is one key of a mapping and what it holds.
type field struct {
	key   string
	pos   Pos // of the key
	value value
}

type kind uint8

const (
	null kind = iota
	scalar
	list
	mapping
)

func (k kind) String() string {
	return [...]string{"nothing", "a single value", "a list", "a mapping"}[k]
}

// readYAML returns the document in data, or reports why there is none.
func readYAML(data []byte, r *report) (value, bool) {
	if len(data) > maxFileSize {
		r.add(Pos{1, 1}, "the file has %d bytes; a topology has at most %d", len(data), maxFileSize)
		return value{}, false
	}
	data, ok := readText(data, r)
	if !ok {
		return value{}, false
	}
	// The library counts a carriage return as a line of its own.
	data = bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
	if !checkLines(data, r) {
		return value{}, false
	}
	tokens := lexer.Tokenize(string(data))
	if !checkTokens(tokens, r) {
		return value{}, false
	}
	file, err := parseTokens(tokens)
	if err != nil {
		var syntax yaml.Error
		if errors.As(err, &syntax) && syntax.GetToken() != nil {
			r.add(tokenPos(syntax.GetToken()), "%s%s", syntax.GetMessage(), hints[syntax.GetMessage()])
		} else {
			r.add(Pos{1, 1}, "%s", strings.SplitN(err.Error(), "\n", 2)[0])
		}
		return value{}, false
	}
	if len(file.Docs) > 1 && file.Docs[1].Body != nil {
		r.add(nodePos(file.Docs[1].Body), "a second YAML document; a topology is one")
		return value{}, false
	}
	if len(file.Docs) == 0 || file.Docs[0].Body == nil {
		return value{pos: Pos{1, 1}}, true
	}
	return convert(file.Docs[0].Body, 0, r), true
}

// readText returns the file as the library takes it: without the mark that some
// editors put before UTF-8.
func readText(data []byte, r *report) ([]byte, bool) {
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		r.add(Pos{1, 1}, "the file is UTF-16; save it as UTF-8")
		return nil, false
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	n := 0
	for line := range bytes.Lines(data) {
		if n++; !utf8.Valid(line) {
			r.add(Pos{n, 1}, "the line is not UTF-8; save the file as UTF-8")
			return nil, false
		}
	}
	return data, true
}

// hints help with what the library says of the mistakes that people make most.
var hints = map[string]string{
	"mapping value is not allowed in this context":     `; a text with ": " in it must be quoted, or stand in the lines below ">-"`,
	"value is not allowed in this context":             "; is it indented as its neighbours are, and each bracket closed once?",
	"unexpected key name":                              "; does the line lack a colon at its end?",
	"could not find flow map content":                  "; within { } there is a colon and a space behind each key",
	"found character '\t' that cannot start any token": "; indent with spaces",
}

func checkLines(data []byte, r *report) bool {
	n := 0
	for line := range bytes.Lines(data) {
		n++
		if len(line) > maxLine {
			r.add(Pos{n, 1}, "the line has %d bytes; at most %d are allowed", len(line), maxLine)
			return false
		}
	}
	return true
}

// checkTokens refuses, before anything recurses, what a topology has no use for.
func checkTokens(tokens token.Tokens, r *report) bool {
	depth := 0
	var keys keyWork
	for _, t := range tokens {
		switch t.Type {
		case token.MappingValueType:
			if depth == 0 && t.Prev != nil && keys.add(tokenPos(t.Prev).Col) > maxKeyWork {
				r.add(tokenPos(t.Prev), "too many keys")
				return false
			}
		case token.SequenceStartType, token.MappingStartType:
			if depth++; depth > maxDepth {
				r.add(tokenPos(t), "nested deeper than %d", maxDepth)
				return false
			}
		case token.SequenceEndType, token.MappingEndType:
			depth--
		case token.AnchorType, token.AliasType, token.MergeKeyType:
			r.add(tokenPos(t), "anchors, aliases and merge keys are not allowed; write the value out, or quote the text")
			return false
		case token.TagType, token.DirectiveType, token.MappingKeyType:
			r.add(tokenPos(t), "YAML tags, directives and \"? \" keys are not allowed; quote the text if it begins with %q", t.Value)
			return false
		}
	}
	return true
}

// keyWork sums, over all block mappings, half the square of the number of keys.
type keyWork struct {
	open []keyCount // mappings within each other
	sum  int
}

type keyCount struct{ col, n int }

// add counts a key that begins in a column.
func (k *keyWork) add(col int) int {
	for len(k.open) > 0 && k.open[len(k.open)-1].col > col {
		k.open = k.open[:len(k.open)-1]
	}
	if len(k.open) == 0 || k.open[len(k.open)-1].col < col {
		k.open = append(k.open, keyCount{col: col})
	}
	top := &k.open[len(k.open)-1]
	top.n++
	k.sum += top.n
	return k.sum
}

// parseTokens parses, and turns a panic of the library into an error: it has
// a history of them on broken input, and the input is anybody's.
func parseTokens(tokens token.Tokens) (f *ast.File, err error) {
	defer func() {
		if p := recover(); p != nil {
			f, err = nil, fmt.Errorf("not YAML: %v", p)
		}
	}()
	return parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
}

func tokenPos(t *token.Token) Pos {
	if t == nil || t.Position == nil {
		return Pos{1, 1}
	}
	return Pos{max(t.Position.Line, 1), max(t.Position.Column, 1)}
}

// nodePos returns where a node begins; a block mapping's own token is the
// first colon.
func nodePos(n ast.Node) Pos {
	switch n := n.(type) {
	case *ast.MappingNode:
		if !n.IsFlowStyle && len(n.Values) > 0 {
			return nodePos(n.Values[0].Key)
		}
	case *ast.MappingValueNode:
		return nodePos(n.Key)
	}
	return tokenPos(n.GetToken())
}

// convert makes a value of a node.
func convert(n ast.Node, depth int, r *report) value {
	v := value{pos: nodePos(n)}
	if depth > maxDepth {
		r.add(v.pos, "nested deeper than %d", maxDepth)
		return v
	}
	switch n := n.(type) {
	case *ast.NullNode:
	case *ast.LiteralNode:
		v.kind, v.text = scalar, n.Value.Value
	case *ast.StringNode:
		v.kind, v.text = scalar, n.Value
	case *ast.MappingNode:
		v.kind = mapping
		for _, e := range n.Values {
			v.fields = append(v.fields, convertField(e, depth, r))
		}
	case *ast.MappingValueNode:
		v.kind = mapping
		v.fields = []field{convertField(n, depth, r)}
	case *ast.SequenceNode:
		v.kind = list
		for _, e := range n.Values {
			item := convert(e, depth+1, r)
			if n.IsFlowStyle {
				item = rejoin(e, item)
			}
			v.items = append(v.items, item)
		}
	case ast.ScalarNode: // a number, a boolean: its text is enough
		v.kind, v.text = scalar, n.GetToken().Value
	default:
		r.add(v.pos, "unexpected YAML: %s", n.Type())
	}
	return v
}

func convertField(e *ast.MappingValueNode, depth int, r *report) field {
	return field{e.Key.GetToken().Value, nodePos(e.Key), convert(e.Value, depth+1, r)}
}

// rejoin undoes the library's reading of [a:x] as [{a: x}]. In YAML a colon
// with no space behind it is part of the text.
func rejoin(n ast.Node, v value) value {
	m, ok := n.(*ast.MappingNode)
	if !ok || m.IsFlowStyle && m.Start.Value == "{" || len(m.Values) != 1 || v.fields[0].value.kind != scalar {
		return v
	}
	f := v.fields[0]
	if colon := tokenPos(m.Values[0].Start); f.value.pos.Line != colon.Line || f.value.pos.Col != colon.Col+1 {
		return v
	}
	return value{pos: f.pos, kind: scalar, text: f.key + ":" + f.value.text}
}
