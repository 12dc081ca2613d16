package getopt

import (
	"reflect"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	tests := []struct {
		args     string
		options  []Option
		operands []string
		err      string
	}{
		{args: ""},
		{args: "a -n b", options: []Option{{"n", ""}}, operands: []string{"a", "b"}},
		{args: "-nvr FILE x", options: []Option{{"n", ""}, {"v", ""}, {"r", "FILE"}}, operands: []string{"x"}},
		{args: "-rFILE", options: []Option{{"r", "FILE"}}},
		{args: "-n -- -v", options: []Option{{"n", ""}}, operands: []string{"-v"}},
		{args: "- -n", options: []Option{{"n", ""}}, operands: []string{"-"}},
		{args: "--count --file x", options: []Option{{"count", ""}, {"file", "x"}}},
		{args: "--file=a=b --verbose", options: []Option{{"file", "a=b"}, {"v", ""}}},
		{args: "-z", err: "invalid option -- 'z'"},
		{args: "-nz", err: "invalid option -- 'z'"},
		{args: "-:", err: "invalid option -- ':'"},
		{args: "-r", err: "option requires an argument -- 'r'"},
		{args: "--file", err: "option '--file' requires an argument"},
		{args: "--bogus", err: "unrecognized option '--bogus'"},
		{args: "--count=3", err: "option '--count' doesn't allow an argument"},
		{args: "--cou --fi x --verb", options: []Option{{"count", ""}, {"file", "x"}, {"v", ""}}},
		{args: "--cou=3", err: "option '--count' doesn't allow an argument"},
		{args: "--fi", err: "option '--file' requires an argument"},
		{args: "--co", err: "option '--co' is ambiguous; possibilities: '--count' '--colour'"},
		{args: "--verbo", options: []Option{{"v", ""}}},
		{args: "--colour x --colour=y", options: []Option{{"colour", ""}, {"colour", "y"}}, operands: []string{"x"}},
	}
	for _, tt := range tests {
		options, operands, err := Parse(strings.Fields(tt.args), "nvr:", "count", "file:", "verbose=v", "verbosity=v", "colour::")
		message := ""
		if err != nil {
			message = err.Error()
		}
		if !reflect.DeepEqual(options, tt.options) || !reflect.DeepEqual(operands, tt.operands) || message != tt.err {
			t.Errorf("Parse(%q) = %v, %q, %q", tt.args, options, operands, message)
		}
	}
}
