package thinnettest

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"thinnet/capture"
	"thinnet/capture/pcapfile"
)

// maxHistory is how much of a test's packets is kept, in bytes.
const maxHistory = 64 << 20

// history keeps the latest packets of a network. It is a thinnet.Recorder.
type history struct {
	names   []string
	packets []capture.Packet
	size    int // of their data, in bytes
	dropped int // packets, the oldest
}

// AddInterface implements thinnet.Recorder.
func (h *history) AddInterface(name string, _ capture.LinkType, _ int) int {
	h.names = append(h.names, name)
	return len(h.names) - 1
}

// WritePacket implements thinnet.Recorder.
func (h *history) WritePacket(p *capture.Packet) error {
	h.packets = append(h.packets, *p)
	h.size += len(p.Data)
	if h.size <= maxHistory {
		return nil
	}
	// A quarter at a time, so that it is not done for every packet.
	n := 0
	for ; h.size > maxHistory/4*3; n++ {
		h.size -= len(h.packets[n].Data)
	}
	h.packets = append(h.packets[:0:0], h.packets[n:]...)
	h.dropped += n
	return nil
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
	for i := range h.packets {
		p := h.packets[i]
		if !want(p.Interface) {
			continue
		}
		p.Interface = number[p.Interface]
		if err := file.WritePacket(&p); err != nil {
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
