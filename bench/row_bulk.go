package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

var (
	bulkRow = Row{
		Name: "bulk", What: "TCP, one stream, writes of 64 KiB, super-segments",
		Contestants: inProcess, For: time.Second,
		Figures: bulkFigures(Goal{2, kernelLo}, Goal{2, []string{"gvisor/gso"}}, Goal{3, gvisorStock}),
		Measure: onPair(bulk{streams: 1}.measure),
	}
	bulk8Row = Row{
		Name: "bulk-8", What: "the same, 8 streams between one pair of hosts",
		Contestants: inProcess, For: 10 * time.Second,
		Figures: []Figure{
			{Name: "throughput", Unit: "MB/s", Goals: []Goal{{1.5, kernelLo}, {2, gvisorAll}}},
			{Name: "per CPU second", Unit: "MB"},
			{Name: "slowest stream / fastest", Goals: []Goal{{0.6, nil}}},
		},
		Measure: onPair(bulk{streams: 8}.measure),
	}
	bulk1460Row = Row{
		Name: "bulk-1460", What: "TCP, one stream, true 1460-byte segments, no checksum on the virtual cable",
		Contestants: []string{"thinnet/1460", "gvisor/1500", "gvisor/1500-nosums", "wireguard-go/1500"}, For: time.Second,
		Figures: bulkFigures(Goal{12, []string{"gvisor/1500", "gvisor/1500-nosums"}}),
		Measure: onPair(bulk{streams: 1}.measure),
	}
	bulkFramesRow = Row{
		Name: "bulk-frames", What: "TCP, one stream, 1514-byte frames with checksums computed and verified",
		Contestants: []string{"thinnet/frames", "gvisor/1500", "wireguard-go/1500"}, For: time.Second,
		Figures: bulkFigures(Goal{5, []string{"gvisor/1500"}}),
		Measure: onPair(bulk{streams: 1}.measure),
	}
	smallRow = Row{
		Name: "small-writes", What: "TCP, one stream, writes of 1 KiB",
		Contestants: inProcess, For: time.Second,
		Figures: bulkFigures(Goal{1, kernelLo}),
		Measure: onPair(bulk{streams: 1, write: 1 << 10}.measure),
	}
)

// bulkFigures are those of one stream. What a second of the processor's time moves,
// at both ends and in between, says more than the throughput where others use the
// processors, too.
func bulkFigures(goals ...Goal) []Figure {
	return []Figure{
		{Name: "throughput", Unit: "MB/s", Goals: goals},
		{Name: "per CPU second", Unit: "MB"},
	}
}

// bulk is streams that go as fast as they can.
type bulk struct {
	streams int
	write   int  // bytes a write; 0: a block
	down    bool // from the server to the client
}

// bulkPort is the port that streams use.
const bulkPort = 7000

// measure returns the throughput of all streams in MB/s, how many MB a second of
// the processor's time moved and, if there are several streams, what the slowest one
// got of the fastest one's.
func (k bulk) measure(p Pair, o Span) ([]float64, error) {
	streams, err := startStreams(p, k)
	if err != nil {
		return nil, err
	}
	time.Sleep(o.For / 5)
	for _, s := range streams {
		s.warm.Store(true)
	}
	time.Sleep(o.For / 20)

	before := make([]int64, len(streams))
	w := startWatch()
	for i, s := range streams {
		before[i] = s.arrived.Load()
	}
	time.Sleep(o.For)
	var sum, least, most float64
	elapsed, cpu := w.stop()
	for i, s := range streams {
		rate := float64(s.arrived.Load()-before[i]) / elapsed / 1e6
		sum += rate
		if i == 0 {
			least = rate
		}
		least, most = min(least, rate), max(most, rate)
	}
	if err := stopStreams(streams); err != nil {
		return nil, err
	}
	values := []float64{sum, sum * elapsed / cpu}
	if k.streams > 1 {
		values = append(values, least/max(most, 1e-6))
	}
	return values, nil
}

// startStreams opens connections and sets their streams going.
func startStreams(p Pair, k bulk) ([]*stream, error) {
	from, to, err := connect(p, bulkPort, k.streams)
	if err != nil {
		return nil, err
	}
	if k.down {
		from, to = to, from
	}
	streams := make([]*stream, k.streams)
	for i := range streams {
		streams[i] = startStream(from[i], to[i], k.write)
	}
	return streams, nil
}

// stopStreams ends the streams and says whether all of them has arrived.
func stopStreams(streams []*stream) error {
	for _, s := range streams {
		s.end.Store(true)
	}
	var errs []error
	for _, s := range streams {
		errs = append(errs, s.stop())
	}
	return errors.Join(errs...)
}

// stream is one connection that is written to and read from.
type stream struct {
	from, to net.Conn
	write    int
	warm     atomic.Bool // the warm-up is over
	end      atomic.Bool // the writer shall stop
	arrived  atomic.Int64
	sent     int64
	run      sync.WaitGroup
	werr     error
	rerr     error
}

func startStream(from, to net.Conn, write int) *stream {
	if write == 0 {
		write = blockSize
	}
	s := &stream{from: from, to: to, write: write}
	s.run.Go(s.send)
	s.run.Go(s.receive)
	return s
}

func (s *stream) send() {
	b := newBlock()
	for n := uint64(0); !s.end.Load(); n++ {
		stamp(b, n)
		for off := 0; off < len(b); off += s.write {
			if _, s.werr = s.from.Write(b[off:min(off+s.write, len(b))]); s.werr != nil {
				return
			}
		}
		s.sent += blockSize
	}
	s.werr = s.from.(interface{ CloseWrite() error }).CloseWrite()
}

func (s *stream) receive() {
	b := make([]byte, blockSize)
	c := newChecker()
	for {
		n, err := s.to.Read(b)
		s.arrived.Add(int64(n))
		if bad := c.check(b[:n], !s.warm.Load()); bad != nil {
			s.rerr = bad
			s.to.Close() // which stops the writer, too
			return
		}
		if err != nil {
			if !errors.Is(err, io.EOF) {
				s.rerr = err
			}
			return
		}
	}
}

// stop ends the stream and says whether all of it has arrived.
func (s *stream) stop() error {
	s.end.Store(true)
	s.run.Wait()
	err := errors.Join(s.rerr, s.werr)
	if n := s.arrived.Load(); err == nil && n != s.sent {
		err = fmt.Errorf("%d bytes arrived of %d", n, s.sent)
	}
	s.from.Close()
	s.to.Close()
	return err
}
