package tcpdump

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"

	"thinnet/capture"
	"thinnet/capture/pcapfilter"
)

// Run runs the command until it ends or ctx does, which is its Ctrl-C, and
// returns its exit code: 0, or 1 after an error, which stands on Stderr.
func Run(ctx context.Context, e *Env, args []string) int {
	return report(e.Stdout, e.Stderr, e.run(ctx, args))
}

func (e *Env) run(ctx context.Context, args []string) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	if !o.text.Numeric {
		o.text.Host = e.HostName
	}
	o.text.InterfaceName = e.InterfaceName
	c := &command{Env: e, options: o, netmask: netip.IPv4Unspecified()}
	for _, w := range o.warnings {
		c.errorf("tcpdump: %s\n", w)
	}
	switch {
	case o.listDevices:
		return c.printDevices()
	case o.offline():
		return c.runFiles(ctx)
	case o.dump > 0 && o.device == "":
		return c.dumpWithoutDevice()
	}
	return c.runLive(ctx)
}

// command is one run.
type command struct {
	*Env
	*options
	netmask netip.Addr // for filters: not known, but with -f
	// interfaceName returns the name of a packet's interface, "" if it has none.
	interfaceName func(*capture.Packet) string
}

func (c *command) errorf(format string, args ...any) { fmt.Fprintf(c.Stderr, format, args...) }

// filter compiles the expression.
func (c *command) filter(link capture.LinkType, snaplen int, source pcapfilter.Source) (*pcapfilter.Program, error) {
	if c.filterFile != "" {
		text, err := c.readFilter()
		if err != nil {
			return nil, err
		}
		c.expression, c.filterFile = text, ""
	}
	p, err := pcapfilter.Compile(c.expression, pcapfilter.Options{
		LinkType: link, SnapLen: uint32(snaplen), Netmask: c.netmask,
		Optimize: !c.noOptimizer, Source: source, Names: c.Names})
	if err != nil {
		return nil, fail("%v", err)
	}
	return p, nil
}

// maxFilterFile is the longest file that -F takes, in bytes.
const maxFilterFile = 1 << 20

// readFilter reads the file of -F, without its comments.
func (c *command) readFilter() (string, error) {
	if c.Open == nil {
		return "", fail("can't open %s: there are no files here", c.filterFile)
	}
	f, err := c.Open(c.filterFile)
	if err != nil {
		return "", fail("can't open %s: %s", c.filterFile, reason(err))
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxFilterFile+1))
	switch {
	case err != nil:
		return "", fail("read %s: %s", c.filterFile, reason(err))
	case len(b) > maxFilterFile:
		return "", fail("%s is too large", c.filterFile)
	}
	lines := strings.Split(string(b), "\n")
	for i, line := range lines {
		lines[i], _, _ = strings.Cut(line, "#")
	}
	return strings.Join(lines, "\n"), nil
}

// printFilter is -d, -dd and -ddd.
func (c *command) printFilter(p *pcapfilter.Program) error {
	text := p.Decimal()
	switch c.dump {
	case 1:
		text = p.Disassemble()
	case 2:
		text = p.C()
	}
	if _, err := io.WriteString(c.Stdout, text); err != nil {
		return writeError(err)
	}
	return nil
}

// dumpWithoutDevice is -d without -i and -r.
func (c *command) dumpWithoutDevice() error {
	link := capture.LinkTypeEthernet
	if c.capture.HasLinkType {
		link = c.capture.LinkType
	} else {
		c.errorf("Warning: assuming Ethernet\n")
	}
	p, err := c.filter(link, c.snapLen(), pcapfilter.SourceLive)
	if err != nil {
		return err
	}
	return c.printFilter(p)
}

// snapLen returns the snapshot length that was asked for.
func (c *command) snapLen() int {
	if c.capture.SnapLen == 0 {
		return capture.MaxSnapLen
	}
	return c.capture.SnapLen
}

// headline returns how a header names a link type.
func headline(link capture.LinkType) string {
	if link.Description() == "" {
		return fmt.Sprintf("link-type %d", uint16(link))
	}
	return fmt.Sprintf("link-type %s (%s)", link, link.Description())
}

func (c *command) printDevices() error {
	devices, err := c.devices()
	if err != nil {
		return err
	}
	for i, d := range devices {
		fmt.Fprintf(c.Stdout, "%d.%s", i+1, d.Name)
		if d.Description != "" {
			fmt.Fprintf(c.Stdout, " (%s)", d.Description)
		}
		flags := "none"
		if len(d.Flags) > 0 {
			flags = strings.Join(d.Flags, ", ")
		}
		fmt.Fprintf(c.Stdout, " [%s]\n", flags)
	}
	return nil
}

var errNoDevices = errors.New("no interfaces available for capture")

func (c *command) devices() ([]Device, error) {
	if c.Devices == nil {
		return nil, fail("%v", errNoDevices)
	}
	devices, err := c.Devices()
	if err == nil && len(devices) == 0 {
		err = errNoDevices
	}
	if err != nil {
		return nil, fail("%v", err)
	}
	return devices, nil
}
