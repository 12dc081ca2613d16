package tcpdump

import (
	"math"
	"slices"
	"strings"

	"thinnet/capture"
)

// timeStampTypes are libpcap's names of where time stamps come from. The first is
// what there is here: the host's clock.
var timeStampTypes = []string{"host", "host_lowprec", "host_hiprec", "host_hiprec_unsynced", "adapter", "adapter_unsynced"}

// setDevice takes an option that concerns a device; false if it is none.
func (o *options) setDevice(name, value string) (bool, error) {
	var n int64
	var err error
	switch name {
	case "i":
		o.device = value
	case "D":
		o.listDevices = true
	case "L":
		o.listLinkTypes = true
	case "J":
		o.listTimeStamps = true
	case "j":
		if o.timeStamp = strings.ToLower(value); !slices.Contains(timeStampTypes, o.timeStamp) {
			err = fail("invalid time stamp type %s", value)
		}
	case "I":
		o.monitorMode = true
	case "f":
		o.foreign = true
	case "fanout":
		n, err = number("fanout group", value, 1, math.MaxUint16, 10)
		o.capture.Fanout = int(n)
	case "p":
		o.capture.Promiscuous = false
	case "immediate-mode":
		o.capture.Immediate = true
	case "Q":
		direction := strings.ToLower(value)
		o.capture.In, o.capture.Out = direction != "out", direction != "in"
		if direction != "in" && direction != "out" && direction != "inout" {
			err = fail("unknown capture direction '%s'", value)
		}
	case "B":
		if n, err = number("packet buffer size", value, 1, math.MaxInt32, 10); err == nil && n > math.MaxInt32/1024 {
			err = fail("packet buffer size %s is too large", value)
		}
		o.capture.Buffer = int(n) * 1024
	case "s":
		n, err = number("snaplen", value, 0, capture.MaxSnapLen, 0)
		o.capture.SnapLen = int(n)
	case "y":
		o.capture.HasLinkType = true
		if o.capture.LinkType, err = capture.ParseLinkType(value); err != nil {
			err = fail("invalid data link type %s", value)
		}
	default:
		return false, nil
	}
	return true, err
}
