package tcpdump

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

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
	if c.timeStamp != "" && c.timeStamp != timeStampTypes[0] {
		c.errorf("tcpdump: WARNING: When trying to set timestamp type '%s' on %s: That type of time stamp is not supported by that device\n",
			c.timeStamp, c.device)
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
	if c.listTimeStamps {
		// Here nobody has another clock than the host's.
		fmt.Fprintf(c.Stdout, "Time stamp types for %s (use option -j to set):\n  host (Host)\n", c.device)
		return nil
	}
	if c.monitorMode {
		return fail("%s: That device doesn't support monitor mode", c.device)
	}
	c.nameForeign()
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
	stop := sync.OnceFunc(c.tell(live, &captured))
	defer stop()
	limit := c.limit()
	var err error
	var p capture.Packet // here, so that there is one for all packets
	for err == nil && (limit == 0 || out.captured < limit) {
		var nextErr error
		if p, nextErr = live.Next(ctx); nextErr == io.EOF {
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
		select {
		case <-c.Flush:
			if err == nil {
				err = out.flush()
			}
		default:
		}
	}
	err = c.finish(out, err)
	stop() // what follows is not to be mixed with what it says
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

// tell prints the counters whenever they are asked for, and each second with -v
// and -w how many packets there are, until stop is called.
func (c *command) tell(live Live, captured *atomic.Int64) (stop func()) {
	end, done := make(chan struct{}), make(chan struct{})
	var seconds <-chan time.Time
	stopSeconds := func() {}
	if c.text.Verbose > 0 && c.write != "" && !c.print {
		t := time.NewTicker(time.Second)
		seconds, stopSeconds = t.C, t.Stop
	}
	if c.Statistics == nil && seconds == nil {
		return func() {}
	}
	go func() {
		defer close(done)
		for {
			select {
			case <-end:
				return
			case <-seconds:
				c.errorf("Got %d\r", captured.Load())
			case <-c.Statistics:
				n := live.Counters()
				c.errorf("tcpdump: %s captured, %s received by filter, %s dropped by kernel\n",
					plural(uint64(captured.Load())), plural(n.Received), plural(n.Dropped))
			}
		}
	}()
	return func() { stopSeconds(); close(end); <-done }
}

// nameForeign is -f: only addresses of the device's network are looked up.
func (c *command) nameForeign() {
	if !c.foreign {
		return
	}
	var local netip.Prefix
	err := errors.New("the networks of devices are not known here")
	if c.LocalNet != nil {
		local, err = c.LocalNet(c.device)
	}
	if err != nil {
		c.errorf("tcpdump: WARNING: foreign (-f) flag used but: %s: %v\n", c.device, err)
		return
	}
	c.netmask = netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, ^uint32(0)<<(32-local.Bits()))))
	if host := c.text.Host; host != nil {
		c.text.Host = func(a netip.Addr) string {
			if a.Is4() && !local.Contains(a) {
				return ""
			}
			return host(a)
		}
	}
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
