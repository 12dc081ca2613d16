package tcpdump

import (
	"fmt"
	"math"
	"strings"

	"thinnet/capture/dissect"
	"thinnet/getopt"
)

// options are the command line.
type options struct {
	text    dissect.Options
	capture CaptureOptions

	device, read, readList string // -i, -r, -V
	write                  string // -w
	print                  bool   // --print, beside -w
	view                   viewKind
	stream                 int64 // of --follow and --ladder
	writeNow               bool  // -U
	lineNow                bool  // -l
	rotation               rotation

	count, skip int64 // -c, --skip; 0: none
	sampling    int64 // --print-sampling; 0: all
	countOnly   bool  // --count

	expression  string
	filterFile  string // -F
	noOptimizer bool   // -O
	dump        int    // -d, -dd, -ddd

	listDevices, listLinkTypes bool   // -D, -L
	listTimeStamps             bool   // -J
	timeStamp                  string // -j
	monitorMode                bool   // -I
	foreign                    bool   // -f
	user                       string // -Z

	warnings []string // about options that do nothing
}

const shortOptions = "aAbB:c:C:dDeE:fF:gG:hHi:Ij:JKlLm:M:nNOpqQ:r:s:StT:uUvV:w:W:xXy:z:Z:#"

var longOptions = []string{
	"buffer-size:=B", "list-interfaces=D", "help=h", "interface:=i", "micro", "nano", "time-stamp-precision:",
	"dont-verify-checksums=K", "list-data-link-types=L", "no-optimize=O", "no-promiscuous-mode=p", "direction:=Q",
	"snapshot-length:=s", "absolute-tcp-sequence-numbers=S", "packet-buffered=U", "linktype:=y", "immediate-mode",
	"relinquish-privileges:=Z", "count", "number=#", "print", "print-sampling:", "lengths", "ip-oneline=g", "skip:",
	"version", "monitor-mode=I", "time-stamp-type:=j", "list-time-stamp-types=J", "json", "follow:", "conversations", "endpoints", "ladder::",
	"fanout:",
}

// parse reads the command line. Errors come in the order in which tcpdump finds
// them.
func parse(args []string) (*options, error) {
	o := &options{}
	o.capture = CaptureOptions{Promiscuous: true, In: true, Out: true}
	list, operands, err := getopt.Parse(args, shortOptions, longOptions...)
	if err != nil {
		return nil, fail("%v\n%s", err, usage())
	}
	for _, opt := range list {
		if err := o.set(opt.Name, opt.Value); err != nil {
			return nil, err
		}
	}
	o.expression = strings.Join(operands, " ")
	return o, o.check()
}

// set takes one option.
func (o *options) set(name, value string) (err error) {
	for _, take := range []func(name, value string) (known bool, err error){o.setText, o.setView, o.setWriting, o.setDevice} {
		if known, err := take(name, value); known || err != nil {
			return err
		}
	}
	switch name {
	case "a", "b", "H", "u": // of what is not printed here, or of old
	case "E", "M":
		o.warnings = append(o.warnings, "WARNING: crypto code not compiled in")
	case "m":
		o.warnings = append(o.warnings, fmt.Sprintf("ignoring option '-m %s' (no libsmi support)", value))
	case "c":
		o.count, err = number("packet count", value, 1, math.MaxInt32, 10)
	case "skip":
		if o.skip, err = number("packet skip count", value, 0, math.MaxInt32, 0); strings.HasPrefix(value, "-") {
			err = fail("invalid packet skip count \"%s\" (not a valid unsigned number)", value)
		}
	case "d":
		o.dump++
	case "F":
		o.filterFile = value
	case "h":
		return exit{message: usage()}
	case "version":
		return exit{message: version()}
	case "O":
		o.noOptimizer = true
	case "r":
		o.read = value
	case "V":
		o.readList = value
	case "count":
		o.countOnly = true
	case "Z":
		o.user = value
	}
	return err
}

// setWriting takes an option of -w; false if it is none.
func (o *options) setWriting(name, value string) (bool, error) {
	var err error
	var n int64
	switch name {
	case "w":
		o.write = value
	case "print":
		o.print = true
	case "U":
		o.writeNow = true
	case "l":
		o.lineNow = true
	case "C":
		o.rotation.size, err = fileSize(value)
	case "G":
		o.rotation.byTime = true
		n, err = number("number of seconds", value, 0, math.MaxInt32, 10)
		o.rotation.seconds = n
		o.rotation.byTime = n != 0
	case "W":
		n, err = number("number of output files", value, 1, math.MaxInt32, 10)
		o.rotation.files = n
	case "z":
		o.rotation.command = value
	default:
		return false, nil
	}
	return true, err
}

// check says what does not go together.
func (o *options) check() error {
	switch {
	case o.rotation.size != 0 && o.write == "":
		return fail("-C cannot be used without -w.")
	case o.rotation.byTime && o.write == "":
		return fail("-G cannot be used without -w.")
	case o.countOnly && !o.offline():
		return fail("--count cannot be used without -r or -V.")
	case o.countOnly && o.view != viewText:
		return fail("--count and %s are mutually exclusive.", viewNames[o.view])
	case o.rotation.command != "" && (o.write == "" || o.rotation.size == 0 && !o.rotation.byTime):
		return fail("-z cannot be used without -w and (-C or -G).")
	case o.count != 0 && o.skip > math.MaxInt32-o.count:
		return fail("Overflow (-c count) %d + (--skip count) %d", o.count, o.skip)
	case o.listDevices:
		return nil
	case o.text.Time > dissect.TimeSinceFirst:
		return fail("only -t, -tt, -ttt, -tttt and -ttttt are supported")
	case o.read != "" && o.readList != "":
		return fail("-V and -r are mutually exclusive.")
	case o.foreign && o.offline():
		return fail("-f can not be used with -V or -r")
	}
	return nil
}

// offline says whether packets come from files.
func (o *options) offline() bool { return o.read != "" || o.readList != "" }
