package command

import (
	"strings"
	"testing"
)

// What the URLs and the names of their outputs are; and no pattern, however large, takes
// memory for what was not asked for yet.
func TestCurlGlob(t *testing.T) {
	for _, tt := range []struct{ url, want, name, named string }{
		{"a", "a", "#1", "#1"},
		{"a{b,c}[1-2]", "ab1 ab2 ac1 ac2", "#1-#2-#3-#0-#", "b-1-#3-#0-#"},
		{"[08-10]", "08 09 10", "x", "x"},
		{"[0-9:4]x", "0x 4x 8x", "", ""},
		{"[a-e:2]", "a c e", "", ""},
		{"{a,}b", "ab b", "", ""},
		{`\{a\}\[`, "{a}[", "", ""},
		{`{a\,b,c}`, "a,b c", "", ""},
		{"http://[::1]/[1-2]", "http://[::1]/1 http://[::1]/2", "", ""},
	} {
		g, err := parseCurlGlob(tt.url)
		if err != nil {
			t.Errorf("%s: %v", tt.url, err)
			continue
		}
		var all []string
		for u, words, ok := g.next(); ok; u, words, ok = g.next() {
			if len(all) == 0 && curlNamed(tt.name, words) != tt.named {
				t.Errorf("%s: %q is named %q, want %q", tt.url, tt.name, curlNamed(tt.name, words), tt.named)
			}
			all = append(all, u)
		}
		if got := strings.Join(all, " "); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.url, got, tt.want)
		}
	}
	g, err := parseCurlGlob("[0-1000000000000000000][0-1000000000000000000]")
	if err != nil {
		t.Fatal(err)
	}
	if u, _, ok := g.next(); u != "00" || !ok {
		t.Errorf("%q, %v", u, ok)
	}
}

func FuzzCurlGlob(f *testing.F) {
	for _, s := range []string{"a{b,c}[1-2]", "[01-10:3]", "[a-z]", `\{`, "{", "[", "http://[::1]/"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, url string) {
		g, err := parseCurlGlob(url)
		if err != nil {
			return
		}
		for range 100 {
			if _, words, ok := g.next(); !ok || len(words) != len(g.each) {
				return
			}
		}
	})
}
