package socket

import (
	"strings"
	"testing"
)

func TestParsePort(t *testing.T) {
	for _, c := range []struct {
		service string
		port    uint16
		wrong   string // a part of what is said; "" if nothing is
	}{
		{"", 0, ""},
		{"0", 0, ""},
		{"65535", 65535, ""},
		{"http", 80, ""},
		{"HTTPS", 443, ""},
		{"domain", 53, ""},
		{"mqtt", 1883, ""},
		{"65536", 0, "invalid port"},
		{"-1", 0, "invalid port"},
		{"httpd", 0, `web:httpd: unknown port "httpd"`},
	} {
		port, err := parsePort(c.service, "web:"+c.service)
		if port != c.port || (err == nil) != (c.wrong == "") || err != nil && !strings.Contains(err.Error(), c.wrong) {
			t.Errorf("%q: %d, %v; want %d, %q", c.service, port, err, c.port, c.wrong)
		}
	}
}
