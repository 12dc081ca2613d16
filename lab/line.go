package lab

import (
	"fmt"
	"strings"
	"unicode"
)

// Line is one command line, as a step or the prompt has it. It is a shell's in
// quotes and backslashes, in & behind a command, and in || true; a lab has no
// pipes, redirections or variables.
type Line struct {
	Text       string   // without & and || true, and without a comment
	Args       []string // the name of the command and its arguments
	Background bool     // it ended in &
	MayFail    bool     // it ended in || true
}

// A LineError says what is wrong with a command line.
type LineError struct {
	Offset  int // in characters from the start
	Message string
}

// Error returns the message.
func (e *LineError) Error() string { return e.Message }

// ParseLine splits a command line as a POSIX shell would (2.2 Quoting). A line
// of nothing but blanks and a comment has no Args. The error is a *[LineError].
func ParseLine(s string) (Line, error) {
	words, err := split(s)
	if err != nil {
		return Line{}, err
	}
	var l Line
	end := len([]rune(s))
	if n := len(words); n > 0 && words[n-1].operator == "&" {
		end = words[n-1].at
		words, l.Background = words[:n-1], true
	}
	if n := len(words); n > 1 && words[n-2].operator == "||" && words[n-1].text == "true" {
		end = words[n-2].at
		words, l.MayFail = words[:n-2], true
	}
	for _, w := range words {
		if w.operator != "" {
			return Line{}, &LineError{w.at, fmt.Sprintf(
				"%q in a command line: one line is one command; quote what belongs to an argument", w.operator)}
		}
		l.Args = append(l.Args, w.text)
	}
	if len(l.Args) == 0 && (l.Background || l.MayFail) {
		return Line{}, &LineError{end, "no command"}
	}
	if n := len(words); n > 0 {
		l.Text = string([]rune(s)[words[0].at:words[n-1].end])
	}
	return l, nil
}

// word is an argument, or an operator.
type word struct {
	at, end        int // in characters
	text, operator string
}

func split(line string) ([]word, error) {
	var (
		words  []word
		text   strings.Builder
		inWord bool
		at     int
	)
	s := []rune(line)
	finish := func(end int) {
		if inWord {
			words = append(words, word{at: at, end: end, text: text.String()})
			text.Reset()
			inWord = false
		}
	}
	begin := func(i int) {
		if !inWord {
			at, inWord = i, true
		}
	}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case unicode.IsSpace(c):
			finish(i)
		case c == '#' && !inWord:
			return words, nil
		case strings.ContainsRune("|&;<>", c):
			finish(i)
			op := string(c)
			if i+1 < len(s) && s[i+1] == c {
				op += string(c)
				i++
			}
			words = append(words, word{at: i + 1 - len(op), operator: op})
		case c == '\\':
			begin(i)
			if i++; i == len(s) {
				return nil, &LineError{i - 1, "a backslash with nothing behind it"}
			}
			text.WriteRune(s[i])
		case c == '\'' || c == '"':
			begin(i)
			quoted, end, ok := unquote(s, i)
			if !ok {
				return nil, &LineError{i, fmt.Sprintf("no closing %c", c)}
			}
			text.WriteString(quoted)
			i = end
		default:
			begin(i)
			text.WriteRune(c)
		}
	}
	finish(len(s))
	return words, nil
}

// unquote reads the quotation that begins at s[i] and returns where it ends.
func unquote(s []rune, i int) (text string, end int, ok bool) {
	var b strings.Builder
	quote := s[i]
	for i++; i < len(s); i++ {
		switch c := s[i]; {
		case c == quote:
			return b.String(), i, true
		case c == '\\' && quote == '"' && i+1 < len(s) && strings.ContainsRune(`"\$`+"`", s[i+1]):
			i++
			b.WriteRune(s[i])
		default:
			b.WriteRune(c)
		}
	}
	return "", 0, false
}
