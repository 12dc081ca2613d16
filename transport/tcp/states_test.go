package tcp_test

import (
	"fmt"
	"strings"
	"testing"

	"thinnet/internal/tcpscript"
)

// reach says how to come into a state, and what SND.NXT and RCV.NXT are then.
var reach = []struct {
	state         string
	script        string
	snd, una, rcv int
}{
	{"SYN-RECEIVED", "listen\n< S 0:0 win 65535 mss 1000\n> S. 0:0 ack 1 mss 1460", 1, 0, 1},
	{"ESTABLISHED", "established", 1, 1, 1},
	{"FIN-WAIT-1", "established\nshutdown\n> F. 1:1 ack 1", 2, 1, 1},
	{"FIN-WAIT-2", "established\nshutdown\n> F. 1:1 ack 1\n< . 1:1 ack 2 win 65535", 2, 2, 1},
	{"CLOSE-WAIT", "established\n< F. 1:1 ack 1 win 65535\n> . 1:1 ack 2", 1, 1, 2},
	{"CLOSING", "established\nshutdown\n> F. 1:1 ack 1\n< F. 1:1 ack 1 win 65535\n> . 2:2 ack 2", 2, 1, 2},
	{"LAST-ACK", "established\n< F. 1:1 ack 1 win 65535\n> . 1:1 ack 2\nshutdown\n> F. 1:1 ack 2", 2, 1, 2},
	{"TIME-WAIT", "established\nshutdown\n> F. 1:1 ack 1\n< F. 1:1 ack 2 win 65535\n> . 2:2 ack 2", 2, 2, 2},
}

