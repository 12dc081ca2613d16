package tcpscript

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"thinnet/packet"
	"thinnet/transport/tcp"
	"thinnet/transport/tcp/congestion"
)

// do makes a call, sets something, or looks at something.
func (r *runner) do(w []string) error {
	if w[0] == "<" || w[0] == "<+" {
		s, err := parseSegment(w[1:])
		if err != nil {
			return err
		}
		return r.inject(s, w[0] == "<")
	}
	for _, verbs := range []map[string]verb{settings, calls, expectations} {
		v, ok := verbs[w[0]]
		if !ok {
			continue
		}
		if len(w)-1 < v.min || len(w)-1 > v.max {
			return fmt.Errorf("%s: want %s", w[0], v.usage())
		}
		if w[0] != "set" && w[0] != "count" && w[0] != "state" {
			r.log("%s", strings.Join(w, " "))
		}
		return v.do(r, w[1:])
	}
	return fmt.Errorf("%q is no call and no expectation", w[0])
}

// verb is the first word of a line, and takes min to max more.
type verb struct {
	min, max int
	do       func(r *runner, w []string) error
}

func (v verb) usage() string {
	if v.min == v.max {
		return fmt.Sprintf("%d arguments", v.min)
	}
	return fmt.Sprintf("%d to %d arguments", v.min, v.max)
}

// call makes a verb of a method without arguments.
func call(f func(r *runner)) verb {
	return verb{0, 0, func(r *runner, _ []string) error {
		f(r)
		r.output()
		return nil
	}}
}

var calls = map[string]verb{
	"established": {0, 9, func(r *runner, w []string) error { return r.handshake(w, true) }},
	"accepted":    {0, 9, func(r *runner, w []string) error { return r.handshake(w, false) }},
	"connect":     call(func(r *runner) { r.setup(); r.conn.Open(r.now, &r.config) }),
	"send": number(func(r *runner, n int) {
		r.setup()
		r.conn.Open(r.now, &r.config)
		r.fill(n)
	}),
	"listen":    call(func(r *runner) { r.listening = true }),
	"shutdown":  call(func(r *runner) { r.conn.CloseWrite() }),
	"closeread": call(func(r *runner) { r.conn.CloseRead() }),
	"close":     call(func(r *runner) { r.conn.Close(r.now) }),
	"abort":     call(func(r *runner) { r.conn.CloseNow() }),
	"write": {1, 3, func(r *runner, w []string) error {
		n, err := strconv.Atoi(w[0])
		if err != nil {
			return err
		}
		want := n
		if len(w) == 3 && w[1] == "takes" {
			if want, err = strconv.Atoi(w[2]); err != nil {
				return err
			}
		}
		return equal("bytes taken", r.write(n), want)
	}},
	"read": {1, 1, func(r *runner, w []string) error {
		n, err := strconv.Atoi(w[0])
		if err != nil {
			return err
		}
		got, err := r.take(n)
		if err != nil {
			return err
		}
		return equal("bytes read", got, n)
	}},
	"nodelay":  toggle((*tcp.Conn).NoDelay),
	"cork":     toggle((*tcp.Conn).Cork),
	"more":     toggle((*tcp.Conn).More),
	"quickack": toggle((*tcp.Conn).QuickAck),
	"keepalive": {1, 3, func(r *runner, w []string) error {
		if w[0] == "off" {
			r.conn.SetKeepAlive(r.now, nil)
			return nil
		}
		if len(w) != 3 {
			return errors.New("keepalive: want IDLE INTERVAL COUNT")
		}
		idle, err1 := time.ParseDuration(w[0])
		interval, err2 := time.ParseDuration(w[1])
		count, err3 := strconv.Atoi(w[2])
		r.conn.SetKeepAlive(r.now, &tcp.KeepAlive{Idle: idle, Interval: interval, Count: count})
		return errors.Join(err1, err2, err3)
	}},
	"rcvbuf": number(func(r *runner, n int) { r.conn.SetRecvBuffer(n) }),
	"sndbuf": number(func(r *runner, n int) { r.conn.SetSendBuffer(n) }),
	"unreachable": number(func(r *runner, n int) {
		r.conn.Unreachable(r.start.ISS.Add(n), syscall.EHOSTUNREACH)
	}),
	"mtu": {2, 2, func(r *runner, w []string) error {
		seq, err1 := strconv.Atoi(w[0])
		n, err2 := strconv.Atoi(w[1])
		if r.conn.OnItsWay(r.start.ISS.Add(seq)) {
			r.conn.SetMTU(n)
		}
		r.output()
		return errors.Join(err1, err2)
	}},
	"idle": {1, 1, func(r *runner, w []string) error {
		d, err := time.ParseDuration(w[0])
		if err != nil {
			return err
		}
		if err := r.advance(d); err != nil {
			return err
		}
		return r.quiet()
	}},
}

