package command

import (
	"bytes"
	"net/url"
	"strings"
	"testing"
	"time"
)

// Who is told a cookie, and who may set it (RFC 6265, sections 5.1 and 5.3).
func TestCurlCookies(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	tests := []struct{ from, set, to, told string }{
		{"http://a.org/x/y", "k=v", "http://a.org/x/z", "k=v"},
		{"http://a.org/x/y", "k=v", "http://a.org/x", "k=v"},
		{"http://a.org/x/y", "k=v", "http://a.org/xz", ""},
		{"http://a.org/x/y", "k=v; Path=/", "http://A.ORG:8080/z", "k=v"},
		{"http://a.org/", "k=v", "http://b.a.org/", ""},
		{"http://a.org/", "k=v; Domain=a.org", "http://b.a.org/", "k=v"},
		{"http://b.a.org/", "k=v; Domain=.a.org", "http://c.a.org/", "k=v"},
		{"http://b.a.org/", "k=v; Domain=a.org", "http://ba.org/", ""},
		{"http://a.org/", "k=v; Domain=b.a.org", "http://b.a.org/", ""},
		{"http://a.org/", "k=v; Domain=org", "http://a.org/", ""},
		{"http://a.org/", "k=v; Domain=other.org", "http://other.org/", ""},
		{"http://10.0.0.1/", "k=v; Domain=0.0.1", "http://2.0.0.1/", ""},
		{"http://a.org/", "k=v; Secure", "https://a.org/", ""},
		{"https://a.org/", "k=v; Secure", "http://a.org/", ""},
		{"https://a.org/", "k=v; Secure", "https://a.org/", "k=v"},
		{"http://a.org/", "k=v; Max-Age=1", "http://a.org/", "k=v"},
		{"http://a.org/", "k=v; Max-Age=0", "http://a.org/", ""},
		{"http://a.org/", "k=v; Expires=Thu, 01 Jan 1970 00:00:01 GMT", "http://a.org/", ""},
		{"http://a.org/", "k=v; Max-Age=99999999999999999999", "http://a.org/", "k=v"},
		{"http://a.org/", "k=" + strings.Repeat("v", curlMaxCookie), "http://a.org/", ""},
		{"http://a.org/", "nonsense", "http://a.org/", ""},
	}
	for _, tt := range tests {
		from, _ := url.Parse(tt.from)
		to, _ := url.Parse(tt.to)
		var j curlCookies
		j.set(tt.set, from, now)
		if got := j.header(to, now); got != tt.told {
			t.Errorf("%.60s from %s: %s is told %q, want %q", tt.set, tt.from, tt.to, got, tt.told)
		}
		// From one run to the next they are the same.
		var again curlCookies
		again.read(j.text(), false, now)
		if got := again.header(to, now); got != tt.told {
			t.Errorf("%.60s from %s, out of a file: %s is told %q, want %q", tt.set, tt.from, tt.to, got, tt.told)
		}
	}
}

// A server that sets cookies for ever fills neither the memory nor the next request.
func TestCurlManyCookies(t *testing.T) {
	u, _ := url.Parse("http://a.org/")
	var j curlCookies
	for i := range 2 * curlMaxCookies {
		j.set(strings.Repeat("x", i%50+1)+string(rune('0'+i%10))+"="+strings.Repeat("v", i%1000), u, time.Unix(1, 0))
	}
	if len(j.list) > curlMaxCookies {
		t.Errorf("%d cookies are kept", len(j.list))
	}
	if h := j.header(u, time.Unix(1, 0)); len(h) > curlMaxCookieHeader {
		t.Errorf("%d bytes of cookies are sent", len(h))
	}
}

func FuzzCurlCookies(f *testing.F) {
	f.Add("k=v; Path=/; Domain=a.org; Max-Age=5", "a.org\tTRUE\t/\tFALSE\t0\tk\tv\n")
	f.Add(`k="a b"; Secure; HttpOnly`, curlHTTPOnly+"a.org\tFALSE\t/\tTRUE\t4070908800\tk\n")
	f.Fuzz(func(t *testing.T, set, file string) {
		now := time.Unix(1_000_000, 0)
		u, _ := url.Parse("https://b.a.org/x/y")
		var j, again curlCookies
		j.read([]byte(file), false, now)
		j.set(set, u, now)
		if h := j.header(u, now); strings.ContainsAny(h, "\r\n") {
			t.Errorf("%q and %q make the header %q", set, file, h)
		}
		again.read(j.text(), false, now)
		if want, got := j.header(u, now), again.header(u, now); len(want) != len(got) {
			t.Errorf("%q and %q: told %q, and out of a file %q", set, file, want, got)
		}
		if !bytes.HasPrefix(j.text(), []byte(curlJarHead)) {
			t.Errorf("%q", j.text())
		}
	})
}
