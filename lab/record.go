package lab

import (
	"bufio"
	"io"

	"thinnet"
	"thinnet/capture/pcapfile"
)

// Recording is a capture of every link of a lab into one pcapng file. Each link
// is an interface of it, named after its first end, and what that end sends is
// outbound.
type Recording struct {
	packets *thinnet.Recording
	out     *bufio.Writer
}

// Record captures every link into w until the recording is closed. The error is
// that of w.
func (l *Lab) Record(w io.Writer) (*Recording, error) {
	l.recorded.Store(true)
	out := bufio.NewWriterSize(w, 64<<10)
	file, err := pcapfile.NewNGWriter(out)
	if err != nil {
		return nil, err
	}
	r := &Recording{packets: l.net.Record(file), out: out}
	taps := l.taps
	for _, k := range l.topology.Links {
		switch {
		case k.Ends[0].Node == nil:
			r.packets.Add(k.Ends[1].String(), taps[0].near)
		case k.Ends[1].Node == nil:
			r.packets.Add(k.Ends[0].String(), taps[0].near)
		default:
			continue
		}
		taps = taps[1:]
	}
	return r, nil
}

// Close ends the recording and writes what is left. The error is the first that
// writing met.
func (r *Recording) Close() error {
	err := r.packets.Close()
	if flushErr := r.out.Flush(); err == nil {
		err = flushErr
	}
	return err
}
