package thinnettest

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"thinnet/capture"
	"thinnet/capture/pcapfile"
)

// How much of a test's packets is kept, in bytes, and in what pieces the oldest
// are given up.
const (
	maxHistory = 64 << 20
	maxPiece   = 1 << 20
)

// history keeps the latest packets of a network. It is a thinnet.Recorder.
type history struct {
	names   []string
	pieces  []*piece
	size    int // of the pieces, in bytes
	dropped int // packets, the oldest
}

// piece is some packets in a row, with few pointers, so that a day of them is
// not a day's work for the garbage collector.
type piece struct {
	data     []byte
	records  []record
	comments map[int]string // few packets have one; by their records' indexes
}

// record is a packet of a piece.
type record struct {
	at        int64 // nanoseconds since 1970
	end       int32 // of its data, which begins at the end of the one before
	iface     int32
	direction capture.Direction
}

// recordSize is about what a record takes, in bytes.
const recordSize = 24

// AddInterface implements thinnet.Recorder.
func (h *history) AddInterface(name string, _ capture.LinkType, _ int) int {
	h.names = append(h.names, name)
	return len(h.names) - 1
}

// WritePacket implements thinnet.Recorder.
func (h *history) WritePacket(p *capture.Packet) error {
	last := len(h.pieces) - 1
	if last < 0 || len(h.pieces[last].data) >= maxPiece {
		h.pieces = append(h.pieces, new(piece))
		last++
	}
	k := h.pieces[last]
	k.data = append(k.data, p.Data...)
	if p.Comment != "" {
		if k.comments == nil {
			k.comments = make(map[int]string)
		}
		k.comments[len(k.records)] = p.Comment
	}
	k.records = append(k.records, record{p.Time.UnixNano(), int32(len(k.data)), int32(p.Interface), p.Direction})
	h.size += len(p.Data) + recordSize
	if h.size > maxHistory {
		old := h.pieces[0]
		h.pieces = h.pieces[1:]
		h.size -= len(old.data) + len(old.records)*recordSize
		h.dropped += len(old.records)
	}
	return nil
}

// all yields the packets, the oldest first.
func (h *history) all(yield func(*capture.Packet) bool) {
	for _, k := range h.pieces {
		start := int32(0)
		for i, r := range k.records {
			data := k.data[start:r.end]
			start = r.end
			if !yield(&capture.Packet{
				Time: time.Unix(0, r.at), Data: data, OrigLen: len(data),
				Interface: int(r.iface), LinkType: capture.LinkTypeEthernet, Direction: r.direction, Comment: k.comments[i],
			}) {
				return
			}
		}
	}
}

// write writes the packets of some interfaces as a pcapng.
func (h *history) write(w io.Writer, want func(iface int) bool) error {
	out := bufio.NewWriter(w)
	file, err := pcapfile.NewNGWriter(out)
	if err != nil {
		return err
	}
	number := make([]int, len(h.names))
	for i, name := range h.names {
		if want(i) {
			number[i] = file.AddInterface(name, capture.LinkTypeEthernet, 0)
		}
	}
	for p := range h.all {
		if !want(p.Interface) {
			continue
		}
		p.Interface = number[p.Interface]
		if err := file.WritePacket(p); err != nil {
			return err
		}
	}
	return out.Flush()
}

// save leaves the packets of a test that has failed in a file, once, and returns
// what there is to say of it.
func (s *trial) save() string {
	if s.saved {
		return ""
	}
	s.saved = true
	dir := *captures
	if dir == "" {
		dir = os.TempDir()
	}
	name := strings.NewReplacer("/", "-", "\\", "-", ":", "-").Replace(s.name)
	path := filepath.Join(dir, fmt.Sprintf("%s-seed%d.pcapng", name, s.seed))
	said := fmt.Sprintf("the same again: go test -run '^%s$' -thinnet.seed %d\n", strings.ReplaceAll(s.name, "/", "$/^"), s.seed)
	if err := s.saveTo(path); err != nil {
		return said + fmt.Sprintf("its packets could not be kept: %v", err)
	}
	older := ""
	if s.packets.dropped > 0 {
		older = fmt.Sprintf(", but for the first %d packets", s.packets.dropped)
	}
	return said + fmt.Sprintf("what went over its links%s: %s", older, path)
}

func (s *trial) saveTo(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	err = s.packets.write(f, func(int) bool { return true })
	if closing := f.Close(); err == nil {
		err = closing
	}
	return err
}