// What each segment does in each state (RFC 9293, 3.10.7.4; RFC 5961; RFC 1337). In
// the scripts RCV, SND and UNA stand for RCV.NXT, SND.NXT and SND.UNA, with a number
// of 1 to 9 behind them added. "same" is a state that does not change.
func TestStatesAndSegments(t *testing.T) {
	const challenge = "> . SND:SND ack RCV\n"
	for _, tt := range []struct {
		name, segment  string
		answer         string            // in most states
		then           string            // in most states
		answers, thens map[string]string // in the others
	}{
		{name: "RST, exactly", segment: "R RCV:RCV", then: "CLOSED", thens: map[string]string{"TIME-WAIT": "same"}},
		{name: "RST in the window", segment: "R RCV1:RCV1", answer: challenge},
		{name: "RST before the window", segment: "R 0:0"},
		{name: "RST behind the window", segment: "R 70000:70000"},
		{name: "RST with text", segment: "R RCV:RCV9", then: "CLOSED", thens: map[string]string{"TIME-WAIT": "same"}},
		{name: "SYN, exactly", segment: "S RCV:RCV win 9", answer: challenge},
		{name: "SYN behind the window", segment: "S 70000:70000 win 9", answer: challenge,
			answers: map[string]string{"TIME-WAIT": "> S. 0:0 ack 1 mss 1460\n"}, thens: map[string]string{"TIME-WAIT": "SYN-RECEIVED"}},
		{name: "old SYN", segment: "S 0:0 win 9", answer: challenge,
			answers: map[string]string{"SYN-RECEIVED": "> S. 0:0 ack 1 mss 1460\n"}},
		{name: "no ACK", segment: "- RCV:RCV9 win 9"},
		{name: "FIN without ACK", segment: "F RCV:RCV win 9"},
		{name: "ACK of what was not sent", segment: ". RCV:RCV ack SND1 win 65535", answer: challenge,
			answers: map[string]string{"SYN-RECEIVED": "> R SND1:SND1\n"}},
		{name: "old ACK with text", segment: ". RCV:RCV9 ack 2000000000 win 65535", answer: challenge,
			answers: map[string]string{"SYN-RECEIVED": "> R 2000000000:2000000000\n"}},
		{name: "keepalive probe", segment: ". 0:0 ack UNA win 65535", answer: challenge},
		{name: "behind the window", segment: ". 70000:70009 ack UNA win 65535", answer: challenge},
		{name: "the same ACK", segment: ". RCV:RCV ack UNA win 65535",
			answers: map[string]string{"SYN-RECEIVED": "> R 0:0\n"}},
		{name: "ACK of all", segment: ". RCV:RCV ack SND win 65535", thens: map[string]string{
			"SYN-RECEIVED": "ESTABLISHED", "FIN-WAIT-1": "FIN-WAIT-2", "CLOSING": "TIME-WAIT", "LAST-ACK": "CLOSED"}},
		{name: "text", segment: "P. RCV:RCV9 ack SND win 65535", answers: map[string]string{
			"SYN-RECEIVED": "> . SND:SND ack RCV9\n", "ESTABLISHED": "> . SND:SND ack RCV9\n",
			"FIN-WAIT-1": "> . SND:SND ack RCV9\n", "FIN-WAIT-2": "> . SND:SND ack RCV9\n", "TIME-WAIT": challenge,
		}, thens: map[string]string{
			"SYN-RECEIVED": "ESTABLISHED", "FIN-WAIT-1": "FIN-WAIT-2", "CLOSING": "TIME-WAIT", "LAST-ACK": "CLOSED"}},
		{name: "FIN", segment: "F. RCV:RCV ack UNA win 65535", answers: map[string]string{
			"SYN-RECEIVED": "> R 0:0\n", "ESTABLISHED": "> . SND:SND ack RCV1\n",
			"FIN-WAIT-1": "> . SND:SND ack RCV1\n", "FIN-WAIT-2": "> . SND:SND ack RCV1\n", "TIME-WAIT": challenge,
		}, thens: map[string]string{"ESTABLISHED": "CLOSE-WAIT", "FIN-WAIT-1": "CLOSING", "FIN-WAIT-2": "TIME-WAIT"}},
		{name: "FIN with the ACK of all", segment: "F. RCV:RCV ack SND win 65535", answers: map[string]string{
			"SYN-RECEIVED": "> . SND:SND ack RCV1\n", "ESTABLISHED": "> . SND:SND ack RCV1\n",
			"FIN-WAIT-1": "> . SND:SND ack RCV1\n", "FIN-WAIT-2": "> . SND:SND ack RCV1\n", "TIME-WAIT": challenge,
		}, thens: map[string]string{
			"SYN-RECEIVED": "CLOSE-WAIT", "ESTABLISHED": "CLOSE-WAIT", "FIN-WAIT-1": "TIME-WAIT",
			"FIN-WAIT-2": "TIME-WAIT", "CLOSING": "TIME-WAIT", "LAST-ACK": "CLOSED"}},
	} {
		for _, r := range reach {
			answer, then := tt.answer, tt.then
			if a, ok := tt.answers[r.state]; ok {
				answer = a
			}
			if s, ok := tt.thens[r.state]; ok {
				then = s
			}
			if then == "" || then == "same" {
				then = r.state
			}
			more := fmt.Sprintf("< %s\n%sstate %s\n", tt.segment, answer, then)
			for k := 9; k >= 0; k-- {
				digit := ""
				if k > 0 {
					digit = fmt.Sprint(k)
				}
				for name, v := range map[string]int{"RCV": r.rcv, "SND": r.snd, "UNA": r.una} {
					more = strings.ReplaceAll(more, name+digit, fmt.Sprint(v+k))
				}
			}
			src := "listen\n" + r.script + "\nstate " + r.state + "\n" + more
			for _, start := range []tcpscript.Start{{ISS: 5, IRS: 9}, {ISS: 0xfffffffe, IRS: 0xffffffff}} {
				if err := tcpscript.Run(tt.name+" in "+r.state, src, start); err != nil {
					t.Error(err)
				}
			}
		}
	}
}
