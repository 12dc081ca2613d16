package command

import (
	"testing"
	"time"
)

func TestMQTTMatches(t *testing.T) {
	for _, tt := range []struct {
		filter, topic string
		want          bool
	}{
		{"a/b", "a/b", true}, {"a/b", "a/b/c", false}, {"a/b/c", "a/b", false}, {"a/+", "a/b", true}, {"a/+", "a", false},
		{"+/+", "/a", true}, {"+", "/a", false}, {"/+", "/a", true}, {"a/#", "a", true}, {"a/#", "a/b/c", true}, {"#", "a/b", true},
		{"#", "$SYS/a", false}, {"$SYS/#", "$SYS/a", true}, {"+/a", "$SYS/a", false},
	} {
		if got := mqttMatches(tt.filter, tt.topic); got != tt.want {
			t.Errorf("%q for %q: %v", tt.filter, tt.topic, got)
		}
	}
}

// told is a message that came.
type told struct {
	topic, payload string
	retained       bool
}

func (m told) Duplicate() bool   { return false }
func (m told) Qos() byte         { return 1 }
func (m told) Retained() bool    { return m.retained }
func (m told) Topic() string     { return m.topic }
func (m told) MessageID() uint16 { return 7 }
func (m told) Payload() []byte   { return []byte(m.payload) }
func (m told) Ack()              {}

func TestMQTTText(t *testing.T) {
	now := time.Date(2000, 1, 2, 3, 4, 5, 6, time.UTC)
	for _, tt := range []struct {
		args []string
		m    told
		want string
	}{
		{nil, told{"a", "b", false}, "b\n"},
		{nil, told{"a", "", false}, ""},
		{[]string{"-v"}, told{"a", "b", false}, "a b\n"},
		{[]string{"-v"}, told{"a", "", false}, "a (null)\n"},
		{[]string{"-vN"}, told{"a", "", false}, ""},
		{[]string{"-vN"}, told{"a", "b", false}, "a b"},
		{[]string{"-F", `%t\t%p %x %X %l %q %r %m 100%% %I %U\\`}, told{"a/b", "~\n", true},
			"a/b\t~\n 7e0a 7E0A 2 1 1 7 100% 2000-01-02T03:04:05+0000 946782245.000000006\\\n"},
		{[]string{"-NF", "%p"}, told{"a", "%t", false}, "%t"},
	} {
		o, err := parseMQTT(mqttSubShort, mqttSubLong, append(tt.args, "-t", "#"))
		if err != nil {
			t.Fatal(err)
		}
		if got := o.text(tt.m, now); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.args, got, tt.want)
		}
	}
	for _, bad := range []string{"%", "%z", "100%"} {
		if _, err := parseMQTT(mqttSubShort, mqttSubLong, []string{"-t", "#", "-F", bad}); err == nil {
			t.Errorf("the format %q is taken", bad)
		}
	}
}
