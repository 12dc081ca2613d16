package tcp

import (
	"strings"
	"testing"
	"time"
)

func TestCheck(t *testing.T) {
	good := Settings{CongestionControl: "reno", QuickAck: -1, MaxSegment: 1000, MinRTO: time.Millisecond}
	for _, s := range []Settings{{}, good, *NewSettings(Settings{}), *NewSettings(good)} {
		if err := s.Check(); err != nil {
			t.Errorf("%+v: %v", s, err)
		}
	}
	for want, s := range map[string]Settings{
		`no congestion control "westwood": want cubic or `:                      {CongestionControl: "westwood"},
		"RcvBuf is 10: want 4096 to 67108864, or 0 for the default":             {RcvBuf: 10},
		"NotSentLowat is -1: want 1 to 2147483647, or 0 for the default":        {NotSentLowat: -1},
		"MaxRTO is 10ms: want 1s to 1h0m0s, or 0 for the default":               {MaxRTO: 10 * time.Millisecond},
		"KeepAlive.Interval is -1ns: want 1ms to 24h0m0s, or 0 for the default": {KeepAlive: KeepAlive{Interval: -1}},
		"MinRTO is 3s and MaxRTO 2s: want it no longer":                         {MinRTO: 3 * time.Second, MaxRTO: 2 * time.Second},
		"ECN is 9: want 0 to 2, or 0 for the default":                           {ECN: 9},
		"MTUProbing is 3: want 0 to 2, or 0 for the default":                    {MTUProbing: 3},
	} {
		if err := s.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
