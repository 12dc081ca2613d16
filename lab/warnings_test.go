package lab

import (
	"strings"
	"testing"
)

// A loop of switches is told of, once for each link that closes one, and is no error.
func TestLoopWarnings(t *testing.T) {
	const nodes = `nodes:
  s1: {switch: {ports: 9}}
  s2: {switch: {ports: 9}}
  s3: {switch: {ports: 9}}
  a: {interfaces: {eth0: {}, eth1: {}}}
links:
`
	for _, tt := range []struct {
		name, links string
		want        []string
	}{
		{"a tree", "s1:1 -- s2:1|s2:2 -- s3:1", nil},
		{"a ring", "s1:1 -- s2:1|s2:2 -- s3:1|s3:2 -- s1:2", []string{"9:5: warning: s3:2 -- s1:2 closes a loop"}},
		{"two cables beside each other", "s1:1 -- s2:1|s1:2 -- s2:2|s1:3 -- s2:3", []string{"8:5: ", "9:5: "}},
		{"a switch with itself", "s1:1 -- s1:2", []string{"7:5: warning: s1:1 -- s1:2 closes a loop"}},
		{"by way of a host, which does not switch", "s1:1 -- s2:1|a:eth0 -- s1:2|a:eth1 -- s2:2", nil},
		{"out of this computer", "s1:1 -- tap:x0|s1:2 -- tap:x1", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			top, err := Parse("lab.yaml", []byte(nodes+"  - "+strings.ReplaceAll(tt.links, "|", "\n  - ")+"\n"))
			if err != nil {
				t.Fatal(err)
			}
			got := top.Warnings()
			if len(got) != len(tt.want) {
				t.Fatalf("%v, want %q", got, tt.want)
			}
			for i, want := range tt.want {
				if !strings.HasPrefix(got[i].String(), "lab.yaml:"+want) {
					t.Errorf("%v, want %q", got[i], want)
				}
			}
		})
	}
}
