package tcpdump

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"sync/atomic"

	"thinnet/capture"
	"thinnet/capture/pcapfilter"
)

// openDevice opens the device of -i, by name or by its number in -D.
func (c *command) openDevice() (Live, error) {
	if c.device == "" {
		devices, err := c.devices()
		if err != nil {
			return nil, err
		}
		c.device = devices[0].Name
	}
	if c.Capture == nil {
		return nil, fail("%v", errNoDevices)
	}
	o := c.capture
	o.SnapLen, o.Nano, o.Comments = c.snapLen(), c.text.Nano, c.isNG()
	live, err := c.Capture(c.device, o)
	if err == ErrNoDevice {
		if n, numErr := strconv.Atoi(c.device); numErr == nil {
			if err := c.byNumber(n); err != nil {
				return nil, err
			}
			live, err = c.Capture(c.device, o)
		}
	}
	if err == ErrNoDevice {
		return nil, fail("%s: %v\n(%v)", c.device, err, err)
	}
	if err != nil {
		return nil, fail("%s: %s", c.device, reason(err))
	}
	return live, nil
}

func (c *command) byNumber(n int) error {
	if n <= 0 {
		return fail("Invalid adapter index %s", c.device)
	}
	devices, err := c.devices()
	if err != nil {
		return err
	}
	if n > len(devices) {
		s := "s"
		if len(devices) == 1 {
			s = ""
		}
		return fail("Invalid adapter index %d: only %d interface%s found", n, len(devices), s)
	}
	c.device = devices[n-1].Name
	return nil
}

// runLive captures on a device.
func (c *command) runLive(ctx context.Context) error {
	live, err := c.openDevice()
	if err != nil {
		return err
	}
	defer live.Close()
	if c.listLinkTypes {
		return c.printLinkTypes()
	}
	link := live.LinkType()
	if c.options.capture.HasLinkType {
		c.errorf("tcpdump: data link type %s\n", link)
	}
	compile := func(source pcapfilter.Source) (*pcapfilter.Program, error) {
		return c.filter(link, c.snapLen(), source)
	}
	if c.dump > 0 {
		filter, err := compile(live.FilterSource())
		if err != nil {
			return err
		}
		return c.printFilter(filter)
	}
	if err := live.SetFilter(compile); err != nil {
		return err
	}
	if err := c.dropPrivileges(); err != nil {
		return err
	}
	c.interfaceName = func(*capture.Packet) string { return c.device }
	out, err := c.newOutput(link, c.snapLen())
	if err != nil {
		return err
	}
	if c.text.Verbose == 0 && c.write == "" && c.view == viewText {
		c.errorf("tcpdump: verbose output suppressed, use -v[v]... for full protocol decode\n")
	} else {
		c.errorf("tcpdump: ")
	}
	c.errorf("listening on %s, %s, snapshot length %d bytes\n", c.device, headline(link), c.snapLen())
	if c.Ready != nil {
		c.Ready()
	}
	return c.captureLive(ctx, live, out)
}

// captureLive takes packets to the output until ctx ends or there are enough.
func (c *command) captureLive(ctx context.Context, live Live, out *output) error {
	var captured atomic.Int64
	stop := c.answerStatistics(live, &captured)
	defer stop()
	limit := c.limit()
	var err error
	for err == nil && (limit == 0 || out.captured < limit) {
		p, nextErr := live.Next(ctx)
		if nextErr == io.EOF {
			break
		}
		if err = nextErr; err != nil {
			err = fail("pcap_loop: %s", reason(err))
			break
		}
		if err = out.take(&p); err == nil && (c.lineNow || !live.Pending()) {
			err = out.flush()
		}
		captured.Store(out.captured)
	}
	err = c.finish(out, err)
	if ctx.Err() != nil && c.InterruptLine && c.write == "" && c.view == viewText {
		_, _ = io.WriteString(c.Stdout, "\n") // behind the ^C of a terminal
	}
	if err != nil {
		report(c.Stdout, c.Stderr, err)
		err = exit{code: 1} // what there is to say was said, before the counters
	}
	n := live.Counters()
	c.errorf("%s captured\n%s received by filter\n%s dropped by kernel\n",
		plural(uint64(out.captured)), plural(n.Received), plural(n.Dropped))
	return err
}

// answerStatistics prints the counters whenever they are asked for, until stop
// is called.
func (c *command) answerStatistics(live Live, captured *atomic.Int64) (stop func()) {
	if c.Statistics == nil {
		return func() {}
	}
	end, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-end:
				return
			case <-c.Statistics:
				n := live.Counters()
				c.errorf("tcpdump: %s captured, %s received by filter, %s dropped by kernel\n",
					plural(uint64(captured.Load())), plural(n.Received), plural(n.Dropped))
			}
		}
	}()
	return func() { close(end); <-done }
}

// printLinkTypes is -L.
func (c *command) printLinkTypes() error {
	if c.LinkTypes == nil {
		return fail("%s: the link types are not known here", c.device)
	}
	types, err := c.LinkTypes(c.device)
	if err != nil {
		return fail("%s: %s", c.device, reason(err))
	}
	fmt.Fprintf(c.Stdout, "Data link types for %s (use option -y to set):\n", c.device)
	for _, t := range types {
		fmt.Fprintf(c.Stdout, "  %s (%s)\n", t, t.Description())
	}
	return nil
}

// dropPrivileges is -Z.
func (c *command) dropPrivileges() error {
	if c.user == "" {
		return nil
	}
	if c.DropPrivileges == nil {
		return fail("Couldn't change to '%.32s': there are no users here", c.user)
	}
	if err := c.DropPrivileges(c.user); err != nil {
		return fail("%v", err)
	}
	c.errorf("dropped privs to %s\n", c.user)
	return nil
}

func plural(n uint64) string {
	if n == 1 {
		return "1 packet"
	}
	return strconv.FormatUint(n, 10) + " packets"
}
