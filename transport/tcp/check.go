package tcp

import (
	"errors"
	"math"
	"strconv"
	"time"

	"thinnet/transport/tcp/congestion"
)

// Check returns an error that names the first field out of its range. A field that
// is zero means its default, and is never wrong.
func (s *Settings) Check() error {
	if s.CongestionControl != "" {
		if _, err := congestion.New(s.CongestionControl); err != nil {
			return err
		}
	}
	const buffer = 64 << 20
	for _, f := range []struct {
		name           string
		v, least, most int
	}{
		{"RcvBuf", s.RcvBuf, 4096, buffer},
		{"SndBuf", s.SndBuf, 4096, buffer},
		{"RcvBufMax", s.RcvBufMax, 4096, buffer},
		{"SndBufMax", s.SndBufMax, 4096, buffer},
		{"Mem.Low", s.Mem.Low, 0, math.MaxInt},
		{"Mem.Pressure", s.Mem.Pressure, 0, math.MaxInt},
		{"Mem.High", s.Mem.High, 0, math.MaxInt},
		{"MaxOrphans", s.MaxOrphans, 0, math.MaxInt},
		{"MaxTWBuckets", s.MaxTWBuckets, 0, math.MaxInt},
		{"QuickAck", s.QuickAck, -1, 1<<15 - 1},
		{"InitialWindow", s.InitialWindow, 1, 100},
		{"SynRetries", s.SynRetries, 1, 255},
		{"SynAckRetries", s.SynAckRetries, 1, 255},
		{"SynCookies", int(s.SynCookies), 0, int(SynCookiesNever)},
		{"ECN", int(s.ECN), 0, int(ECNOff)},
		{"MTUProbing", int(s.MTUProbing), 0, int(MTUProbingOff)},
		{"Retries2", s.Retries2, 1, 255},
		{"OrphanRetries", s.OrphanRetries, 1, 255},
		{"MaxSynBacklog", s.MaxSynBacklog, 1, 1<<31 - 1},
		{"MinTSOSegs", s.MinTSOSegs, 1, maxPacket},
		{"MaxSegment", s.MaxSegment, leastSndMSS, 32767},
		{"BaseMSS", s.BaseMSS, leastSndMSS, maxPacket},
		{"MTUProbeFloor", s.MTUProbeFloor, leastSndMSS, maxPacket},
		{"ProbeThreshold", s.ProbeThreshold, 1, maxPacket},
		{"Retries1", s.Retries1, 1, 255},
		{"MinSndMSS", s.MinSndMSS, leastSndMSS, maxPacket},
		{"NotSentLowat", s.NotSentLowat, 1, 1<<31 - 1},
		{"WindowClamp", s.WindowClamp, 1, 1<<30 - 1},
		{"KeepAlive.Count", s.KeepAlive.Count, 1, 127},
	} {
		if f.v != 0 && (f.v < f.least || f.v > f.most) {
			return errors.New(f.name + " is " + strconv.Itoa(f.v) + ": want " + strconv.Itoa(f.least) + " to " + strconv.Itoa(f.most) + ", or 0 for the default")
		}
	}
	const day = 24 * time.Hour
	for _, f := range []struct {
		name           string
		v, least, most time.Duration
	}{
		{"DelayedAck", s.DelayedAck, time.Microsecond, 500 * time.Millisecond},
		{"MinRTO", s.MinRTO, time.Microsecond, 120 * time.Second},
		{"MaxRTO", s.MaxRTO, time.Second, time.Hour},
		{"InitialRTO", s.InitialRTO, time.Millisecond, 120 * time.Second},
		{"FinTimeout", s.FinTimeout, time.Millisecond, day},
		{"TimeWait", s.TimeWait, time.Millisecond, day},
		{"ProbeInterval", s.ProbeInterval, time.Millisecond, day},
		{"UserTimeout", s.UserTimeout, time.Millisecond, 24 * day},
		{"FastOpenBlackholeTimeout", s.FastOpenBlackholeTimeout, time.Second, day},
		{"DeferAccept", s.DeferAccept, time.Millisecond, day},
		{"KeepAlive.Idle", s.KeepAlive.Idle, time.Millisecond, day},
		{"KeepAlive.Interval", s.KeepAlive.Interval, time.Millisecond, day},
	} {
		if f.v != 0 && (f.v < f.least || f.v > f.most) {
			return errors.New(f.name + " is " + f.v.String() + ": want " + f.least.String() + " to " + f.most.String() + ", or 0 for the default")
		}
	}
	if m := s.Mem.withDefaults(); m.Low > m.Pressure || m.Pressure > m.High {
		return errors.New("memory limits are " + strconv.Itoa(m.Low) + ", " + strconv.Itoa(m.Pressure) + " and " + strconv.Itoa(m.High) +
			": want Mem.Low no more than Mem.Pressure, and that no more than Mem.High")
	}
	if s.MinRTO != 0 && s.MaxRTO != 0 && s.MinRTO > s.MaxRTO {
		return errors.New("MinRTO is " + s.MinRTO.String() + " and MaxRTO " + s.MaxRTO.String() + ": want it no longer")
	}
	return nil
}
