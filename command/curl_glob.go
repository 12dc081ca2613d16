package command

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// curlGlob is a URL with sets and ranges in it: {a,b}, [1-10], [01-10:3], [a-z].
type curlGlob struct {
	texts []string // in front of the first pattern, between them, and behind the last
	each  []curlPattern
	at    []int64 // which word of each pattern is next; nil: none is
}

// curlPattern is a set or a range.
type curlPattern struct {
	words       []string // of a set
	first, step int64    // of a range
	digits      int      // its numbers have at least
	letters     bool     // they are letters
	count       int64
}

// word returns the nth word.
func (p *curlPattern) word(n int64) string {
	switch v := p.first + n*p.step; {
	case p.words != nil:
		return p.words[n]
	case p.letters:
		return string(rune(v))
	default:
		return fmt.Sprintf("%0*d", p.digits, v)
	}
}

// next returns the next URL and the words in it, until there are none. The last
// pattern is the quickest to change.
func (g *curlGlob) next() (url string, words []string, ok bool) {
	if g.at == nil {
		return "", nil, false
	}
	url = g.texts[0]
	for i := range g.each {
		w := g.each[i].word(g.at[i])
		words = append(words, w)
		url += w + g.texts[i+1]
	}
	for i := len(g.at) - 1; i >= 0; i-- {
		if g.at[i]++; g.at[i] < g.each[i].count {
			return url, words, true
		}
		g.at[i] = 0
	}
	g.at = nil
	return url, words, true
}

// curlNamed puts the words into the name of an output, for #1 and so on.
func curlNamed(name string, words []string) string {
	return curlNumbers.ReplaceAllStringFunc(name, func(s string) string {
		if n, err := strconv.Atoi(s[1:]); err == nil && n > 0 && n <= len(words) {
			return words[n-1]
		}
		return s
	})
}

var (
	curlNumbers     = regexp.MustCompile(`#[0-9]+`)
	curlIPv6        = regexp.MustCompile(`^\[(?:[0-9a-fA-F:.%]*:[0-9a-zA-Z:.%]*)?\]`) // or [], which is itself as well
	curlRangeBegin  = regexp.MustCompile(`^\[[0-9a-zA-Z]`)
	curlNumberRange = regexp.MustCompile(`^\[(\d+)-(\d+)(?::(\d+))?\]`)
	curlLetterRange = regexp.MustCompile(`^\[([a-zA-Z])-(\S)(?::(\d+))?\]`)
)

// parseCurlGlob takes a URL apart. The error has the place, as curl shows it.
func parseCurlGlob(url string) (*curlGlob, *curlError) {
	g := &curlGlob{at: []int64{}}
	var text strings.Builder
	wrong := func(what string, at int) *curlError {
		return &curlError{code: curlBadURL, message: fmt.Sprintf("%s in URL position %d:\n%s\n%*s", what, at+1, url, at+1, "^")}
	}
	for i := 0; i < len(url); {
		rest := url[i:]
		var p curlPattern
		size, what := 0, ""
		switch c := rest[0]; {
		case c == '\\' && len(rest) > 1 && strings.IndexByte("{}[]", rest[1]) >= 0:
			text.WriteByte(rest[1])
			i += 2
			continue
		case c == '}' || c == ']':
			return nil, wrong("unmatched close brace/bracket", i)
		case c == '{':
			p, size, what = curlSet(rest)
		case c == '[' && curlIPv6.MatchString(rest):
			size = len(curlIPv6.FindString(rest))
			text.WriteString(rest[:size])
			i += size
			continue
		case c == '[':
			p, size, what = curlRange(rest)
		default:
			text.WriteByte(c)
			i++
			continue
		}
		if what != "" {
			return nil, wrong(what, i+size)
		}
		g.texts, g.each, g.at = append(g.texts, text.String()), append(g.each, p), append(g.at, 0)
		text.Reset()
		i += size
	}
	g.texts = append(g.texts, text.String())
	return g, nil
}

// curlSet reads a set at the beginning of s, and says how long it is, or what is wrong
// with it, and where.
func curlSet(s string) (p curlPattern, size int, wrong string) {
	var word strings.Builder
	for i := 1; i < len(s); i++ {
		switch c := s[i]; c {
		case '\\':
			if i+1 < len(s) {
				i++
				word.WriteByte(s[i])
			}
		case '{', '[':
			return p, i, "nested brace"
		case ']':
			return p, i, "unexpected close bracket"
		case ',', '}':
			if i == 1 && c == '}' {
				return p, i, "empty string within braces"
			}
			p.words = append(p.words, word.String())
			word.Reset()
			if c == '}' {
				p.count = int64(len(p.words))
				return p, i + 1, ""
			}
		default:
			word.WriteByte(c)
		}
	}
	return p, 0, "unmatched brace"
}

// curlRange reads a range at the beginning of s, and says how long it is, or what is
// wrong with it, and where.
func curlRange(s string) (p curlPattern, size int, wrong string) {
	const bad = "bad range"
	var last int64
	var err error
	f := curlNumberRange.FindStringSubmatch(s)
	if f != nil {
		p.first, err = strconv.ParseInt(f[1], 10, 62)
		if err == nil {
			last, err = strconv.ParseInt(f[2], 10, 62)
		}
		if err != nil {
			return p, strings.IndexByte(s, '-') + 1, bad
		}
		if f[1][0] == '0' {
			p.digits = len(f[1])
		}
	} else if f = curlLetterRange.FindStringSubmatch(s); f != nil {
		p.first, last, p.letters = int64(f[1][0]), int64(f[2][0]), true
	} else if !curlRangeBegin.MatchString(s) {
		return p, 1, "bad range specification"
	} else {
		digits := 1
		for digits < len(s) && s[digits] >= '0' && s[digits] <= '9' {
			digits++
		}
		if digits > 1 && digits < len(s) && s[digits] == '-' {
			return p, digits + 1, bad
		}
		return p, 1, bad
	}
	p.step = 1
	if f[3] != "" {
		if p.step, err = strconv.ParseInt(f[3], 10, 31); err != nil {
			return p, len(f[0]), bad
		}
	}
	if p.step == 0 || last < p.first || p.step > max(last-p.first, 1) {
		return p, len(f[0]), bad
	}
	p.count = (last-p.first)/p.step + 1
	return p, len(f[0]), ""
}
