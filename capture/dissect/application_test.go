package dissect

import (
	"strings"
	"testing"

	"thinnet/capture"
	"thinnet/wire"
)

// conversation prints what two ends of a TCP connection say, one segment each,
// and returns what follows the length of each; ">" before a text is the client's.
func conversation(o Options, port uint16, said ...string) []string {
	out, in := ip4(wire.ProtocolTCP), back(ip4(wire.ProtocolTCP))
	clientSeq, serverSeq := uint32(1), uint32(1)
	var packets []capture.Packet
	for _, s := range said {
		f, seg := in, wire.TCPFields{SrcPort: port, DstPort: 40000, Seq: serverSeq, Ack: clientSeq, Flags: wire.FlagACK | wire.FlagPSH}
		data := s[1:]
		if s[0] == '>' {
			f, seg = out, wire.TCPFields{SrcPort: 40000, DstPort: port, Seq: clientSeq, Ack: serverSeq, Flags: wire.FlagACK | wire.FlagPSH}
			clientSeq += uint32(len(data))
		} else {
			serverSeq += uint32(len(data))
		}
		packets = append(packets, packetOf(at(0), tcp4(f, seg, nil, data)))
	}
	var lines []string
	for line := range strings.Lines(text(o, packets...)) {
		if _, after, found := strings.Cut(line, ", length "); found {
			_, line, _ = strings.Cut(after, ": ")
		}
		lines = append(lines, strings.TrimSuffix(line, "\n"))
	}
	return lines
}

func compare(t *testing.T, got, want []string) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		g, w := "", ""
		if i < len(got) {
			g = got[i]
		}
		if i < len(want) {
			w = want[i]
		}
		if g != w {
			t.Errorf("line %d\n got %q\nwant %q", i+1, g, w)
		}
	}
}

func TestMQTT(t *testing.T) {
	got := conversation(Options{}, 1883,
		">\x10\x12\x00\x04MQTT\x04\x02\x00\x3c\x00\x06sensor",
		"<\x20\x02\x00\x00",
		">\x82\x08\x00\x01\x00\x03a/b\x00",
		"<\x90\x03\x00\x01\x00",
		">\x33\x09\x00\x03a/b\x00\x07hi\xc0\x00",
		"<\x40\x02\x00\x07\xd0\x00",
		">\xe0\x00",
		"<\x00\x01\x02",
		">\x32\x20\x00\x03a/b",
		">\x10\x13\x00\x04MQTT\x05\x02\x00\x3c\x00\x00\x06sensor",
		"<\x20\x02\x01\x05",
		"<\x30\x03\x00\x09x",
	)
	compare(t, got, []string{
		`MQTT: CONNECT, v3.1.1, flags [clean], keepalive 60s, client "sensor", length 20`,
		`MQTT: CONNACK, accepted, length 4`,
		`MQTT: SUBSCRIBE, id 1 "a/b", length 10`,
		`MQTT: SUBACK, id 1, length 5`,
		`MQTT: PUBLISH, qos 1, retain, topic "a/b", id 7, length 11, PINGREQ, length 2`,
		`MQTT: PUBACK, id 7, length 4, PINGRESP, length 2`,
		`MQTT: DISCONNECT, length 2`,
		`MQTT (continuation)`,
		`MQTT: PUBLISH, qos 1, topic "a/b" (to be continued)`,
		`MQTT: CONNECT, v5.0, flags [clean], keepalive 60s, client "sensor", length 21`,
		`MQTT: CONNACK, not authorized, session present, length 4`,
		`MQTT: PUBLISH, qos 0, topic  (invalid)`,
	})
	seg := wire.TCPFields{SrcPort: 40000, DstPort: 1883, Flags: wire.FlagPSH}
	verbose := text(Options{Verbose: 1}, packetOf(at(0), tcp4(ip4(0), seg, nil, "\xc0\x00\xd0\x00")))
	if want := ": MQTT\n\tPINGREQ, length 2\n\tPINGRESP, length 2\n"; !strings.HasSuffix(verbose, want) {
		t.Errorf("got %q, want it to end with %q", verbose, want)
	}
}

func TestWebSocket(t *testing.T) {
	upgrade := []string{
		">GET /chat HTTP/1.1\r\nUpgrade: websocket\r\n\r\n",
		"<HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\n\r\n",
	}
	got := conversation(Options{}, 80, append(upgrade,
		"<\x81\x05hello",
		">\x81\x85\x01\x02\x03\x04"+masked("hello"),
		">\x01\x83\x01\x02\x03\x04"+masked("one")+"\x80\x83\x01\x02\x03\x04"+masked("two"),
		"<\x82\x7e\x01\x00"+strings.Repeat("x", 100),
		"<\x89\x00",
		"<\x88\x06\x03\xe8bye!",
		"<\xc1\x03abc",
		"<\x85\x00",
		"<\x81\x50"+strings.Repeat("y", 80),
	)...)
	compare(t, got, []string{
		"HTTP: GET /chat HTTP/1.1",
		"HTTP: HTTP/1.1 101 Switching Protocols",
		`WebSocket: text, length 5 "hello"`,
		`WebSocket: text, masked, length 5 "hello"`,
		`WebSocket: text, more fragments, masked, length 3 "one", continuation, masked, length 3`,
		`WebSocket: binary, length 256 (to be continued)`,
		`WebSocket: ping, length 0`,
		`WebSocket: close, length 6, code 1000 "bye!"`,
		`WebSocket: text, compressed, length 3`,
		`WebSocket (continuation)`,
		`WebSocket: text, length 80 "` + strings.Repeat("y", 64) + `"...`,
	})
	// Without the handshake it is HTTP that says nothing.
	compare(t, conversation(Options{}, 80, "<\x81\x05hello"), []string{"HTTP"})
}

// masked applies the mask 01 02 03 04.
func masked(s string) string {
	b := []byte(s)
	for i := range b {
		b[i] ^= byte(i%4 + 1)
	}
	return string(b)
}
