package tcpscript

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// peerRTT is how far the peer of "established" and "accepted" is.
const peerRTT = 10 * time.Millisecond

// handshake opens a connection without loss. words say what the peer's SYN has.
func (r *runner) handshake(words []string, active bool) error {
	if len(words) == 0 {
		words = strings.Fields("win 65535 mss 1000")
	}
	args, ts := "", uint32(0)
	hasTS := false
	for i := 0; i < len(words); i++ {
		if words[i] == "ts" && i+1 < len(words) {
			if _, err := fmt.Sscan(words[i+1], &ts); err != nil {
				return err
			}
			hasTS = true
			i++
			continue
		}
		args += " " + words[i]
	}
	stamp := func(val, ecr uint32) string {
		if !hasTS {
			return ""
		}
		return fmt.Sprintf(" ts %d/%d", val, ecr)
	}
	first := uint32(time.Duration(r.now) / time.Millisecond) // the machine's timestamp
	if active {
		r.setup()
		r.conn.Open(r.now, &r.config)
		r.output()
		return errors.Join(
			r.forget(1), r.advance(peerRTT),
			r.play("S. 0:0 ack 1"+args+stamp(ts, first)), r.forget(1))
	}
	r.listening = true
	err := errors.Join(
		r.play("S 0:0"+args+stamp(ts, 0)), r.forget(1), r.advance(peerRTT))
	win := ""
	if s, e := parseSegment(strings.Fields("S 0:0" + args)); e == nil {
		win = fmt.Sprintf(" win %d", s.win>>min(s.options.WindowScale, 14))
	}
	return errors.Join(err, r.play(". 1:1 ack 1"+win+stamp(ts+uint32(peerRTT/time.Millisecond), first)), r.quiet())
}

// play injects a segment.
func (r *runner) play(text string) error {
	s, err := parseSegment(strings.Fields(text))
	if err != nil {
		return err
	}
	return r.inject(s, true)
}

// forget expects n segments, whatever they are.
func (r *runner) forget(n int) error {
	err := equal("segments sent", len(r.sent), n)
	r.sent = nil
	return err
}
