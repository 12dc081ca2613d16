package lab

import "testing"

func TestDidYouMean(t *testing.T) {
	known := []string{"server", "client", "eth0", "ping", "a"}
	for got, want := range map[string]string{
		"srever": "server", "Client": "client", "eth1": "eth0", "pign": "ping", "sever": "server", "b": "", "": "", "tcpdump": "", "ens33": "",
	} {
		text := ""
		if want != "" {
			text = ` (did you mean "` + want + `"?)`
		}
		if s := didYouMean(got, known); s != text {
			t.Errorf("%q: %q, want %q", got, s, text)
		}
	}
}
