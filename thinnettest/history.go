package thinnettest

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"thinnet/capture"
	"thinnet/capture/pcapfile"
)

// How much of a test's packets is kept, in bytes, and in what pieces the oldest
// are given up.
const (
	maxHistory = 64 << 20
	pieceSize  = 512 << 10
)

// history keeps the latest packets of a network. It is a thinnet.Recorder.
type history struct {
	names   []string
	pieces  []piece
	dropped int // packets, the oldest
}

// piece is some packets in a row: of each what append notes, its data and its
// comment. There is no pointer in it, so that a day of packets is not a day's work
// for the garbage collector, and the oldest piece becomes the newest.
type piece struct {
	log     []byte
	packets int
}

// noteSize is what is noted of a packet, in bytes: when it was seen (8, in
// nanoseconds since 1970), the lengths of its data and its comment and the number of
// its interface (4 each), and its direction.
const noteSize = 21

// append notes a packet, for which there is room.
func (k *piece) append(p *capture.Packet) {
	b := k.log
	b = binary.LittleEndian.AppendUint64(b, uint64(p.Time.UnixNano()))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(p.Data)))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(p.Comment)))
	b = binary.LittleEndian.AppendUint32(b, uint32(p.Interface))
	b = append(b, byte(p.Direction))
	b = append(b, p.Data...)
	k.log = append(b, p.Comment...)
	k.packets++
}

// all yields the packets of a piece. Their data is the piece's.
func (k *piece) all(yield func(*capture.Packet) bool) {
	for b := k.log; len(b) > 0; {
		note, rest := b[:noteSize], b[noteSize:]
		data := rest[:binary.LittleEndian.Uint32(note[8:])]
		rest = rest[len(data):]
		comment := rest[:binary.LittleEndian.Uint32(note[12:])]
		b = rest[len(comment):]
		if !yield(&capture.Packet{
			Time: time.Unix(0, int64(binary.LittleEndian.Uint64(note))), Data: data, OrigLen: len(data),
			Interface: int(binary.LittleEndian.Uint32(note[16:])), LinkType: capture.LinkTypeEthernet,
			Direction: capture.Direction(note[20]), Comment: string(comment),
		}) {
			return
		}
	}
}

// AddInterface implements thinnet.Recorder.
func (h *history) AddInterface(name string, _ capture.LinkType, _ int) int {
	h.names = append(h.names, name)
	return len(h.names) - 1
}

// WritePacket implements thinnet.Recorder.
func (h *history) WritePacket(p *capture.Packet) error {
	need := noteSize + len(p.Data) + len(p.Comment)
	last := len(h.pieces) - 1
	if last < 0 || len(h.pieces[last].log)+need > pieceSize {
		h.newPiece()
		last = len(h.pieces) - 1
	}
	h.pieces[last].append(p)
	return nil
}

// newPiece adds an empty piece, which is the oldest one if there are enough.
func (h *history) newPiece() {
	var log []byte
	if len(h.pieces) == maxHistory/pieceSize {
		oldest := h.pieces[0]
		h.pieces = slices.Delete(h.pieces, 0, 1)
		h.dropped += oldest.packets
		log = oldest.log[:0]
	} else {
		log = make([]byte, 0, pieceSize)
	}
	h.pieces = append(h.pieces, piece{log: log})
}

// all yields the packets, the oldest first.
func (h *history) all(yield func(*capture.Packet) bool) {
	for i := range h.pieces {
		for p := range h.pieces[i].all {
			if !yield(p) {
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
