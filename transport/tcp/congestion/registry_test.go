package congestion

import (
	"slices"
	"strings"
	"testing"
)

func TestRegister(t *testing.T) {
	before := slices.Clone(registry)
	defer func() { registry = before }()
	Register("test", func() Controller { return &Reno{} })
	if got, want := Names(), []string{"cubic", "reno", "test"}; !slices.Equal(got, want) {
		t.Errorf("names %q, want %q", got, want)
	}
	if c, err := New("test"); err != nil || c.Name() != "reno" {
		t.Errorf("New: %v, %v", c, err)
	}
	if _, err := New("bbr9"); err == nil || !strings.Contains(err.Error(), "cubic or reno") {
		t.Errorf("an unknown name: %v, want an error that says which there are", err)
	}
	for _, name := range []string{"test", "", "sixteen-bytes-xx"} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%q was registered", name)
				}
			}()
			Register(name, func() Controller { return &Reno{} })
		}()
	}
}
