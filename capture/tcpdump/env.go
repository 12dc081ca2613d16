package tcpdump

import (
	"context"
	"io"
	"net/netip"
	"time"

	"thinnet/capture"
	"thinnet/capture/pcapfilter"
)

// Env is what the command runs in. Of the functions, any may be nil: what needs
// it is then refused, or left out of the text.
type Env struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	// Open and Create open files to read and to write.
	Open   func(name string) (io.ReadCloser, error)
	Create func(name string) (io.WriteCloser, error)
	// Now is the time, which -G looks at.
	Now func() time.Time

	// Devices lists what can be captured on; the first is the default.
	Devices func() ([]Device, error)
	// Capture starts to capture on a device. The error of one that is not there
	// is [ErrNoDevice].
	Capture func(name string, o CaptureOptions) (Live, error)
	// LinkTypes lists what -y may ask of a device.
	LinkTypes func(device string) ([]capture.LinkType, error)
	// LocalNet returns the IPv4 network of a device, for -f.
	LocalNet func(device string) (netip.Prefix, error)
	// Ready is called once when what comes next is captured.
	Ready func()
	// Statistics, if not nil, asks for the counters with each value: SIGUSR1.
	Statistics <-chan struct{}
	// Flush, if not nil, asks with each value that what was captured be written:
	// SIGUSR2.
	Flush <-chan struct{}
	// InterruptLine says that an interrupt ends the text with an empty line, so
	// that what follows a terminal's ^C starts on a line of its own.
	InterruptLine bool

	// Names looks up the names in filters; nil is the built-in tables.
	Names pcapfilter.Names
	// HostName returns the name of an address, "" if it has none. It is called
	// from several goroutines at a time.
	HostName func(netip.Addr) string
	// InterfaceName returns the name of the interface of an index, "" if there
	// is none.
	InterfaceName func(index uint32) string

	// Rotated runs the command of -z on a file that is complete.
	Rotated func(command, file string)
	// DropPrivileges makes the process a user's: -Z.
	DropPrivileges func(user string) error
}

// Device is something to capture on.
type Device struct {
	Name        string
	Description string // "" if there is nothing to say
	Flags       []string
}

// CaptureOptions are the options that concern a device.
type CaptureOptions struct {
	SnapLen     int  // bytes of a packet to keep
	Promiscuous bool // -p: not
	In, Out     bool // -Q
	Immediate   bool // --immediate-mode
	Buffer      int  // -B, in bytes; 0: the default
	Nano        bool // time stamps in nanoseconds
	// Fanout is the group of captures on the device that share its packets, each
	// connection's going to one of them: 1 to 65535; 0: none, all packets come.
	Fanout int
	// Comments: packets are kept with their comments, so they may come a little
	// later, when it is known what became of them.
	Comments bool
	// LinkType is that of -y, if HasLinkType.
	LinkType    capture.LinkType
	HasLinkType bool
}

// Live is a capture on a device.
type Live interface {
	// LinkType is what the packets start with.
	LinkType() capture.LinkType
	// FilterSource is what a filter is compiled for at first.
	FilterSource() pcapfilter.Source
	// SetFilter keeps what a filter does not match from Next, and starts the
	// capture. The filter is compiled for FilterSource; or for SourceLive, if the
	// kernel does not take that.
	SetFilter(compile func(pcapfilter.Source) (*pcapfilter.Program, error)) error
	// Next waits for a packet, whose Data stays valid until the next call. What
	// was captured before ctx ended still comes; then io.EOF does.
	Next(ctx context.Context) (capture.Packet, error)
	// Pending says whether Next would return at once.
	Pending() bool
	// Counters returns how many packets the filter took, and how many of them
	// were lost because nobody took them in time. It may be called at any time.
	Counters() Counters
	Close() error
}

// Counters counts the packets of a device.
type Counters struct{ Received, Dropped uint64 }

// deviceError is an error that concerns no device's packets but the device.
type deviceError string

func (e deviceError) Error() string { return string(e) }

// Errors of Env.Capture, in libpcap's words.
const (
	ErrNoDevice   deviceError = "No such device exists"
	ErrPermission deviceError = "You don't have permission to perform this capture on that device"
)
