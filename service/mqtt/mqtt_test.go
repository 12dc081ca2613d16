package mqtt_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	client "github.com/eclipse/paho.mqtt.golang"

	"thinnet"
	"thinnet/service/mqtt"
	"thinnet/thinnettest"
)

// serve runs f with a broker on the server's port 1883.
func serve(t *testing.T, o mqtt.Options, f func(t *testing.T, h *thinnet.Host)) {
	t.Helper()
	thinnettest.Run(t, func(t *testing.T, n *thinnet.Network) {
		h, server, link := thinnettest.Pair(t, n)
		if err := link.SetDelay(time.Millisecond); err != nil {
			t.Fatal(err)
		}
		l, err := server.Listen("tcp", ":1883")
		if err != nil {
			t.Fatal(err)
		}
		s, err := mqtt.Serve(l, o)
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}()
		f(t, h)
	})
}

// listen runs f with a listener on which there is no broker yet.
func listen(t *testing.T, f func(t *testing.T, l net.Listener)) {
	t.Helper()
	thinnettest.Run(t, func(t *testing.T, n *thinnet.Network) {
		_, server, _ := thinnettest.Pair(t, n)
		l, err := server.Listen("tcp", ":1883")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		f(t, l)
	})
}

// dial connects h to the broker, for who speaks MQTT himself.
func dial(t *testing.T, h *thinnet.Host) net.Conn {
	t.Helper()
	c, err := h.Dial("tcp", "server:1883")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// connect returns a client whose messages come by a channel.
func connect(t *testing.T, h *thinnet.Host, id string, clean bool) (client.Client, chan string) {
	t.Helper()
	messages := make(chan string, 100)
	o := client.NewClientOptions().AddBroker("tcp://server:1883").SetClientID(id).SetProtocolVersion(4).
		SetCleanSession(clean).SetAutoReconnect(false).
		SetDefaultPublishHandler(func(_ client.Client, m client.Message) {
			messages <- fmt.Sprintf("%s=%s", m.Topic(), m.Payload())
		}).
		SetCustomOpenConnectionFn(func(u *url.URL, _ client.ClientOptions) (net.Conn, error) {
			return h.DialContext(context.Background(), "tcp", u.Host)
		})
	c := client.NewClient(o)
	wait(t, c.Connect())
	t.Cleanup(func() { c.Disconnect(100) })
	return c, messages
}

func wait(t *testing.T, k client.Token) {
	t.Helper()
	if !k.WaitTimeout(time.Minute) || k.Error() != nil {
		t.Fatal("no answer of the broker, or an error: ", k.Error())
	}
}

func expect(t *testing.T, messages chan string, want string) {
	t.Helper()
	select {
	case got := <-messages:
		if got != want {
			t.Errorf("%s came, want %s", got, want)
		}
	case <-time.After(time.Minute):
		t.Errorf("%s does not come", want)
	}
}

func TestPublish(t *testing.T) {
	serve(t, mqtt.Options{}, func(t *testing.T, h *thinnet.Host) {
		sub, messages := connect(t, h, "sub", true)
		pub, _ := connect(t, h, "pub", true)
		wait(t, sub.Subscribe("a/+", 2, nil))
		for qos := range byte(3) {
			wait(t, pub.Publish("b", qos, false, "not for it"))
			wait(t, pub.Publish(fmt.Sprintf("a/%d", qos), qos, false, "x"))
			expect(t, messages, fmt.Sprintf("a/%d=x", qos))
		}
	})
}

func TestRefused(t *testing.T) {
	serve(t, mqtt.Options{Refused: []string{"a/b"}}, func(t *testing.T, h *thinnet.Host) {
		c, messages := connect(t, h, "c", true)
		k := c.SubscribeMultiple(map[string]byte{"a/b": 1, "a/c": 1}, nil)
		if !k.WaitTimeout(time.Minute) {
			t.Fatal("no answer of the broker")
		}
		got := k.(*client.SubscribeToken).Result()
		if want := map[string]byte{"a/b": 0x80, "a/c": 1}; !maps.Equal(got, want) {
			t.Errorf("the subscriptions are granted %v, want %v", got, want)
		}
		wait(t, c.Publish("a/b", 1, false, "not for it"))
		wait(t, c.Publish("a/c", 1, false, "x"))
		expect(t, messages, "a/c=x")
	})
}

// What is kept outlives the broker: retained messages, and what waits for a
// session that is away.
func TestStore(t *testing.T) {
	store := filepath.Join(t.TempDir(), "broker.db")
	serve(t, mqtt.Options{Store: store}, func(t *testing.T, h *thinnet.Host) {
		sub, _ := connect(t, h, "sub", false)
		wait(t, sub.Subscribe("news", 1, nil))
		sub.Disconnect(100)
		pub, _ := connect(t, h, "pub", true)
		wait(t, pub.Publish("weather", 1, true, "rain"))
		wait(t, pub.Publish("news", 1, false, "old"))
	})
	serve(t, mqtt.Options{Store: store}, func(t *testing.T, h *thinnet.Host) {
		sub, messages := connect(t, h, "sub", false)
		expect(t, messages, "news=old")
		// The acknowledgement is to be there first: at one instant with it, mochi
		// (v2.7.9) now and then forgets what is retained for the subscription.
		time.Sleep(time.Second)
		wait(t, sub.Subscribe("weather", 0, nil))
		expect(t, messages, "weather=rain")
	})
}

func TestBadStore(t *testing.T) {
	listen(t, func(t *testing.T, l net.Listener) {
		if s, err := mqtt.Serve(l, mqtt.Options{Store: filepath.Join(t.TempDir(), "missing", "broker.db")}); err == nil {
			s.Close()
			t.Error("a store in a folder that is not there")
		}
	})
}

// A store that the broker cannot read is closed again: it can be taken up when it is mended.
func TestSpoiltStore(t *testing.T) {
	store := filepath.Join(t.TempDir(), "broker.db")
	serve(t, mqtt.Options{Store: store}, func(t *testing.T, h *thinnet.Host) {
		pub, _ := connect(t, h, "pub", true)
		wait(t, pub.Publish("weather", 1, true, "rain"))
	})
	sound, err := os.ReadFile(store)
	if err != nil {
		t.Fatal(err)
	}
	spoilt := bytes.ReplaceAll(sound, []byte(`"topic_name":`), []byte(`"topic_name"-`))
	if bytes.Equal(spoilt, sound) {
		t.Fatal("the store has no message that could be spoilt")
	}
	rewrite := func(b []byte) {
		t.Helper()
		if err := os.WriteFile(store, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	rewrite(spoilt)
	listen(t, func(t *testing.T, l net.Listener) {
		s, err := mqtt.Serve(l, mqtt.Options{Store: store})
		if err == nil {
			s.Close()
			t.Fatal("the broker has read what is spoilt")
		}
		if !strings.Contains(err.Error(), store) {
			t.Errorf("%q does not say which store it is", err)
		}
	})
	rewrite(sound)
	serve(t, mqtt.Options{Store: store}, func(t *testing.T, h *thinnet.Host) {
		sub, messages := connect(t, h, "sub", true)
		wait(t, sub.Subscribe("weather", 0, nil))
		expect(t, messages, "weather=rain")
	})
}

// Packets of every wrong length, of every type, end their own connection at most.
func TestHostilePackets(t *testing.T) {
	serve(t, mqtt.Options{}, func(t *testing.T, h *thinnet.Host) {
		sub, messages := connect(t, h, "sub", true)
		wait(t, sub.Subscribe("#", 0, nil))
		const hello = "\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01x"
		send := func(bytes string) {
			c := dial(t, h)
			defer c.Close()
			io.WriteString(c, bytes)
			c.SetDeadline(time.Now().Add(100 * time.Millisecond))
			io.Copy(io.Discard, c)
		}
		for typ := range 16 {
			for _, length := range []string{"\x00", "\x01", "\x02", "\x03", "\x05", "\x7f", "\xff\x01", "\xff\xff\xff\x7f", "\xff\xff\xff\xff\x01", "\x80"} {
				for _, body := range []string{"", "\x00", "\x00\x01", "\xff\xff\xff", "\x00\x03a/b\x00\x01"} {
					send(hello + string(byte(typ<<4)) + length + body)
				}
			}
			send(string(byte(typ<<4)) + "\x00")
		}
		for cut := range len(hello) {
			send(hello[:cut])
			send("\x10" + string(byte(cut)) + hello[2:])
		}
		pub, _ := connect(t, h, "pub", true)
		for len(messages) > 0 {
			<-messages // what the hostile ones published by chance
		}
		wait(t, pub.Publish("still", 1, false, "here"))
		expect(t, messages, "still=here")
	})
}
