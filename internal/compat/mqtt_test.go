package compat

import (
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"testing"
	"time"

	v5 "github.com/eclipse/paho.golang/paho"
	v3 "github.com/eclipse/paho.mqtt.golang"

	"thinnet"
	"thinnet/service/mqtt"
)

// mqttMessages are published, each to the topic of its number.
const mqttMessages = 20

// broker serves MQTT on port 1883 of a host until stop is called.
func broker(t *testing.T, h *thinnet.Host) (stop func()) {
	t.Helper()
	s, err := mqtt.Serve(roomy{h}.listen(t, ":1883"), mqtt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestMQTT3 publishes at each quality of service by MQTT 3.1.1 what the same client
// has subscribed to.
func TestMQTT3(t *testing.T) {
	lossy(t, func(t *testing.T, client, server *thinnet.Host) {
		defer broker(t, server)()
		o := v3.NewClientOptions().AddBroker("tcp://server:1883").SetClientID("three").SetProtocolVersion(4)
		o.SetAutoReconnect(false)
		o.SetCustomOpenConnectionFn(func(to *url.URL, _ v3.ClientOptions) (net.Conn, error) {
			return roomy{client}.DialContext(t.Context(), "tcp", to.Host)
		})
		c := v3.NewClient(o)
		done := func(token v3.Token) {
			t.Helper()
			if !token.WaitTimeout(time.Minute) {
				t.Fatal("no answer in a minute")
			}
			if err := token.Error(); err != nil {
				t.Fatal(err)
			}
		}
		done(c.Connect())
		defer c.Disconnect(250)
		arrived := make(chan v3.Message, 3*mqttMessages)
		done(c.Subscribe("compat/#", 2, func(_ v3.Client, m v3.Message) { arrived <- m }))
		for qos := range byte(3) {
			for i := range mqttMessages {
				done(c.Publish("compat/topic", qos, false, noise(byte(i), i*1000)))
			}
			for i := range mqttMessages {
				m := <-arrived
				if m.Topic() != "compat/topic" || m.Qos() != qos {
					t.Errorf("a message to %q with QoS %d, want compat/topic with %d", m.Topic(), m.Qos(), qos)
				}
				same(t, "message", m.Payload(), noise(byte(i), i*1000))
			}
		}
	})
}

// TestMQTT5 does as TestMQTT3 does, by MQTT 5.
func TestMQTT5(t *testing.T) {
	lossy(t, func(t *testing.T, client, server *thinnet.Host) {
		defer broker(t, server)()
		ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
		defer cancel()
		raw, err := roomy{client}.DialContext(ctx, "tcp", "server:1883")
		if err != nil {
			t.Fatal(err)
		}
		arrived := make(chan *v5.Publish, 3*mqttMessages)
		c := v5.NewClient(v5.ClientConfig{
			ClientID: "five",
			Conn:     raw,
			OnPublishReceived: []func(v5.PublishReceived) (bool, error){func(p v5.PublishReceived) (bool, error) {
				arrived <- p.Packet
				return true, nil
			}},
			OnClientError: func(err error) {
				if !errors.Is(err, net.ErrClosed) && !errors.Is(err, io.EOF) { // those of a Disconnect
					t.Error(err)
				}
			},
		})
		if _, err := c.Connect(ctx, &v5.Connect{ClientID: "five", CleanStart: true, KeepAlive: 30}); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Subscribe(ctx, &v5.Subscribe{
			Subscriptions: []v5.SubscribeOptions{{Topic: "compat/#", QoS: 2}},
		}); err != nil {
			t.Fatal(err)
		}
		for qos := range byte(3) {
			for i := range mqttMessages {
				if _, err := c.Publish(ctx, &v5.Publish{
					Topic: "compat/topic", QoS: qos, Payload: noise(byte(i), i*1000),
					Properties: &v5.PublishProperties{ContentType: "application/octet-stream"},
				}); err != nil {
					t.Fatal(err)
				}
			}
			for i := range mqttMessages {
				m := <-arrived
				if m.Topic != "compat/topic" || m.QoS != qos || m.Properties.ContentType != "application/octet-stream" {
					t.Errorf("a message %v with QoS %d, want compat/topic with %d", m, m.QoS, qos)
				}
				same(t, "message", m.Payload, noise(byte(i), i*1000))
			}
		}
		if err := c.Disconnect(&v5.Disconnect{}); err != nil {
			t.Error(err)
		}
		<-c.Done()
	})
}
