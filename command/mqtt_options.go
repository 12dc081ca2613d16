package command

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"thinnet/getopt"
)

const mqttUsage = `usage: mqtt pub [-h host] [options] -t topic {-m message | -f file | -s | -l | -n}
       mqtt sub [-h host] [options] -t topic ...
	-h host     of the broker (default localhost); -p port: its port (default 1883)
	-i id       of the client (default: the broker chooses one)
	-u user     and -P password: who it is
	-k seconds  of keep alive (default 60)
	-t topic    to publish to; sub takes several, with + and # in them
	-q qos      0, 1 or 2 (default 0)
	--will-topic topic [--will-payload text] [--will-qos qos] [--will-retain]
	            what the broker publishes if the client is lost
pub:	-m message  to publish; -f file: what is in it; -s: the whole input;
	-l: each line of the input; -n: an empty one
	-r          retain the message
	--repeat n  publish it n times, --repeat-delay seconds apart
sub:	-c          go on with the session of this id, and leave it behind
	-v          print the topic in front of each message
	-F format   print each message so: %t topic, %p payload, %x in hexadecimal, %l its
	            length, %q qos, %r retained, %m id, %U and %I the time
	-N          no end of line behind a message
	-R          no messages that were retained; --retained-only: no others
	-T filter   none that it matches
	-C count    leave when so many messages have come
	-E          leave when the topics are subscribed to
	-W seconds  leave with code 27 when that much time has passed`

// mqttOptions are the options of mqtt, with the letters of mosquitto_pub and
// mosquitto_sub.
type mqttOptions struct {
	host, port     string
	id             string
	user, password string
	keepAlive      time.Duration
	topics         []string
	qos            byte

	willTopic, willPayload string
	willQoS                byte
	willRetain             bool

	message     string
	sources     int    // how many options say what the message is
	file        string // it is in
	whole       bool   // it is the input
	lines       bool
	retain      bool
	times       int
	pause       time.Duration // between two times
	keep, leave bool

	verbose, bare   bool
	format          string // -F; "": the payload
	fresh, retained bool   // messages of that kind only
	without         []string
	count           int           // 0: no limit
	timeout         time.Duration // 0: none
}

const (
	mqttPubShort = "h:p:i:u:P:k:t:q:V:m:f:nlsr"
	mqttSubShort = "h:p:i:u:P:k:t:q:V:cvF:NRT:C:EW:"
)

var mqttLong = []string{
	"host:=h", "port:=p", "id:=i", "username:=u", "pw:=P", "keepalive:=k", "topic:=t", "qos:=q", "protocol-version:=V",
	"will-topic:", "will-payload:", "will-qos:", "will-retain",
}

var (
	mqttPubLong = append([]string{"message:=m", "file:=f", "null-message=n", "stdin-line=l", "stdin-file=s", "retain=r", "repeat:", "repeat-delay:"}, mqttLong...)
	mqttSubLong = append([]string{"disable-clean-session=c", "verbose=v", "filter-out:=T", "retained-only"}, mqttLong...)
)

// mqttWrong is what is wrong with the options.
func mqttWrong(format string, args ...any) error {
	return fail(1, "mqtt: %s\nmqtt alone tells its usage.", fmt.Sprintf(format, args...))
}

func parseMQTT(short string, long, args []string) (*mqttOptions, error) {
	o := &mqttOptions{host: "localhost", port: "1883", keepAlive: time.Minute, times: 1}
	options, operands, err := getopt.Parse(args, short, long...)
	if err != nil {
		return nil, mqttWrong("%v", err)
	}
	for _, opt := range options {
		if !o.set(opt) {
			return nil, mqttWrong("%s %s is out of range", optionName(opt), opt.Value)
		}
	}
	publishes := short == mqttPubShort
	switch {
	case len(operands) > 0:
		return nil, mqttWrong("what is %q?", operands[0])
	case len(o.topics) == 0:
		return nil, mqttWrong("-t is missing: the topic")
	case publishes && o.sources != 1:
		return nil, mqttWrong("what is to be published? One of -m message, -f file, -s, -l and -n")
	case o.fresh && o.retained:
		return nil, mqttWrong("-R and --retained-only leave nothing")
	case o.willTopic == "" && (o.willPayload != "" || o.willQoS != 0 || o.willRetain):
		return nil, mqttWrong("--will-topic is missing")
	}
	return o, nil
}

// set sets what an option says, or reports false if it is out of range.
func (o *mqttOptions) set(opt getopt.Option) (ok bool) {
	ok = true
	switch opt.Name {
	case "h":
		o.host = opt.Value
	case "p":
		_, err := ncPort(opt.Value)
		o.port, ok = opt.Value, err == nil
	case "i":
		o.id = opt.Value
	case "u":
		o.user = opt.Value
	case "P":
		o.password = opt.Value
	case "k":
		n, err := strconv.ParseUint(opt.Value, 10, 16)
		o.keepAlive, ok = time.Duration(n)*time.Second, err == nil
	case "t":
		o.topics = append(o.topics, opt.Value)
	case "q":
		o.qos, ok = mqttQoS(opt.Value)
	case "V":
		ok = opt.Value == "mqttv311" || opt.Value == "311"
	case "will-topic":
		o.willTopic, ok = opt.Value, opt.Value != "" && !strings.ContainsAny(opt.Value, "+#")
	case "will-payload":
		o.willPayload = opt.Value
	case "will-qos":
		o.willQoS, ok = mqttQoS(opt.Value)
	case "will-retain":
		o.willRetain = true
	case "m", "f", "s", "l", "n":
		o.sources++
		o.setMessage(opt)
	case "r":
		o.retain = true
	case "repeat":
		o.times, ok = parseCount(opt.Value, 1<<30)
	case "repeat-delay":
		o.pause, ok = parseSeconds(opt.Value, time.Second)
	case "c":
		o.keep = true
	case "v":
		o.verbose = true
	case "F":
		o.format, ok = opt.Value, mqttGoodFormat(opt.Value)
	case "N":
		o.bare = true
	case "R":
		o.fresh = true
	case "retained-only":
		o.retained = true
	case "T":
		o.without = append(o.without, opt.Value)
	case "C":
		o.count, ok = parseCount(opt.Value, 1<<30)
	case "E":
		o.leave = true
	case "W":
		o.timeout, ok = parseSeconds(opt.Value, time.Second)
	}
	return ok
}

func (o *mqttOptions) setMessage(opt getopt.Option) {
	switch opt.Name {
	case "m":
		o.message = opt.Value
	case "f":
		o.file = opt.Value
	case "s":
		o.whole = true
	case "l":
		o.lines = true
	}
}

func mqttQoS(s string) (byte, bool) {
	if len(s) != 1 || s[0] < '0' || s[0] > '2' {
		return 0, false
	}
	return s[0] - '0', true
}
