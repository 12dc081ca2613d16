package tcp

import (
	"fmt"
	"math"
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
			return fmt.Errorf("%s is %d: want %d to %d, or 0 for the default", f.name, f.v, f.least, f.most)
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
			return fmt.Errorf("%s is %v: want %v to %v, or 0 for the default", f.name, f.v, f.least, f.most)
		}
	}
	if m := s.Mem.withDefaults(); m.Low > m.Pressure || m.Pressure > m.High {
		return fmt.Errorf("memory limits are %d, %d and %d: want Mem.Low no more than Mem.Pressure, and that no more than Mem.High", m.Low, m.Pressure, m.High)
	}
	if s.MinRTO != 0 && s.MaxRTO != 0 && s.MinRTO > s.MaxRTO {
		return fmt.Errorf("MinRTO is %v and MaxRTO %v: want it no longer", s.MinRTO, s.MaxRTO)
	}
	if s.MTUProbing > MTUProbingOff {
		return fmt.Errorf("MTUProbing is %d: want MTUProbingBlackHole, MTUProbingAlways or MTUProbingOff", s.MTUProbing)
	}
	if s.ECN > ECNOff {
		return fmt.Errorf("ECN is %d: want ECNAccept, ECNOn or ECNOff", s.ECN)
	}
	return nil
}
