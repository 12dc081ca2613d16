package flow

import (
	"strings"
	"testing"

	"thinnet/wire"
)

// Each line is a segment, who sent it, and the states after it.
func TestStates(t *testing.T) {
	flags := map[string]wire.TCPFlags{
		"S": wire.FlagSYN, "S.": wire.FlagSYN | wire.FlagACK, ".": wire.FlagACK, "F.": wire.FlagFIN | wire.FlagACK, "R": wire.FlagRST,
	}
	for name, script := range map[string]string{
		"A closes": `
			A S  SYN-SENT SYN-RECEIVED
			B S. ESTABLISHED SYN-RECEIVED
			A .  ESTABLISHED ESTABLISHED
			A F. FIN-WAIT-1 CLOSE-WAIT
			B .  FIN-WAIT-2 CLOSE-WAIT
			B F. TIME-WAIT LAST-ACK
			A .  TIME-WAIT CLOSED`,
		"both at once": `
			A S  SYN-SENT SYN-RECEIVED
			B S  SYN-RECEIVED SYN-RECEIVED
			A S. SYN-RECEIVED SYN-RECEIVED
			B .  ESTABLISHED SYN-RECEIVED
			A .  ESTABLISHED ESTABLISHED
			A F. FIN-WAIT-1 CLOSE-WAIT`,
		"refused": `
			A S  SYN-SENT SYN-RECEIVED
			B R  CLOSED CLOSED`,
		"B closes first, its beginning was not captured": `
			B .  ESTABLISHED ESTABLISHED
			B F. CLOSE-WAIT FIN-WAIT-1
			A F. LAST-ACK TIME-WAIT
			B .  CLOSED TIME-WAIT`,
		"the SYN is lost": `
			A S! SYN-SENT LISTEN
			A S  SYN-SENT SYN-RECEIVED
			A S  SYN-SENT SYN-RECEIVED retransmission`,
		"the answer comes first": `
			B S. ESTABLISHED SYN-RECEIVED
			A .  ESTABLISHED ESTABLISHED`,
	} {
		var s States
		next := [2]uint32{1000, 5000}
		isn := next
		for _, line := range strings.Split(strings.TrimSpace(script), "\n") {
			f := strings.Fields(line)
			from, src, dst := A, client, server
			if f[0] == "B" {
				from, src, dst = B, server, client
			}
			letters, lost := strings.CutSuffix(f[1], "!")
			fl := flags[letters]
			seq := next[from]
			if fl&wire.FlagSYN != 0 {
				seq = isn[from]
			}
			if fl&(wire.FlagSYN|wire.FlagFIN) != 0 {
				next[from] = seq + 1
			}
			kind := s.Step(parse(tcp(src, dst, fl, seq, next[from.Other()], "")), from, lost)
			if s.Ends[A].String() != f[2] || s.Ends[B].String() != f[3] {
				t.Errorf("%s, %s: %v, %v", name, strings.TrimSpace(line), s.Ends[A], s.Ends[B])
			}
			if again := len(f) > 4; again != (kind == Retransmitted) && !(fl&wire.FlagSYN != 0 && fl&wire.FlagACK != 0) {
				t.Errorf("%s, %s: kind %d", name, strings.TrimSpace(line), kind)
			}
		}
	}
}

func TestKinds(t *testing.T) {
	var s States
	for i, tt := range []struct {
		seq  uint32
		data string
		want Kind
	}{
		{100, "abcd", InOrder}, {104, "ef", InOrder}, {106, "", InOrder}, {105, "", KeepAlive}, {105, "f", KeepAlive},
		{104, "ef", Retransmitted}, {110, "k", AfterGap}, {106, "ghij", Retransmitted}, {111, "l", InOrder},
	} {
		if got := s.Step(parse(tcp(client, server, wire.FlagACK, tt.seq, 1, tt.data)), A, false); got != tt.want {
			t.Errorf("segment %d: kind %d, want %d", i, got, tt.want)
		}
	}
}