// toggle makes a verb of a method that takes on or off.
func toggle(f func(c *tcp.Conn, on bool)) verb {
	return verb{1, 1, func(r *runner, w []string) error {
		f(&r.conn, w[0] == "on")
		r.output()
		return nil
	}}
}

// number makes a verb of a method with one number.
func number(f func(r *runner, n int)) verb {
	return verb{1, 1, func(r *runner, w []string) error {
		n, err := strconv.Atoi(w[0])
		if err != nil {
			return err
		}
		f(r, n)
		r.output()
		return nil
	}}
}

func equal[T comparable](what string, got, want T) error {
	if got != want {
		return fmt.Errorf("%s: got %v, want %v", what, got, want)
	}
	return nil
}

// expectNumber makes a verb that compares a number.
func expectNumber(what string, f func(r *runner) int) verb {
	return verb{1, 1, func(r *runner, w []string) error {
		n, err := strconv.Atoi(w[0])
		if err != nil {
			return err
		}
		return equal(what, f(r), n)
	}}
}

// expectDuration makes a verb that compares a duration.
func expectDuration(what string, f func(i *tcp.Info) time.Duration) verb {
	return verb{1, 1, func(r *runner, w []string) error {
		d, err := time.ParseDuration(w[0])
		if err != nil {
			return err
		}
		i := r.conn.Info(r.now)
		return equal(what, f(&i), d)
	}}
}

var expectations = map[string]verb{
	"state": {1, 1, func(r *runner, w []string) error {
		return equal("state", r.conn.State().String(), w[0])
	}},
	"error": {1, 1, func(r *runner, w []string) error {
		want, ok := errorNames[w[0]]
		if !ok {
			return fmt.Errorf("no error is called %q", w[0])
		}
		return equal("error", r.conn.Err(), want)
	}},
	"eof":  {0, 0, func(r *runner, _ []string) error { return equal("end of what can be read", r.conn.ReadClosed(), true) }},
	"open": {0, 0, func(r *runner, _ []string) error { return equal("end of what can be read", r.conn.ReadClosed(), false) }},
	"syndata": {0, 0, func(r *runner, _ []string) error {
		return equal("data of the SYN acknowledged", r.conn.Info(r.now).Options.SynData, true)
	}},
	"finished": {0, 0, func(r *runner, _ []string) error { return equal("finished", r.finished, true) }},
	"readable": expectNumber("readable", func(r *runner) int { return r.conn.Readable() }),
	"unsent":   expectNumber("unsent", func(r *runner) int { return r.conn.Info(r.now).NotSent }),
	"writable": {0, 0, func(r *runner, _ []string) error {
		was := r.writable
		r.writable = false
		return equal("became writable", was, true)
	}},
	"sendspace": expectNumber("send space", func(r *runner) int { return r.conn.SendSpace() }),
	"queued":    expectNumber("queued", func(r *runner) int { return r.conn.SendQueue() }),
	"slabs":     expectNumber("slabs", func(r *runner) int { return int(packet.Live() - r.live) }),
	"cwnd":      expectNumber("cwnd", func(r *runner) int { return r.conn.Info(r.now).SndCwnd }),
	"ssthresh":  expectNumber("ssthresh", func(r *runner) int { return r.conn.Info(r.now).SndSsthresh }),
	"rto":       expectDuration("RTO", func(i *tcp.Info) time.Duration { return i.RTO }),
	"srtt":      expectDuration("SRTT", func(i *tcp.Info) time.Duration { return i.RTT }),
	"count": {2, 2, func(r *runner, w []string) error {
		f := reflect.ValueOf(r.counters).FieldByName(w[0])
		if !f.IsValid() {
			return fmt.Errorf("no counter is called %q", w[0])
		}
		n, err := strconv.ParseUint(w[1], 10, 64)
		if err != nil {
			return err
		}
		return equal(w[0], f.Uint(), n)
	}},
	"info": {2, 2, func(r *runner, w []string) error {
		f := reflect.ValueOf(r.conn.Info(r.now)).FieldByName(w[0])
		if !f.IsValid() {
			return fmt.Errorf("tcp.Info has no field %q", w[0])
		}
		return equal(w[0], fmt.Sprint(f.Interface()), w[1])
	}},
	"timer": {1, 2, func(r *runner, w []string) error {
		name, at, _ := r.conn.Timer()
		if name == "" {
			name = "none"
		}
		if err := equal("timer", name, w[0]); err != nil || len(w) == 1 {
			return err
		}
		d, err := time.ParseDuration(w[1])
		if err != nil {
			return err
		}
		return equal("timer", at, r.now.Add(d))
	}},
}

