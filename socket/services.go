package socket

// services are ports by the names of their services, as IANA assigns them (Service Name
// and Transport Protocol Port Number Registry): those that package net knows without a
// file, and those that a host of a lab may have. The computer's own list is not asked,
// so that a host understands the same names on every one.
var services = [...]struct {
	name string
	port uint16
}{
	{"chargen", 19}, {"daytime", 13}, {"discard", 9}, {"domain", 53}, {"echo", 7}, {"ftp", 21},
	{"ftps", 990}, {"gopher", 70}, {"http", 80}, {"https", 443}, {"imap", 143}, {"imap2", 143},
	{"imap3", 220}, {"imaps", 993}, {"mqtt", 1883}, {"ntp", 123}, {"pop3", 110}, {"pop3s", 995},
	{"secure-mqtt", 8883}, {"smtp", 25}, {"ssh", 22}, {"submissions", 465}, {"telnet", 23},
}

// servicePort returns the port of a service, whose name may be in capitals.
func servicePort(name string) (port uint16, ok bool) {
	for _, s := range services {
		if s.name == lower(name) {
			return s.port, true
		}
	}
	return 0, false
}

// lower returns s in small letters, which in a service's name are ASCII (RFC 6335, section
// 5.1): package unicode's are 12 KB of a program.
func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}
