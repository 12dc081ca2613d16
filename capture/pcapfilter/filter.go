package pcapfilter

import (
	"errors"
	"net/netip"

	"thinnet/capture"
)

// DefaultSnapLen is the snapshot length of a program that is not given one, in bytes.
const DefaultSnapLen = 262144

// Options say what an expression is compiled for.
type Options struct {
	// LinkType is what the packets start with.
	LinkType capture.LinkType
	// SnapLen is what the program returns for a packet that matches, in bytes;
	// 0 means DefaultSnapLen.
	SnapLen uint32
	// Netmask is the IPv4 mask of the network captured on, which "ip broadcast"
	// needs; the zero Addr or 255.255.255.255 if it is not known.
	Netmask netip.Addr
	// Optimize leaves out what can be known when compiling. A filter that can
	// match no packet is then an error.
	Optimize bool
	// Source says where the packets come from.
	Source Source
	// Names looks up names; nil is the built-in tables.
	Names Names
}

// Source says where packets come from. The headers of some link types are in the
// byte order of the host that captured, and a kernel knows more of a packet than
// its bytes.
type Source uint8

// Sources of packets.
const (
	SourceLive        Source = iota // a device, or nothing in particular
	SourceFile                      // a file written in this host's byte order
	SourceSwappedFile               // a file written in the other byte order
	// SourceKernel is a Linux device whose kernel runs the program. There
	// "inbound", "outbound" and "ifindex" work, and "vlan" finds tags that the
	// kernel took out of the packet; [Program.Run] has none of that.
	SourceKernel
)

// Program is a compiled filter. It does not change, and may be used from several
// goroutines at once.
type Program struct {
	instructions []Instruction
	machine      machine
}

// Compile compiles an expression of the filter language (pcap-filter(7)); an
// empty one matches every packet. The text of an error is libpcap's.
func Compile(expr string, opt Options) (*Program, error) {
	if opt.SnapLen == 0 {
		opt.SnapLen = DefaultSnapLen
	}
	tree, done, err := parse(expr)
	if err != nil {
		// What is wrong in the part that could be read comes first.
		l := newLowering(opt)
		for _, n := range done {
			l.lower(n)
		}
		if l.err != nil {
			return nil, l.err
		}
		return nil, err
	}
	l := newLowering(opt)
	c := always
	switch {
	case tree != nil:
		c = l.lower(tree)
	case opt.LinkType <= maxLinkType:
		l.err = nil // all packets are taken, whatever they start with
	}
	if l.err != nil {
		return nil, l.err
	}
	g := newGraph(c, opt.SnapLen, l.values)
	if opt.Optimize {
		g.optimize()
		if g.rejectsAll() {
			return nil, errors.New("expression rejects all packets")
		}
	}
	code, err := emit(g)
	if err != nil {
		return nil, err
	}
	return newProgram(code), nil
}

func newProgram(code []Instruction) *Program {
	return &Program{instructions: code, machine: newMachine(code)}
}

// Instructions returns the program's instructions. The caller must not change them.
func (p *Program) Instructions() []Instruction { return p.instructions }

// Match says whether the program accepts a packet: frame is what was captured of
// it, wireLen how long it was, in bytes. It allocates nothing.
func (p *Program) Match(frame []byte, wireLen int) bool { return p.Run(frame, wireLen) != 0 }

// Run returns how many bytes of a packet the program keeps: 0 if it rejects it,
// else the snapshot length.
func (p *Program) Run(frame []byte, wireLen int) uint32 {
	return p.machine.run(frame, uint32(wireLen))
}

// Loops says whether the program jumps back, as one for "protochain" does. A
// kernel refuses such a program; it can only be run here.
func (p *Program) Loops() bool {
	for _, i := range p.instructions {
		if i.Op == opJumpAlways && int32(i.K) < 0 {
			return true
		}
	}
	return false
}
