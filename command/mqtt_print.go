package command

import (
	"fmt"
	"strings"
	"time"

	client "github.com/eclipse/paho.mqtt.golang"
)

// wants reports whether a message is one to print.
func (o *mqttOptions) wants(m client.Message) bool {
	if o.fresh && m.Retained() {
		return false
	}
	for _, f := range o.without {
		if mqttMatches(f, m.Topic()) {
			return false
		}
	}
	return true
}

// mqttMatches reports whether a filter is for a topic (MQTT 3.1.1, section 4.7).
func mqttMatches(filter, topic string) bool {
	f, t := strings.Split(filter, "/"), strings.Split(topic, "/")
	if strings.HasPrefix(topic, "$") != strings.HasPrefix(filter, "$") {
		return false
	}
	for i, level := range f {
		switch {
		case level == "#":
			return true
		case i >= len(t) || level != "+" && level != t[i]:
			return false
		}
	}
	return len(f) == len(t)
}

// text returns a message as it is printed, where an empty one is hardly there.
func (o *mqttOptions) text(m client.Message, now time.Time) string {
	end := "\n"
	if o.bare {
		end = ""
	}
	switch {
	case o.format != "":
		return mqttFormat(o.format, m, now) + end
	case len(m.Payload()) == 0 && (!o.verbose || o.bare):
		return ""
	case len(m.Payload()) == 0:
		return m.Topic() + " (null)\n"
	case o.verbose:
		return m.Topic() + " " + string(m.Payload()) + end
	}
	return string(m.Payload()) + end
}

// mqttSpecifiers are the letters behind a % in a -F.
const mqttSpecifiers = "%tpxXlqrmIU"

// mqttGoodFormat reports whether a format has no others.
func mqttGoodFormat(format string) bool {
	for {
		_, rest, found := strings.Cut(format, "%")
		switch {
		case !found:
			return true
		case rest == "" || strings.IndexByte(mqttSpecifiers, rest[0]) < 0:
			return false
		}
		format = rest[1:]
	}
}

// mqttEscapes are what stands for bytes in a -F.
var mqttEscapes = strings.NewReplacer(`\\`, `\`, `\n`, "\n", `\r`, "\r", `\t`, "\t", `\a`, "\a", `\e`, "\x1b", `\0`, "\x00", `\v`, "\v")

// mqttFormat fills in a format of mosquitto_sub's -F.
func mqttFormat(format string, m client.Message, now time.Time) string {
	var b strings.Builder
	retained := 0
	if m.Retained() {
		retained = 1
	}
	format = mqttEscapes.Replace(format)
	for i := 0; i < len(format); i++ {
		if format[i] != '%' {
			b.WriteByte(format[i])
			continue
		}
		i++
		switch format[i] {
		case '%':
			b.WriteByte('%')
		case 't':
			b.WriteString(m.Topic())
		case 'p':
			b.Write(m.Payload())
		case 'x':
			fmt.Fprintf(&b, "%x", m.Payload())
		case 'X':
			fmt.Fprintf(&b, "%X", m.Payload())
		case 'l':
			fmt.Fprint(&b, len(m.Payload()))
		case 'q':
			fmt.Fprint(&b, m.Qos())
		case 'r':
			fmt.Fprint(&b, retained)
		case 'm':
			fmt.Fprint(&b, m.MessageID())
		case 'I':
			b.WriteString(now.Format("2006-01-02T15:04:05-0700"))
		case 'U':
			fmt.Fprintf(&b, "%d.%09d", now.Unix(), now.Nanosecond())
		}
	}
	return b.String()
}
