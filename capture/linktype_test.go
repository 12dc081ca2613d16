package capture

import "testing"

func TestLinkTypeNames(t *testing.T) {
	for _, l := range linkTypes {
		for _, name := range []string{l.name, "DLT_" + l.name} {
			if got, err := ParseLinkType(name); err != nil || got != l.value {
				t.Errorf("ParseLinkType(%q) = %v, %v; want %v", name, got, err, l.value)
			}
		}
		if l.value.String() != l.name || l.value.Description() != l.description {
			t.Errorf("link type %d is named %q, %q", l.value, l.value, l.value.Description())
		}
	}
	if got, err := ParseLinkType("en10mb"); err != nil || got != LinkTypeEthernet {
		t.Errorf("lower case: %v, %v", got, err)
	}
	if _, err := ParseLinkType("TOKEN"); err == nil {
		t.Error("an unknown name was taken")
	}
	if s := LinkType(999).String(); s != "999" {
		t.Errorf("a link type without a name is %q", s)
	}
}
