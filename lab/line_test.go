package lab

import (
	"reflect"
	"strings"
	"testing"
)

func TestParseLine(t *testing.T) {
	tests := []struct {
		in         string
		args       []string
		background bool
		mayFail    bool
	}{
		{in: "", args: nil},
		{in: "  # a comment", args: nil},
		{in: "ping -c 3 10.0.0.1", args: []string{"ping", "-c", "3", "10.0.0.1"}},
		{in: "tcpdump -i ens33 port 80 &", args: []string{"tcpdump", "-i", "ens33", "port", "80"}, background: true},
		{in: "tcpdump&", args: []string{"tcpdump"}, background: true},
		{in: "ping a || true", args: []string{"ping", "a"}, mayFail: true},
		{in: "ping a || true &", args: []string{"ping", "a"}, mayFail: true, background: true},
		{in: `curl -H 'Accept: text/html, "x"' u`, args: []string{"curl", "-H", `Accept: text/html, "x"`, "u"}},
		{in: `a "b 'c' \" \\ \n" d\ e f''g ''`, args: []string{"a", `b 'c' " \ \n`, "d e", "fg", ""}},
		{in: `tcpdump 'tcp[13] & 2 != 0'`, args: []string{"tcpdump", "tcp[13] & 2 != 0"}},
		{in: "a b#c #d", args: []string{"a", "b#c"}},
		{in: "a\tb\n c", args: []string{"a", "b", "c"}},
	}
	for _, tt := range tests {
		l, err := ParseLine(tt.in)
		if err != nil || !reflect.DeepEqual(l.Args, tt.args) || l.Background != tt.background || l.MayFail != tt.mayFail {
			t.Errorf("ParseLine(%q) = %+v, %v", tt.in, l, err)
		}
	}
}

func TestParseLineErrors(t *testing.T) {
	tests := []struct {
		in, message string
		offset      int
	}{
		{"a 'b", "no closing '", 2},
		{`é "b`, `no closing "`, 2},
		{`a \`, "backslash", 2},
		{"a | b", `"|"`, 2},
		{"a > b", `">"`, 2},
		{"a && b", `"&&"`, 2},
		{"a & b", `"&"`, 2},
		{"a || b", `"||"`, 2},
		{"a; b", `";"`, 1},
		{"curl http://a/?b=1&c=2", `"&"`, 18},
		{"&", "no command", 0},
		{"a & &", `"&"`, 2},
	}
	for _, tt := range tests {
		_, err := ParseLine(tt.in)
		e, ok := err.(*LineError)
		if !ok || !strings.Contains(e.Message, tt.message) || e.Offset != tt.offset {
			t.Errorf("ParseLine(%q): %#v, want %q at %d", tt.in, err, tt.message, tt.offset)
		}
	}
}

func FuzzParseLine(f *testing.F) {
	f.Add("curl -H 'a: b' http://x/ &")
	f.Add(`a "b\"c" || true`)
	f.Add(`a \ `)
	f.Fuzz(func(t *testing.T, s string) {
		l, err := ParseLine(s)
		if e, ok := err.(*LineError); ok && (e.Offset < 0 || e.Offset > len([]rune(s))) {
			t.Errorf("offset %d in %q", e.Offset, s)
		}
		if err == nil && len(l.Args) > 0 {
			if again, err := ParseLine(l.Text); err != nil || !reflect.DeepEqual(again.Args, l.Args) {
				t.Errorf("%q: its text %q is %q, %v, not %q", s, l.Text, again.Args, err, l.Args)
			}
		}
	})
}
