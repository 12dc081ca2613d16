package tcpdump

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/netip"

	"thinnet/capture"
	"thinnet/capture/pcapfile"
	"thinnet/capture/pcapfilter"
)

// file is a capture file that is read.
type file struct {
	name    string
	reader  *pcapfile.Reader
	closer  io.Closer
	link    capture.LinkType // of its first interface
	snaplen int

	first    capture.Packet // that was read already, if hasFirst
	firstErr error
	hasFirst bool
}

// next reads a packet into *p, which stays as it is if there is none.
func (f *file) next(p *capture.Packet) error {
	if !f.hasFirst {
		return f.reader.ReadPacket(p)
	}
	f.hasFirst = false
	if f.firstErr == nil {
		*p = f.first
	}
	return f.firstErr
}

func (c *command) openFile(name string) (*file, error) {
	in, closer := c.Stdin, io.Closer(nil)
	if name != "-" {
		if c.Open == nil {
			return nil, fail("%s: there are no files here", name)
		}
		f, err := c.Open(name)
		if err != nil {
			return nil, fileError(name, err)
		}
		in, closer = f, f
	}
	f := &file{name: name, closer: closer, link: capture.LinkTypeEthernet, snaplen: capture.MaxSnapLen}
	var err error
	if f.reader, err = pcapfile.NewReader(in); err != nil {
		f.close()
		return nil, fail("%s", reason(pcapMessage(err)))
	}
	if len(f.reader.Interfaces()) == 0 {
		// A pcapng file tells its interfaces by the first packet.
		f.first, f.firstErr = f.reader.Next()
		f.hasFirst = true
		if len(f.reader.Interfaces()) == 0 {
			f.close()
			if f.firstErr == io.EOF {
				f.firstErr = errors.New("the capture file has no Interface Description Blocks")
			}
			return nil, fail("%s", reason(pcapMessage(f.firstErr)))
		}
	}
	if ifaces := f.reader.Interfaces(); len(ifaces) > 0 {
		f.link, f.snaplen = ifaces[0].LinkType, ifaces[0].SnapLen
	}
	return f, nil
}

func (f *file) close() {
	if f.closer != nil {
		f.closer.Close()
	}
}

// pcapMessage is an error as libpcap has it, without the offset.
func pcapMessage(err error) error {
	var e *pcapfile.Error
	if errors.As(err, &e) {
		return errors.New(e.Msg)
	}
	return err
}

// runFiles is -r and -V.
func (c *command) runFiles(ctx context.Context) error {
	names := &fileNames{one: c.read}
	if c.readList != "" {
		var err error
		if names, err = c.openList(); err != nil {
			return err
		}
		defer names.close()
	}
	name, ok := names.next()
	if !ok {
		return fail("Nothing in %s", c.readList)
	}
	f, err := c.openFile(name)
	if err != nil {
		return err
	}
	defer func() { f.close() }()
	c.headFile(f)
	if c.dump > 0 {
		p, err := c.filter(f.link, f.snaplen, pcapfilter.SourceFile)
		if err != nil {
			return err
		}
		return c.printFilter(p)
	}
	filters := filters{c: c}
	if _, err := filters.of(f.link, f.snaplen); err != nil {
		return err
	}
	c.nameHosts(func() *pcapfile.Reader { return f.reader })
	c.interfaceName = func(p *capture.Packet) string { return f.reader.InterfaceName(p.Interface) }
	if err := c.dropPrivileges(); err != nil {
		return err
	}
	out, err := c.newOutput(f.link, f.snaplen)
	if err != nil {
		return err
	}
	for {
		if err = c.runFile(ctx, f, &filters, out); err != nil || ctx.Err() != nil {
			break
		}
		if name, ok = names.next(); !ok {
			break
		}
		f.close()
		next, openErr := c.openFile(name)
		if openErr != nil {
			err = openErr
			break
		}
		if f = next; c.write != "" && f.link != out.link && !c.isNG() {
			err = fail("%s: new dlt does not match original", f.name)
			break
		}
		c.headFile(f)
	}
	err = c.finish(out, err)
	if c.countOnly && (err == nil || isReadError(err)) {
		if _, werr := io.WriteString(c.Stdout, plural(uint64(out.captured))+"\n"); werr != nil && err == nil {
			err = writeError(werr)
		}
	}
	return err
}

