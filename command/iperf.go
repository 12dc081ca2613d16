package command

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"thinnet/getopt"
)

var iperf = &Command{
	Name:    "iperf",
	Summary: "measure how much a path carries (iperf3)",
	Usage:   "-s | -c host [-uRN1J] [--bidir] [-p port] [-t seconds] [-n bytes] [-k blocks] [-i seconds] [-B address] [-P streams] [-b rate] [-l bytes] [-w bytes] [-M bytes] [-C algorithm] [-f format]",
	Example: `  iperf -s                  wait for tests, on one host
  iperf -c server           how much TCP carries to it in 10 seconds, from another
  iperf -c server -R -P 4   from it, in four streams
  iperf -c server -u -b 5M  datagrams at 5 Mbit/s: how many are lost, and how evenly they come`,
	Serves: true,
	Run:    runIperf,
}

const iperfUsage = `Usage: iperf3 [-s|-c host] [options]
       iperf3 [-h|--help] [-v|--version]`

// iperfVersion is the version whose protocol and output these are.
const iperfVersion = "3.12"

// iperfOptions are the options of iperf.
type iperfOptions struct {
	iperfParams
	server, once bool
	json         bool // -J
	host, bind   string
	port         uint16
	interval     time.Duration
	format       byte
	clientOnly   bool // an option was given that a server has no use for
	ends         int  // how many of -t and -n
	rate         bool // -b was given
}

const iperfShort = "s1Jc:p:f:i:B:uRNt:n:k:l:P:w:M:C:b:4"

var iperfLong = []string{
	"server=s", "one-off=1", "client:=c", "port:=p", "format:=f", "interval:=i", "udp=u", "reverse=R", "no-delay=N",
	"bind:=B", "time:=t", "bytes:=n", "blockcount:=k", "length:=l", "parallel:=P", "window:=w", "set-mss:=M", "congestion:=C", "bitrate:=b", "version4=4",
	"json=J", "bidir",
}

// iperfDefaultRate is how fast UDP sends without -b, in bits a second.
const iperfDefaultRate = 1 << 20

func parseIperf(args []string) (*iperfOptions, error) {
	o := &iperfOptions{port: 5201, interval: time.Second, format: 'a'}
	o.TCP, o.Parallel, o.Time, o.Version = true, 1, 10, iperfVersion
	options, operands, err := getopt.Parse(args, iperfShort, iperfLong...)
	if err != nil {
		return nil, fail(1, "iperf3: %v\n%s", err, iperfUsage)
	}
	for _, opt := range options {
		if err := o.set(opt); err != nil {
			return nil, iperfBad(err)
		}
		o.clientOnly = o.clientOnly || opt.Name == "bidir" || strings.Contains("uRNtnklPwMCb", opt.Name)
	}
	switch {
	case len(operands) > 0:
		err = fmt.Errorf("no operand is expected: %q", operands[0])
	case o.server && o.host != "":
		err = errors.New("cannot be both server and client")
	case !o.server && o.host == "":
		err = errors.New("must either be a client (-c) or server (-s)")
	case o.server && o.clientOnly:
		err = errors.New("some option you are trying to set is client only")
	case o.once && !o.server:
		err = errors.New("some option you are trying to set is server only")
	case o.ends > 1:
		err = errors.New("only one test end condition (-t, -n, -k) may be specified")
	default:
		err = o.check()
	}
	if err != nil {
		return nil, iperfBad(err)
	}
	if o.Num > 0 || o.Blocks > 0 {
		o.Time = 0
	}
	if o.UDP && !o.rate {
		o.Bandwidth = iperfDefaultRate
	}
	return o, nil
}

func iperfBad(err error) error {
	return fail(1, "iperf3: parameter error - %v\n\n%s\n", err, iperfUsage)
}

