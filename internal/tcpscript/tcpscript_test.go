package tcpscript

import (
	"errors"
	"strings"
	"testing"
)

const handshake = `
set nots
connect
> S 0:0 win 65535 mss 1460 sackok scale 8   # the SYN
+10ms < S. 0:0 ack 1 win 30000 mss 1000
> . 1:1 ack 1
`

// A script fails where it is wrong, and says so.
func TestRun(t *testing.T) {
	for _, tt := range []struct{ name, src, want string }{
		{"passes", handshake + "state ESTABLISHED\nsrtt 10ms", ""},
		{"a segment too much", "connect\n+1ms close", "2: was sent and not expected"},
		{"state", handshake + "state CLOSED", "7: state: got ESTABLISHED, want CLOSED"},
		{"option", strings.Replace(handshake, "scale 8", "scale 7", 1), "4: got  > S 0:0 win 65535 mss 1460 sackok scale 8, want"},
		{"nothing sent", handshake + "> . 1:1 ack 1", "7: nothing was sent"},
		{"too late", handshake + "write 10\n+1ms > P. 1:11 ack 1", "8: was sent and not expected"},
		{"too early", handshake + "write 10\n> P. 1:11 ack 1\n+100ms > P. 1:11 ack 1", "9: nothing was sent"},
		{"at the end", handshake + "write 10", "7: at the end: was sent and not expected:  > P. 1:11"},
		{"no time", "+soon connect", "1: \"+soon connect\""},
		{"no verb", "# why\n\nfrob", `3: "frob" is no call`},
		{"no flag", "< X 0:0", "1: flag 'X'"},
		{"ack without flag", "< S 0:0 ack 1", `1: want "ack N"`},
		{"no counter", "count Lost 1", `1: no counter`},
		{"no setting", "set fast 1", `1: no setting`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := Run("x", tt.src, Start{ISS: 0xffffffff, IRS: 7})
			if tt.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			var e *Error
			if !errors.As(err, &e) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}
