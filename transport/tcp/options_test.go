package tcp_test

import (
	"fmt"
	"strings"
	"testing"

	"thinnet/internal/tcpscript"
)

// An option is used if both ends want it (RFC 7323, 2.2 and 3.2; RFC 2018, 2), in
// whatever mixture, whoever opens the connection.
func TestOptionsAgree(t *testing.T) {
	const ts, sack, scale = 1, 2, 4
	// on returns s if the option is among those wanted.
	on := func(wanted, option int, s string) string {
		if wanted&option != 0 {
			return s
		}
		return ""
	}
	for ours := range 8 {
		for peers := range 8 {
			both := ours & peers
			stamp := on(both, ts, "ts")
			if stamp == "" {
				stamp = "nots"
			}
			win := on(both, scale, "1024") + on(^both, scale, "65535")
			script := on(^ours, ts, "set nots\n") + on(^ours, sack, "set nosack\n") + on(^ours, scale, "set noscale\n")
			peer := "win 60000 mss 1000" + on(peers, ts, " ts 5/%d") + on(peers, sack, " sackok") + on(peers, scale, " scale 3")
			say := func(set int) string {
				return on(set, ts, " ts") + on(set, sack, " sackok") + on(set, scale, " scale 8")
			}
			ecr := func(format string, v int) string {
				return strings.ReplaceAll(format, "%d", fmt.Sprint(v))
			}
			in := on(both, ts, " ts 6/1000")
			active := script + fmt.Sprintf(`
				connect
				> S 0:0 win 65535 mss 1460%s
				+10ms < S. 0:0 ack 1 %s
				> . 1:1 ack 1 win %s %s
				state ESTABLISHED
				< . 101:201 ack 1 win 1000%s
				> . 1:1 ack 1 win %s %s%s
			`, say(ours), ecr(peer, 1000), win, stamp, in, win, stamp, on(both, sack, " sack 101:201"))
			passive := script + fmt.Sprintf(`
				listen
				< S 0:0 %s
				> S. 0:0 ack 1 win 65535 mss 1460%s
				+10ms < . 1:1 ack 1 win 1000%s
				state ESTABLISHED
				< . 101:201 ack 1 win 1000%s
				> . 1:1 ack 1 win %s %s%s
			`, ecr(peer, 0), say(both), in, in, win, stamp, on(both, sack, " sack 101:201"))
			for name, src := range map[string]string{"active": active, "passive": passive} {
				title := fmt.Sprintf("%s, ours %03b, peer's %03b", name, ours, peers)
				if err := tcpscript.Run(title, src, tcpscript.Start{ISS: 0xfffffff0, IRS: 5}); err != nil {
					t.Error(err)
				}
			}
		}
	}
}
