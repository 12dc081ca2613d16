package tcpdump

import (
	"io"
	"strings"

	"thinnet/capture"
	"thinnet/capture/pcapfile"
)

// isNG says whether -w writes a pcapng file, which has room for the names of
// interfaces, directions and comments. Then the name ends so.
func (o *options) isNG() bool { return strings.HasSuffix(o.write, ".pcapng") }

// ngFile writes packets with the interfaces that they were captured on.
type ngFile struct {
	out     *pcapfile.NGWriter
	snaplen int
	name    func(*capture.Packet) string
	known   map[int]int // the numbers that interfaces have in this file
}

func newNGFile(w io.Writer, snaplen int, name func(*capture.Packet) string) (*ngFile, error) {
	out, err := pcapfile.NewNGWriter(w)
	return &ngFile{out: out, snaplen: snaplen, name: name, known: make(map[int]int)}, err
}

// WritePacket announces the packet's interface if it is new, and writes it.
func (f *ngFile) WritePacket(p *capture.Packet) error {
	i, known := f.known[p.Interface]
	if !known {
		i = f.out.AddInterface(f.name(p), p.LinkType, f.snaplen)
		f.known[p.Interface] = i
	}
	q := *p
	q.Interface = i
	return f.out.WritePacket(&q)
}
