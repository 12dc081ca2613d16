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

	"thinnet/getopt"
)

var mqtt = &Command{
	Name:    "mqtt",
	Summary: "publish messages to an MQTT broker, or subscribe to topics",
	Usage:   "pub|sub -h host -t topic [options]",
	Serves:  true,
	Run:     runMQTT,
}

const mqttUsage = `usage: mqtt pub -h host [-p port] [-i id] [-q qos] [-r] -t topic {-m message | -l | -n}
       mqtt sub -h host [-p port] [-i id] [-q qos] [-c] [-v] [-C count] [-W seconds] -t topic ...
	-h host     of the broker
	-p port     of the broker (default 1883)
	-i id       of the client (default: the broker chooses one)
	-t topic    to publish to; sub takes several, with + and # in them
	-q qos      0, 1 or 2 (default 0)
	-m message  to publish; -l: each line of the input; -n: an empty one
	-r          retain the message
	-c          go on with the session of this id, and leave it behind
	-v          print the topic in front of each message
	-C count    leave when so many messages have come
	-W seconds  leave with code 27 when that much time has passed`

// mqttOptions are the options of mqtt, with the letters of mosquitto_pub and
// mosquitto_sub.
type mqttOptions struct {
	host, port    string
	id            string
	topics        []string
	qos           byte
	message       string
	has           bool // there is a message
	lines, retain bool
	keep, verbose bool
	count         int           // 0: no limit
	timeout       time.Duration // 0: none
}

// codeTimeout is mosquitto_sub's exit code when -W has passed.
const codeTimeout = 27

// mqttTimeout is how long the broker is given to answer.
const mqttTimeout = 30 * time.Second

func parseMQTT(letters string, args []string) (*mqttOptions, error) {
	o := &mqttOptions{port: "1883"}
	wrong := func(format string, args ...any) error {
		return fail(1, "mqtt: %s\n%s", fmt.Sprintf(format, args...), mqttUsage)
	}
	options, operands, err := getopt.Parse(args, letters)
	if err != nil {
		return nil, wrong("%v", err)
	}
	for _, opt := range options {
		ok := true
		switch opt.Name {
		case "h":
			o.host = opt.Value
		case "p":
			_, portErr := ncPort(opt.Value)
			o.port, ok = opt.Value, portErr == nil
		case "i":
			o.id = opt.Value
		case "t":
			o.topics = append(o.topics, opt.Value)
		case "q":
			ok = len(opt.Value) == 1 && opt.Value[0] >= '0' && opt.Value[0] <= '2'
			o.qos = opt.Value[0] - '0'
		case "m":
			o.message, o.has = opt.Value, true
		case "n":
			o.has = true
		case "l":
			o.lines = true
		case "r":
			o.retain = true
		case "c":
			o.keep = true
		case "v":
			o.verbose = true
		case "C":
			o.count, ok = parseCount(opt.Value, 1<<30)
		case "W":
			o.timeout, ok = parseSeconds(opt.Value, time.Second)
		}
		if !ok {
			return nil, wrong("-%s %s is out of range", opt.Name, opt.Value)
		}
	}
	switch {
	case len(operands) > 0:
		return nil, wrong("what is %q?", operands[0])
	case o.host == "":
		return nil, wrong("-h is missing: the broker's host")
	case len(o.topics) == 0:
		return nil, wrong("-t is missing: the topic")
	}
	return o, nil
}

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
	return fail(1, "mqtt: %q is neither pub nor sub\n%s", args[0], mqttUsage)
}

// connect connects to the broker. lost is told when the connection ends.
func (o *mqttOptions) connect(ctx context.Context, e *Env, lost chan<- error) (client.Client, error) {
	c := client.NewClientOptions().AddBroker("tcp://" + net.JoinHostPort(o.host, o.port)).
		SetProtocolVersion(4). // MQTT 3.1.1
		SetClientID(o.id).
		SetCleanSession(!o.keep).
		SetAutoReconnect(false).
		SetConnectTimeout(mqttTimeout).
		SetWriteTimeout(mqttTimeout).
		SetConnectionLostHandler(func(_ client.Client, err error) { lost <- err }).
		SetCustomOpenConnectionFn(func(u *url.URL, _ client.ClientOptions) (net.Conn, error) {
			return e.Host.DialContext(ctx, "tcp", u.Host)
		})
	k := client.NewClient(c)
	if err := done(ctx, k.Connect()); err != nil {
		return nil, err
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
	o, err := parseMQTT("h:p:i:t:q:m:nlr", args)
	if err != nil {
		return err
	}
	if len(o.topics) > 1 || strings.ContainsAny(o.topics[0], "+#") {
		return fail(1, "mqtt: a message has one topic, without + and #\n%s", mqttUsage)
	}
	if o.has == o.lines {
		return fail(1, "mqtt: what is to be published? -m message, -l or -n\n%s", mqttUsage)
	}
	k, err := o.connect(ctx, e, make(chan error, 1))
	if err != nil {
		return err
	}
	defer k.Disconnect(quiesce)
	publish := func(message string) error {
		return done(ctx, k.Publish(o.topics[0], o.qos, o.retain, message))
	}
	if !o.lines {
		return publish(o.message)
	}
	return eachLine(e.stdin(ctx), publish)
}

// maxLine is the longest line that is a message, in bytes.
const maxLine = 1 << 20

func runMQTTSub(ctx context.Context, e *Env, args []string) error {
	o, err := parseMQTT("h:p:i:t:q:cvC:W:", args)
	if err != nil {
		return err
	}
	if o.keep && o.id == "" {
		return fail(1, "mqtt: -c wants -i: the session is that of an id\n%s", mqttUsage)
	}
	if o.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, o.timeout, exit(codeTimeout))
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
	show := func(_ client.Client, m client.Message) { // one call at a time
		if count++; o.count > 0 && count > o.count {
			return
		}
		if o.verbose {
			e.printf("%s ", m.Topic())
		}
		e.printf("%s\n", m.Payload())
		if count == o.count {
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
