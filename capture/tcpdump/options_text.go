package tcpdump

import (
	"math"
	"slices"
	"strings"

	"thinnet/capture/dissect"
)

// setText takes an option of the text; false if it is none.
func (o *options) setText(name, value string) (bool, error) {
	t := &o.text
	var err error
	switch name {
	case "#":
		t.Number = true
	case "lengths":
		t.Lengths = true
	case "e":
		t.Link = true
	case "g":
		t.OneLine = true
	case "K":
		t.NoChecksum = true
	case "n":
		t.Numeric = true
	case "N":
		t.NoDomain = true
	case "q":
		t.Quiet++
	case "S":
		t.AbsoluteSeq = true
	case "t":
		if t.Time <= dissect.TimeSinceFirst {
			t.Time++
		}
	case "v":
		t.Verbose = min(t.Verbose+1, 3)
	case "x":
		err = o.setDump(dissect.DumpHex)
	case "X":
		err = o.setDump(dissect.DumpHexASCII)
	case "A":
		err = o.setDump(dissect.DumpASCII)
	case "T":
		t.Payload, err = payload(value)
	case "print-sampling":
		o.print, t.AbsoluteSeq = true, true
		o.sampling, err = number("print sampling", value, 1, math.MaxInt32, 10)
	case "nano":
		t.Nano = true
	case "micro":
		t.Nano = false
	case "time-stamp-precision":
		t.Nano = strings.HasPrefix(value, "nano")
		if !t.Nano && !strings.HasPrefix(value, "micro") {
			err = fail("unsupported time stamp precision")
		}
	default:
		return false, nil
	}
	return true, err
}

var dumpLetters = [...]string{dissect.DumpHex: "-x[x]", dissect.DumpHexASCII: "-X[X]", dissect.DumpASCII: "-A"}

// setDump takes one letter of -x, -X or -A. The same one again adds the link
// header.
func (o *options) setDump(d dissect.Dump) error {
	switch have := o.text.Dump; have {
	case dissect.DumpNone:
		o.text.Dump = d
	case d, d + 1:
		o.text.Dump = d + 1
	default:
		if have == dissect.DumpHexLink || have == dissect.DumpHexASCIILink || have == dissect.DumpASCIILink {
			have--
		}
		first, second := d, have
		if have == dissect.DumpASCII || have == dissect.DumpHex && d == dissect.DumpHexASCII {
			first, second = have, d
		}
		return fail("%s and %s are mutually exclusive.", dumpLetters[first], dumpLetters[second])
	}
	return nil
}

// payload reads the argument of -T.
func payload(name string) (dissect.Payload, error) {
	switch strings.ToLower(name) {
	case "domain":
		return dissect.PayloadDomain, nil
	case "tftp":
		return dissect.PayloadTFTP, nil
	case "vxlan":
		return dissect.PayloadVXLAN, nil
	}
	if slices.Contains(otherPayloads, strings.ToLower(name)) {
		return 0, fail("packet type '%s' is not built: want domain, tftp or vxlan", name)
	}
	return 0, fail("unknown packet type '%s'", name)
}

// otherPayloads are the arguments of -T that tcpdump knows and that nothing here
// prints.
var otherPayloads = []string{
	"aodv", "carp", "cnfp", "lmp", "pgm", "pgm_zmtp1", "ptp", "quic", "radius", "resp", "rpc", "rtcp", "rtp", "snmp",
	"someip", "vat", "wb", "zmtp1",
}
