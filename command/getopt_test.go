package command

import (
	"reflect"
	"strings"
	"testing"
)

func TestGetopt(t *testing.T) {
	tests := []struct {
		args     string
		options  []option
		operands []string
		err      string
	}{
		{args: ""},
		{args: "a -n b", options: []option{{"n", ""}}, operands: []string{"a", "b"}},
		{args: "-nvr FILE x", options: []option{{"n", ""}, {"v", ""}, {"r", "FILE"}}, operands: []string{"x"}},
		{args: "-rFILE", options: []option{{"r", "FILE"}}},
		{args: "-n -- -v", options: []option{{"n", ""}}, operands: []string{"-v"}},
		{args: "- -n", options: []option{{"n", ""}}, operands: []string{"-"}},
		{args: "--count --file x", options: []option{{"count", ""}, {"file", "x"}}},
		{args: "--file=a=b --verbose", options: []option{{"file", "a=b"}, {"v", ""}}},
		{args: "-z", err: "invalid option -- 'z'"},
		{args: "-nz", err: "invalid option -- 'z'"},
		{args: "-:", err: "invalid option -- ':'"},
		{args: "-r", err: "option requires an argument -- 'r'"},
		{args: "--file", err: "option '--file' requires an argument"},
		{args: "--bogus", err: "unrecognized option '--bogus'"},
		{args: "--count=3", err: "unrecognized option '--count'"},
	}
	for _, tt := range tests {
		options, operands, err := getopt(strings.Fields(tt.args), "nvr:", "count", "file:", "verbose=v")
		message := ""
		if err != nil {
			message = err.Error()
		}
		if !reflect.DeepEqual(options, tt.options) || !reflect.DeepEqual(operands, tt.operands) || message != tt.err {
			t.Errorf("getopt(%q) = %v, %q, %q", tt.args, options, operands, message)
		}
	}
}
