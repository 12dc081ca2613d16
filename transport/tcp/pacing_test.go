package tcp_test

import (
	"testing"

	"thinnet/internal/tcpscript"
	"thinnet/transport/tcp/congestion"
)

// metronome is an algorithm that sends at 100 kB/s, whatever happens.
type metronome struct{ congestion.Reno }

func (*metronome) Name() string { return "metronome" }

func (*metronome) OnAck(s *congestion.State, _ congestion.Ack) {
	s.PacingRate, s.Window = 100_000, 1<<20
}

func init() {
	congestion.RegisterMeasuring("metronome", func() congestion.Controller { return &metronome{} })
}

// What an algorithm that paces sends goes at its rate; what waits is no reason to
// forget timers, and an acknowledgement does not let it out earlier.
func TestPacing(t *testing.T) {
	script := `
set metronome
set notlp
established
write 1000
> P. 1:1001 ack 1
+10ms < . 1:1 ack 1001 win 65535
write 4000
> . 1001:2001 ack 1
+10ms > . 2001:3001 ack 1
+5ms < . 1:1 ack 2001 win 65535
+5ms > . 3001:4001 ack 1
+10ms > P. 4001:5001 ack 1
info PacingRate 100000
+10ms < . 1:1 ack 5001 win 65535
idle 1s
write 500
> P. 5001:5501 ack 1
write 500
+5ms > P. 5501:6001 ack 1
`
	if err := tcpscript.Run("pacing", script, tcpscript.Start{ISS: 1000, IRS: 2000}); err != nil {
		t.Error(err)
	}
}
