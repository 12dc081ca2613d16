package mqtt_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"thinnet"
	"thinnet/service/mqtt"
)

// helloFive is a CONNECT of MQTT 5 with a clean start and a keep alive in seconds.
func helloFive(keepAlive uint16) string {
	b := binary.BigEndian.AppendUint16([]byte("\x10\x0e\x00\x04MQTT\x05\x02"), keepAlive)
	return string(append(b, "\x00\x00\x01x"...))
}

// A client that the broker hangs up on learns why, though it was still sending.
func TestReasonIsRead(t *testing.T) {
	serve(t, mqtt.Options{}, func(t *testing.T, h *thinnet.Host) {
		c := dial(t, h)
		defer c.Close()
		c.SetDeadline(time.Now().Add(time.Minute))
		// A second CONNECT is a protocol error (MQTT 5, section 3.1.0-2).
		io.WriteString(c, helloFive(60)+helloFive(60)+strings.Repeat(helloFive(60), 10_000))
		said, err := io.ReadAll(c)
		if !bytes.Contains(said, []byte("\xe0")) || !bytes.Contains(said, []byte{0x82}) || err != nil {
			t.Errorf("%x, %v; want a DISCONNECT with reason 0x82 and the end", said, err)
		}
	})
}

// A client that sends for ever is cut off all the same.
func TestLingerEnds(t *testing.T) {
	serve(t, mqtt.Options{}, func(t *testing.T, h *thinnet.Host) {
		c := dial(t, h)
		defer c.Close()
		start := time.Now()
		for err := error(nil); err == nil && time.Since(start) < time.Minute; {
			_, err = io.WriteString(c, "\x00")
			time.Sleep(100 * time.Millisecond)
		}
		if took := time.Since(start); took > 7*time.Second {
			t.Errorf("cut off after %v", took)
		}
	})
}

// The longest keep alive is told to clients of MQTT 5, and holds: half a packet later
// than that ends the connection.
func TestKeepAlive(t *testing.T) {
	for _, tt := range []struct {
		asked  uint16
		told   bool
		within time.Duration
	}{
		{0, true, 15 * time.Second}, {60, true, 15 * time.Second}, {10, false, 15 * time.Second}, {4, false, 6 * time.Second},
	} {
		serve(t, mqtt.Options{KeepAlive: 10 * time.Second}, func(t *testing.T, h *thinnet.Host) {
			c := dial(t, h)
			defer c.Close()
			start := time.Now()
			c.SetDeadline(start.Add(time.Minute))
			io.WriteString(c, helloFive(tt.asked)+"\x30\x20\x00\x05hal")
			said, err := io.ReadAll(c)
			// Server Keep Alive is property 0x13.
			if told := bytes.Contains(said, []byte{0x13, 0, 10}); told != tt.told || err != nil {
				t.Errorf("%d s are asked for: %x, %v", tt.asked, said, err)
			}
			if took := time.Since(start).Truncate(time.Second); took != tt.within {
				t.Errorf("%d s are asked for: hung up on after %v, want %v", tt.asked, took, tt.within)
			}
		})
	}
	for _, bad := range []time.Duration{-1, time.Millisecond, 24 * time.Hour} {
		if _, err := mqtt.Serve(nil, mqtt.Options{KeepAlive: bad}); err == nil || errors.Is(err, io.EOF) {
			t.Errorf("KeepAlive %v: %v", bad, err)
		}
	}
}
