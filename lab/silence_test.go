package lab

import (
	"bytes"
	"fmt"
	"io"
	"testing"
	"time"
)

// Whoever says half of something and then nothing is hung up on, by every service that
// waits for the rest, and holds nobody else up.
func TestSilence(t *testing.T) {
	const nodes = `
nodes:
  a: {interfaces: {eth0: 10.0.0.1/24}}
  b:
    interfaces: {eth0: 10.0.0.2/24}
    services:
      - http: {pages: {/: hello}}
      - http: {tls: true, pages: {/: hello}}
      - mqtt: {keepalive: 10s}
      - websocket: {port: 8080}
links:
  - {ends: a:eth0 -- b:eth0, delay: 5ms}
`
	tests := []struct {
		name, says, beside string
		port               int
		within             time.Duration
	}{
		{"http", "GET / HT", "curl -sS http://b/", 80, 11 * time.Second},
		{"http body", "POST / HTTP/1.1\r\nHost: b\r\nContent-Length: 9\r\n\r\nabc", "curl -sS http://b/", 80, 31 * time.Second},
		{"https", "\x16\x03\x01\x02\x00\x01", "curl -sSk https://b/", 443, 11 * time.Second},
		{"http2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x12\x04", "curl -sS --http2-prior-knowledge http://b/", 80, 130 * time.Second},
		{"mqtt", "\x10\x20\x00\x04MQ", "mqtt pub -h b -t x -m y", 1883, 11 * time.Second},
		{"mqtt message", "\x10\x0e\x00\x04MQTT\x05\x02\x00\x00\x00\x00\x01x\x30\x20\x00\x05hal", "mqtt pub -h b -t x -m y", 1883, 16 * time.Second},
		{"websocket", "GET / HTTP/1.1\r\nUpgr", "ws -q 0 ws://b:8080/", 8080, 31 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inLab(t, nodes+fmt.Sprintf("steps: [{a: %q}]", tt.beside), func(t *testing.T, l *Lab) {
				c, err := l.Network().Hosts()[0].Dial("tcp", fmt.Sprintf("10.0.0.2:%d", tt.port))
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				io.WriteString(c, tt.says)
				start := time.Now()
				var screen bytes.Buffer
				if code := l.NewSession(SessionOptions{Stdout: &screen, Stderr: &screen}).Run(t.Context()); code != 0 || time.Since(start) > time.Second {
					t.Errorf("beside it: exit code %d after %v\n%s", code, time.Since(start), screen.String())
				}
				_ = c.SetReadDeadline(start.Add(time.Hour))
				_, _ = io.Copy(io.Discard, c)
				if took := time.Since(start); took > tt.within {
					t.Errorf("hung up on after %v, want %v", took, tt.within)
				}
			})
		})
	}
}