// headFile says what is read.
func (c *command) headFile(f *file) {
	c.errorf("reading from file %s, %s, snapshot length %d\n", f.name, headline(f.link), f.snaplen)
	if f.link == capture.LinkTypeLinuxSLL2 {
		c.errorf("Warning: interface names might be incorrect\n")
	}
}

// readError is what is wrong with a capture file after its head. What came
// before it counts.
type readError struct{ error }

func (e readError) Unwrap() error { return e.error }

func isReadError(err error) bool {
	var e readError
	return errors.As(err, &e)
}

// runFile takes the packets of one file to the output.
func (c *command) runFile(ctx context.Context, f *file, filters *filters, out *output) error {
	link := capture.LinkType(0)
	var filter *pcapfilter.Program
	limit := c.limit()
	var p capture.Packet // here, so that there is one for all packets
	for read := int64(0); limit == 0 || read < limit; {
		if ctx.Err() != nil {
			return nil
		}
		err := f.next(&p)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return readError{fail("pcap_loop: %s", reason(pcapMessage(err)))}
		}
		if filter == nil || p.LinkType != link {
			link = p.LinkType
			if filter, err = filters.of(link, f.snaplen); err != nil {
				return err
			}
		}
		if !filter.Match(p.Data, p.OrigLen) {
			continue
		}
		read++
		if err := out.take(&p); err != nil {
			return err
		}
	}
	return nil
}

// limit is how many packets are taken: of every file, as -c has it in tcpdump.
func (c *command) limit() int64 {
	if c.count == 0 {
		return 0
	}
	return c.count + c.skip
}

// filters holds the filter for each link type, which the packets of a pcapng
// file may differ in.
type filters struct {
	c     *command
	known map[capture.LinkType]*pcapfilter.Program
}

func (s *filters) of(link capture.LinkType, snaplen int) (*pcapfilter.Program, error) {
	if p := s.known[link]; p != nil {
		return p, nil
	}
	p, err := s.c.filter(link, snaplen, pcapfilter.SourceFile)
	if err != nil {
		return nil, err
	}
	if s.known == nil {
		s.known = make(map[capture.LinkType]*pcapfilter.Program)
	}
	s.known[link] = p
	return p, nil
}

// nameHosts makes the text prefer the names that a file carries.
func (c *command) nameHosts(reader func() *pcapfile.Reader) {
	if other := c.text.Host; other != nil {
		c.text.Host = func(a netip.Addr) string {
			if name := reader().HostName(a); name != "" {
				return name
			}
			return other(a)
		}
	}
}

// fileNames are the files to read: one, or the lines of a file.
type fileNames struct {
	one    string
	lines  *bufio.Scanner
	closer io.Closer
}

func (c *command) openList() (*fileNames, error) {
	if c.readList == "-" {
		return &fileNames{lines: bufio.NewScanner(c.Stdin)}, nil
	}
	if c.Open == nil {
		return nil, fail("Unable to open file: there are no files here")
	}
	f, err := c.Open(c.readList)
	if err != nil {
		return nil, fail("Unable to open file: %s", reason(err))
	}
	return &fileNames{lines: bufio.NewScanner(f), closer: f}, nil
}

func (n *fileNames) next() (string, bool) {
	if n.lines == nil {
		name := n.one
		n.one = ""
		return name, name != ""
	}
	ok := n.lines.Scan()
	return n.lines.Text(), ok
}

func (n *fileNames) close() {
	if n.closer != nil {
		n.closer.Close()
	}
}
