package command

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"time"

	client "github.com/eclipse/paho.mqtt.golang"
)

var mqtt = &Command{
	Name:    "mqtt",
	Summary: "publish messages to an MQTT broker, or subscribe to topics",
	Usage:   "pub|sub -h host -t topic [options]",
	Help:    mqttUsage,
	Example: `  mqtt sub -h server -t 'hall/#' -v              print what comes, with its topic
  mqtt pub -h server -t hall/lamp -m on          publish a message
  mqtt pub -h server -t hall/lamp -m on -q 1 -r  with an acknowledgement, and kept for who comes later`,
	Serves: true,
	Run:    runMQTT,
}

// codeTimeout is mosquitto_sub's exit code when -W has passed.
const codeTimeout = 27

// mqttTimeout is how long the broker is given to answer.
const mqttTimeout = 30 * time.Second

func runMQTT(ctx context.Context, e *Env, args []string) error {
	if len(args) == 0 {
		return fail(1, "%s", mqttUsage)
	}
	switch args[0] {
	case "pub":
		return runMQTTPub(ctx, e, args[1:])
	case "sub":
		return runMQTTSub(ctx, e, args[1:])
	}
	return mqttWrong("%q is neither pub nor sub", args[0])
}

// connect connects to the broker. lost is told when the connection ends.
func (o *mqttOptions) connect(ctx context.Context, e *Env, lost chan<- error) (client.Client, error) {
	c := client.NewClientOptions().AddBroker("tcp://" + net.JoinHostPort(o.host, o.port)).
		SetProtocolVersion(4). // MQTT 3.1.1
		SetClientID(o.id).
		SetUsername(o.user).
		SetPassword(o.password).
		SetKeepAlive(o.keepAlive).
		SetCleanSession(!o.keep).
		SetAutoReconnect(false).
		SetConnectTimeout(mqttTimeout).
		SetWriteTimeout(mqttTimeout).
		SetConnectionLostHandler(func(_ client.Client, err error) { lost <- err }).
		SetCustomOpenConnectionFn(func(u *url.URL, _ client.ClientOptions) (net.Conn, error) {
			return e.Host.DialContext(ctx, "tcp", u.Host)
		})
	if o.willTopic != "" {
		c.SetWill(o.willTopic, o.willPayload, o.willQoS, o.willRetain)
	}
	k := client.NewClient(c)
	if err := done(ctx, k.Connect()); err != nil {
		return nil, dialError(err)
	}
	return k, nil
}

// done waits for an answer of the broker's.
func done(ctx context.Context, t client.Token) error {
	limit := time.NewTimer(mqttTimeout)
	defer limit.Stop()
	select {
	case <-t.Done():
		return t.Error()
	case <-limit.C:
		return errors.New("the broker does not answer")
	case <-ctx.Done():
		return ctx.Err()
	}
}

// quiesce is how long a client that leaves gives what is on its way, in
// milliseconds.
const quiesce = 100

func runMQTTPub(ctx context.Context, e *Env, args []string) error {
	o, err := parseMQTT(mqttPubShort, mqttPubLong, args)
	if err != nil {
		return err
	}
	if len(o.topics) > 1 || strings.ContainsAny(o.topics[0], "+#") {
		return mqttWrong("a message has one topic, without + and #")
	}
	if err := o.load(ctx, e); err != nil {
		return err
	}
	k, err := o.connect(ctx, e, make(chan error, 1))
	if err != nil {
		return err
	}
	defer k.Disconnect(quiesce)
	publish := func(message string) error {
		return done(ctx, k.Publish(o.topics[0], o.qos, o.retain, message))
	}
	if o.lines {
		return eachLine(e.stdin(ctx), publish)
	}
	for n := range o.times {
		if n > 0 {
			if err := wait(ctx, o.pause); err != nil {
				return err
			}
		}
		if err := publish(o.message); err != nil {
			return err
		}
	}
	return nil
}

// load reads the message of -f and -s.
func (o *mqttOptions) load(ctx context.Context, e *Env) error {
	r := e.stdin(ctx)
	switch {
	case o.file != "":
		f, err := e.open(o.file)
		if err != nil {
			return fmt.Errorf("-f %s: %w", o.file, err)
		}
		defer f.Close()
		r = f
	case !o.whole:
		return nil
	}
	b, err := io.ReadAll(io.LimitReader(r, maxMessage+1))
	switch {
	case err != nil:
		return fmt.Errorf("the message: %w", err)
	case len(b) > maxMessage:
		return fmt.Errorf("the message is longer than %d bytes", maxMessage)
	}
	o.message = string(b)
	return nil
}

// maxMessage is the longest message of -f and -s, in bytes.
const maxMessage = 64 << 20

// maxLine is the longest line that is a message, in bytes.
const maxLine = 1 << 20

func runMQTTSub(ctx context.Context, e *Env, args []string) error {
	o, err := parseMQTT(mqttSubShort, mqttSubLong, args)
	if err != nil {
		return err
	}
	if o.keep && o.id == "" {
		return mqttWrong("-c wants -i: the session is that of an id")
	}
	if o.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, o.timeout, fail(codeTimeout, "Timed out"))
		defer cancel()
	}
	lost := make(chan error, 1)
	k, err := o.connect(ctx, e, lost)
	if err != nil {
		return err
	}
	defer k.Disconnect(quiesce)
	enough := make(chan struct{})
	count := 0
	full := false
	show := func(_ client.Client, m client.Message) { // one call at a time
		switch {
		case full || !o.wants(m):
			return
		case o.retained && !m.Retained(): // they come first
			full = true
			close(enough)
			return
		}
		e.printf("%s", o.text(m, time.Now()))
		if count++; count == o.count {
			full = true
			close(enough)
		}
	}
	filters := make(map[string]byte)
	for _, t := range o.topics {
		filters[t] = o.qos
		k.AddRoute(t, show) // a session may have messages waiting
	}
	for _, t := range o.topics {
		if err := done(ctx, k.Subscribe(t, filters[t], show)); err != nil {
			return fmt.Errorf("topic %q: %w", t, err)
		}
	}
	e.ready()
	if o.leave {
		return nil
	}
	select {
	case <-enough:
		return nil
	case err := <-lost:
		return fmt.Errorf("the connection is lost: %w", err)
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// eachLine calls f with each line of r, without its end.
func eachLine(r io.Reader, f func(line string) error) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		if err := f(lines.Text()); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("input: %w", err)
	}
	return nil
}
