package lab

import (
	"bytes"
	"testing"

	"thinnet/service/http"
)

// crowded is a server that had too many connections.
type crowded struct{ *http.Server }

func (crowded) TurnedAway() uint64 { return 3 }

// A lab says at its end which services have turned clients away.
func TestTurnedAway(t *testing.T) {
	const file = "nodes:\n  server:\n    interfaces: {eth0: 10.0.0.1/24}\n    services: [echo, http]\n"
	inLab(t, file, func(t *testing.T, l *Lab) {
		var out bytes.Buffer
		l.NewSession(SessionOptions{Stdout: &out, Stderr: &out}).Close()
		if out.Len() > 0 {
			t.Errorf("nobody was turned away, and it says %q", out.String())
		}
		web := &l.services[1]
		web.server = crowded{web.server.(*http.Server)}
		l.NewSession(SessionOptions{Stdout: &out, Stderr: &out}).Close()
		const want = "server: http on port 80: 3 connections were turned away: there were 16384 already\n"
		if out.String() != want {
			t.Errorf("it says %q, want %q", out.String(), want)
		}
	})
}
