package command

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"strconv"
	"strings"

	"thinnet/capture"
	"thinnet/capture/dissect"
	"thinnet/capture/pcapfile"
	"thinnet/capture/pcapfilter"
)

var tcpdump = &Command{
	Name:    "tcpdump",
	Summary: "show the packets of an interface",
	Usage:   "[-ADeKlnqStvxX#] [-c count] [-i interface] [-Q in|out|inout] [-r file] [-s snaplen] [-w file] [expression]",
	Serves:  true,
	Run:     runTCPDump,
}

const tcpdumpUsage = `tcpdump version 5.0.0, thinnet
Usage: tcpdump [-ADeKlLnNqStUvxX#] [ -c count ] [--count] [ -i interface ] [ --lengths ]
		[ --micro ] [ --nano ] [ --number ] [ --print ] [ -Q in|out|inout ]
		[ -r file ] [ -s snaplen ] [ --version ] [ -w file ] [ expression ]`

// tcpdumpOptions are the options of tcpdump.
type tcpdumpOptions struct {
	dissect.Options
	device, read, write string
	count               int // 0: no end
	countOnly           bool
	snaplen             int
	in, out             bool
	print               bool // beside -w
	list                bool
	expression          string
}

func parseTCPDump(args []string) (*tcpdumpOptions, error) {
	o := &tcpdumpOptions{snaplen: capture.MaxSnapLen, in: true, out: true}
	options, operands, err := getopt(args, "Ac:Dei:KlLnNpqQ:r:s:StUvw:xX#",
		"count", "interface:=i", "immediate-mode", "lengths", "list-interfaces=D", "micro", "nano", "number=#", "print",
		"direction:=Q", "snapshot-length:=s", "version", "dont-verify-checksums=K", "absolute-tcp-sequence-numbers=S",
		"no-promiscuous-mode=p", "packet-buffered=U")
	if err != nil {
		return nil, fail(1, "tcpdump: %v\n%s", err, tcpdumpUsage)
	}
	letters := make(map[string]int)
	for _, opt := range options {
		letters[opt.name]++
		switch opt.name {
		case "c":
			if o.count, err = strconv.Atoi(opt.value); err != nil || o.count <= 0 {
				return nil, fail(1, "tcpdump: invalid packet count %s", opt.value)
			}
		case "s":
			n, err := strconv.Atoi(opt.value)
			if err != nil || n < 0 || n > capture.MaxSnapLen {
				return nil, fail(1, "tcpdump: invalid snaplen %s (must be >= 0 and <= %d)", opt.value, capture.MaxSnapLen)
			}
			if o.snaplen = n; n == 0 {
				o.snaplen = capture.MaxSnapLen
			}
		case "Q":
			o.in, o.out = opt.value != "out", opt.value != "in"
			if opt.value != "in" && opt.value != "out" && opt.value != "inout" {
				return nil, fail(1, "tcpdump: unknown capture direction '%s'", opt.value)
			}
		case "i":
			o.device = opt.value
		case "r":
			o.read = opt.value
		case "w":
			o.write = opt.value
		case "version":
			return nil, fail(0, "tcpdump version 5.0.0, thinnet")
		}
	}
	has := func(name string) bool { return letters[name] > 0 }
	o.countOnly, o.print, o.list = has("count"), has("print"), has("D")
	o.Number, o.Numeric, o.NoDomain, o.Link = has("#"), has("n"), has("N"), has("e")
	o.AbsoluteSeq, o.NoChecksum, o.Lengths, o.Nano = has("S"), has("K"), has("lengths"), has("nano")
	o.Verbose, o.Quiet = min(letters["v"], 3), letters["q"]
	if letters["t"] > int(dissect.TimeSinceFirst) {
		return nil, fail(1, "tcpdump: only -t, -tt, -ttt, -tttt, and -ttttt are supported")
	}
	o.Time = dissect.TimeFormat(letters["t"])
	for _, d := range []struct {
		letter    string
		one, more dissect.Dump
	}{
		{"x", dissect.DumpHex, dissect.DumpHexLink},
		{"X", dissect.DumpHexASCII, dissect.DumpHexASCIILink},
		{"A", dissect.DumpASCII, dissect.DumpASCIILink},
	} {
		switch {
		case letters[d.letter] > 1:
			o.Dump = d.more
		case letters[d.letter] == 1:
			o.Dump = d.one
		}
	}
	o.expression = strings.Join(operands, " ")
	return o, nil
}

func runTCPDump(ctx context.Context, e *Env, args []string) error {
	o, err := parseTCPDump(args)
	switch {
	case err != nil:
		return err
	case o.list:
		e.listInterfaces()
		return nil
	case o.read != "":
		return e.dumpFile(ctx, o)
	}
	return e.dumpLive(ctx, o)
}