// set sets what an option says.
func (o *iperfOptions) set(opt getopt.Option) (err error) {
	var n int64
	if strings.Contains("ptPM", opt.Name) {
		if n, err = strconv.ParseInt(opt.Value, 10, 31); err != nil {
			return fmt.Errorf("-%s %s: not a number", opt.Name, opt.Value)
		}
	}
	if unit := map[string]float64{"n": 1024, "k": 1024, "l": 1024, "w": 1024, "b": 1000}[opt.Name]; unit != 0 {
		if n, err = iperfNumber(opt.Value, unit); err != nil {
			return fmt.Errorf("-%s %s: %w", opt.Name, opt.Value, err)
		}
	}
	switch opt.Name {
	case "s":
		o.server = true
	case "1":
		o.once = true
	case "c":
		o.host = opt.Value
	case "p":
		if n < 1 || n > 65535 {
			return errors.New("port number must be between 1 and 65535 inclusive")
		}
		o.port = uint16(n)
	case "f":
		if len(opt.Value) != 1 || !strings.Contains("kmgtKMGT", opt.Value) {
			return errors.New("bad format specifier (valid formats are in the set [kmgtKMGT])")
		}
		o.format = opt.Value[0]
	case "i":
		d, ok := parseSeconds(opt.Value, time.Second)
		if !ok || d != 0 && (d < 100*time.Millisecond || d > time.Minute) {
			return errors.New("invalid report interval (min = 0.1, max = 60 seconds)")
		}
		o.interval = d
	case "u":
		o.UDP, o.TCP = true, false
	case "J":
		o.json = true
	case "R":
		o.Reverse = true
	case "bidir":
		o.Bidir = true
	case "N":
		o.NoDelay = true
	case "t":
		o.Time = int(n)
		o.ends++
	case "n":
		o.Num = n
		o.ends++
	case "k":
		o.Blocks = n
		o.ends++
	case "B":
		o.bind = opt.Value
	case "l":
		if n < 1 {
			return errors.New("block size too small (minimum = 1 byte)")
		}
		o.Len = int(min(n, iperfMaxBlock+1))
	case "P":
		o.Parallel = int(n)
	case "w":
		o.Window = int(min(n, iperfMaxWindow+1))
	case "M":
		o.MSS = int(n)
	case "C":
		o.Congestion = opt.Value
	case "b":
		o.Bandwidth, o.rate = n, true
	}
	return nil
}

// iperfNumber reads a number with a k, m, g or t for so many times unit, its square
// and so on.
func iperfNumber(s string, unit float64) (int64, error) {
	factor := 1.0
	if n := len(s); n > 0 {
		if i := strings.IndexByte("kmgt", s[n-1]|0x20); i >= 0 {
			s = s[:n-1]
			for range i + 1 {
				factor *= unit
			}
		}
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || !(f >= 0 && f*factor < 1<<60) {
		return 0, errors.New("not a number, with K, M, G or T behind it if need be")
	}
	return int64(f * factor), nil
}

func runIperf(ctx context.Context, e *Env, args []string) error {
	o, err := parseIperf(args)
	if err != nil {
		return err
	}
	if o.server {
		s := &iperfServer{env: e, port: o.port, interval: o.interval, format: o.format, once: o.once, json: o.json, bind: o.bind}
		err = s.run(ctx)
	} else {
		e.ready()
		t := &iperfTest{env: e, iperfParams: o.iperfParams, client: true, interval: o.interval, format: o.format}
		c := &iperfClient{iperfTest: t, host: o.host, port: fmt.Sprint(o.port), bind: o.bind}
		if o.json {
			t.json, t.env = newIperfJSON(e.Host.Name()), e.silent()
		}
		err = c.run(ctx)
		if o.json {
			e.printf("%s", t.json.text(err))
			if err != nil {
				err = exit(1)
			}
		}
	}
	var ending exitError
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &ending):
		return err
	case err != nil:
		return fail(1, "iperf3: error - %v", err)
	}
	return nil
}