// settings are lines that come before the first call, and "set" also later: then
// it changes the connection's.
var settings = map[string]verb{"fastopen": {1, 3, func(r *runner, w []string) error {
	return r.fastOpen(w)
}}, "set": {1, 2, func(r *runner, w []string) error {
	if err := r.set(w); err != nil {
		return err
	}
	if r.conn.State() != tcp.Closed {
		r.conn.SetSettings(tcp.NewSettings(r.settings))
		r.output()
	}
	return nil
}}}

func (r *runner) set(w []string) error {
	s := &r.settings
	if len(w) == 1 {
		switch w[0] {
		case "nosack":
			s.NoSACK = true
		case "nots":
			s.NoTimestamps = true
		case "probing":
			s.MTUProbing = tcp.MTUProbingAlways
		case "noprobing":
			s.MTUProbing = tcp.MTUProbingOff
		case "pathknown":
			r.config.PathKnown = true
		case "noscale":
			s.NoWindowScaling = true
		case "notlp":
			s.NoTLP = true
		case "syncookies":
			s.SynCookies = tcp.SynCookiesAlways
		case "ecn":
			s.ECN = tcp.ECNOn
		case "nagle":
			r.config.NoDelay = false
		default:
			if !slices.Contains(congestion.Names(), w[0]) {
				return fmt.Errorf("no setting is called %q", w[0])
			}
			s.CongestionControl = w[0]
		}
		return nil
	}
	numbers := map[string]*int{
		"mtu": &r.config.MTU, "tso": &r.config.MaxSegmented, "rcvbuf": &s.RcvBuf, "sndbuf": &s.SndBuf, "rcvbufmax": &s.RcvBufMax, "sndbufmax": &s.SndBufMax,
		"iw": &s.InitialWindow, "mintso": &s.MinTSOSegs, "quickack": &s.QuickAck, "synretries": &s.SynRetries,
		"synackretries": &s.SynAckRetries, "retries": &s.Retries2, "orphanretries": &s.OrphanRetries, "retries1": &s.Retries1,
		"basemss": &s.BaseMSS, "probefloor": &s.MTUProbeFloor, "probethreshold": &s.ProbeThreshold,
		"maxseg": &s.MaxSegment,
		"lowat":  &s.NotSentLowat, "clamp": &s.WindowClamp,
	}
	durations := map[string]*time.Duration{
		"delack": &s.DelayedAck, "minrto": &s.MinRTO, "maxrto": &s.MaxRTO, "initialrto": &s.InitialRTO,
		"fintimeout": &s.FinTimeout, "timewait": &s.TimeWait, "deferaccept": &s.DeferAccept,
		"blackhole":     &s.FastOpenBlackholeTimeout,
		"probeinterval": &s.ProbeInterval,
		"usertimeout":   &s.UserTimeout,
	}
	var err error
	if p := numbers[w[0]]; p != nil {
		*p, err = strconv.Atoi(w[1])
	} else if p := durations[w[0]]; p != nil {
		*p, err = time.ParseDuration(w[1])
	} else {
		err = fmt.Errorf("no setting is called %q", w[0])
	}
	return err
}