func (e *Env) listInterfaces() {
	n := 0
	for _, i := range e.Host.Stack().Interfaces() {
		n++
		state := "Up, Running"
		switch {
		case !i.Up:
			state = "none"
		case i.Loopback:
			state += ", Loopback"
		default:
			state += ", Connected"
		}
		e.printf("%d.%s [%s]\n", n, i.Name, state)
	}
}

// compile compiles the filter.
func (e *Env) compile(ctx context.Context, o *tcpdumpOptions, link capture.LinkType, source pcapfilter.Source) (*pcapfilter.Program, error) {
	p, err := pcapfilter.Compile(o.expression, pcapfilter.Options{
		LinkType: link, SnapLen: uint32(o.snaplen), Optimize: true, Source: source, Names: filterNames{e: e, ctx: ctx}})
	if err != nil {
		return nil, fail(1, "tcpdump: %v", err)
	}
	return p, nil
}

// dumpFile prints the packets of a file.
func (e *Env) dumpFile(ctx context.Context, o *tcpdumpOptions) error {
	in := io.NopCloser(e.stdin(ctx))
	if o.read != "-" {
		var err error
		if in, err = e.open(o.read); err != nil {
			return tcpdumpFileError(o.read, err)
		}
	}
	defer in.Close()
	r, err := pcapfile.NewReader(in)
	if err != nil {
		return fail(1, "tcpdump: %v", err)
	}
	link, snaplen := capture.LinkTypeEthernet, capture.MaxSnapLen
	if ifaces := r.Interfaces(); len(ifaces) > 0 {
		link, snaplen = ifaces[0].LinkType, ifaces[0].SnapLen
	}
	filter, err := e.compile(ctx, o, link, pcapfilter.SourceFile)
	if err != nil {
		return err
	}
	sink, err := e.newSink(o, link)
	if err != nil {
		return err
	}
	defer sink.close()
	if !o.countOnly {
		e.errorf("reading from file %s, link-type %s (%s), snapshot length %d\n", o.read, link, link.Description(), snaplen)
	}
	for ctx.Err() == nil && (o.count == 0 || sink.captured < o.count) {
		p, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fail(1, "tcpdump: pcap_loop: %v", err)
		}
		if !filter.Match(p.Data, p.OrigLen) {
			sink.printer.Skip()
			continue
		}
		if len(p.Data) > o.snaplen {
			p.Data = p.Data[:o.snaplen]
		}
		if err := sink.take(&p); err != nil {
			return err
		}
	}
	if o.countOnly {
		s := "s"
		if sink.captured == 1 {
			s = ""
		}
		e.printf("%d packet%s\n", sink.captured, s)
	}
	return nil
}

func tcpdumpFileError(name string, err error) error {
	var path *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fail(1, "tcpdump: %s: No such file or directory", name)
	case errors.As(err, &path):
		err = path.Err
	}
	return fail(1, "tcpdump: %s: %v", name, err)
}

// packetSink is where packets go: into a file, as text to the output, or both.
type packetSink struct {
	env      *Env
	printer  *dissect.Printer
	text     []byte
	writer   *pcapfile.Writer
	closer   io.Closer
	captured int
	silent   bool
}

func (e *Env) newSink(o *tcpdumpOptions, link capture.LinkType) (*packetSink, error) {
	s := &packetSink{env: e, printer: dissect.New(o.Options), silent: o.countOnly || o.write != "" && !o.print}
	if o.write == "" {
		return s, nil
	}
	var out io.WriteCloser = nopWriteCloser{e.Stdout}
	if o.write != "-" {
		var err error
		if out, err = e.create(o.write); err != nil {
			return nil, tcpdumpFileError(o.write, err)
		}
	}
	precision := pcapfile.Micro
	if o.Nano {
		precision = pcapfile.Nano
	}
	w, err := pcapfile.NewWriter(out, link, o.snaplen, precision)
	if err != nil {
		out.Close()
		return nil, tcpdumpFileError(o.write, err)
	}
	s.writer, s.closer = w, out
	return s, nil
}

func (s *packetSink) take(p *capture.Packet) error {
	s.captured++
	if s.writer != nil {
		if err := s.writer.WritePacket(p); err != nil {
			return fail(1, "tcpdump: Unable to write output: %v", err)
		}
	}
	if s.silent {
		return nil
	}
	s.text = s.printer.AppendPacket(s.text[:0], p)
	if _, err := s.env.Stdout.Write(s.text); err != nil {
		return fail(1, "tcpdump: Unable to write output: %v", err)
	}
	return nil
}

func (s *packetSink) close() {
	if s.closer != nil {
		s.closer.Close()
	}
}
