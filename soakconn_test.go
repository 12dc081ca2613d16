package thinnet_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"thinnet"
)

// soakConn is one connection of a round: what both ends are to do with it.
type soakConn struct {
	seed   uint64
	index  int
	start  time.Duration
	from   *thinnet.Host
	to     string
	size   [2]int64 // bytes from client to server, and back
	breaks [2]int64 // the end breaks off when it has read so many bytes; less than 0: it does not

	port   uint16      // the client's
	served atomic.Bool // the server knows it
	err    [2]error
	read   [2]int64
}

const soakPort = 7

// draw chooses connection index of a round.
func (n *soakNet) draw(seed uint64, index int) *soakConn {
	r := rand.New(rand.NewPCG(seed, uint64(index)))
	from := r.IntN(3)
	to := (from + 1 + r.IntN(2)) % 3
	c := &soakConn{
		seed: seed, index: index, start: time.Duration(r.Int64N(int64(24 * time.Hour))),
		from: n.hosts[from], to: fmt.Sprintf("%s:%d", soakAddrs[to], soakPort), breaks: [2]int64{-1, -1},
	}
	for i := range c.size {
		c.size[i] = 8 + r.Int64N(1<<(3+r.IntN(17)))
	}
	if r.IntN(5) == 0 {
		i := r.IntN(2)
		c.breaks[i] = r.Int64N(c.size[1-i])
	}
	return c
}

// stream is what end sends: first of all which connection it is.
func (c *soakConn) stream(end int) io.Reader {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], c.seed)
	key[8], key[9], key[10] = byte(c.index), byte(c.index>>8), byte(end)
	head := binary.BigEndian.AppendUint64(nil, uint64(c.index))
	return io.LimitReader(io.MultiReader(bytes.NewReader(head), rand.NewChaCha8(key)), c.size[end])
}

// errBrokenOff is what an end says that was made to.
var errBrokenOff = errors.New("broken off")

// patient has a connection bear the outages, and find out about a peer that is gone.
func patient(conn net.Conn) {
	conn.SetDeadline(time.Now().Add(soakPatience))
	err := conn.(interface {
		SetKeepAliveConfig(net.KeepAliveConfig) error
	}).SetKeepAliveConfig(net.KeepAliveConfig{Enable: true, Idle: time.Minute, Interval: time.Minute, Count: 9})
	if err != nil {
		panic(err)
	}
}

// run is what one end does: it writes its stream and reads the other's, in pieces and
// with pauses, closes its side, and waits for the other's end.
func (c *soakConn) run(end int, conn net.Conn) error {
	r := rand.New(rand.NewPCG(c.seed, uint64(c.index)<<8|uint64(end)|1<<40))
	var wg sync.WaitGroup
	var written error
	wg.Go(func() {
		time.Sleep(time.Microsecond) // never two of them in one instant: that would be a race
		pauses := r.IntN(4)
		src := c.stream(end)
		for written == nil {
			if pauses > 0 && r.IntN(4) == 0 {
				pauses--
				time.Sleep(time.Duration(r.Int64N(int64(time.Minute) << (2 * r.IntN(4)))))
			}
			_, written = io.CopyN(conn, src, int64(1+r.IntN(64<<10)))
		}
		if written == io.EOF {
			written = conn.(interface{ CloseWrite() error }).CloseWrite()
		}
	})
	read := c.verify(end, conn)
	if read == errBrokenOff {
		if c.index%2 == 0 {
			read = errors.Join(read, conn.(interface{ SetLinger(sec int) error }).SetLinger(0))
		}
		conn.Close()
	}
	wg.Wait()
	conn.Close()
	if read != nil {
		return read
	}
	return written
}

// verify reads the other end's stream.
func (c *soakConn) verify(end int, conn net.Conn) error {
	want, got := c.stream(1-end), make([]byte, 32<<10)
	for b := make([]byte, len(got)); ; {
		limit := int64(len(got))
		if stop := c.breaks[end]; stop >= 0 {
			if limit = min(limit, stop-c.read[end]); limit == 0 {
				return errBrokenOff
			}
		}
		n, err := conn.Read(got[:limit])
		if k, _ := io.ReadFull(want, b[:n]); k < n {
			return fmt.Errorf("%d bytes more than were sent", n-k)
		}
		if !bytes.Equal(got[:n], b[:n]) {
			return fmt.Errorf("other bytes than were sent: %s", differences(c.read[end], got[:n], b[:n]))
		}
		c.read[end] += int64(n)
		switch {
		case err == io.EOF && c.read[end] < c.size[1-end]:
			return io.ErrUnexpectedEOF
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
	}
}

// differences says where got, which begins with byte at, is not want.
func differences(at int64, got, want []byte) string {
	n, text := 0, ""
	for i := range got {
		if got[i] != want[i] {
			if n++; n <= 4 {
				text += fmt.Sprintf("byte %d is %02x, not %02x; ", at+int64(i), got[i], want[i])
			}
		}
	}
	return fmt.Sprintf("%s%d of %d", text, n, len(got))
}

// soakPatience is how long a connection may take, and the network to forget all.
const soakPatience = 24 * time.Hour

// dial opens the connection, however often that takes: the link may be down.
func (c *soakConn) dial(tally *soakTally, mu *sync.Mutex) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), soakPatience)
	defer cancel()
	for {
		conn, err := c.from.DialContext(ctx, "tcp", c.to)
		if err == nil {
			patient(conn)
			c.port = conn.LocalAddr().(*net.TCPAddr).AddrPort().Port()
			return conn, nil
		}
		if ctx.Err() != nil {
			return nil, err
		}
		mu.Lock()
		tally.redials++
		mu.Unlock()
		time.Sleep(10 * time.Second)
	}
}

// serve answers the connections of a round.
func (n *soakNet) serve(l net.Listener, conns []*soakConn, wg *sync.WaitGroup) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		patient(conn)
		wg.Go(func() {
			head := make([]byte, 8)
			if _, err := io.ReadFull(conn, head); err != nil {
				conn.Close() // the client broke off, which it says itself
				return
			}
			c := conns[binary.BigEndian.Uint64(head)]
			c.served.Store(true)
			c.err[1] = c.run(1, &afterHead{conn, head})
		})
	}
}

// afterHead is a connection of which the head was read already.
type afterHead struct {
	net.Conn
	head []byte
}

func (c *afterHead) Read(b []byte) (int, error) {
	if len(c.head) == 0 {
		return c.Conn.Read(b)
	}
	n := copy(b, c.head)
	c.head = c.head[n:]
	return n, nil
}

func (c *afterHead) CloseWrite() error { return c.Conn.(interface{ CloseWrite() error }).CloseWrite() }

func (c *afterHead) SetLinger(sec int) error {
	return c.Conn.(interface{ SetLinger(sec int) error }).SetLinger(sec)
}

// mayBreak reports whether an end may say err, since one of them was made to break off.
func (c *soakConn) mayBreak(err error) bool {
	if c.breaks[0] < 0 && c.breaks[1] < 0 {
		return false
	}
	for _, e := range []error{errBrokenOff, io.ErrUnexpectedEOF, syscall.ECONNRESET, syscall.EPIPE, net.ErrClosed} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// judge says whether a connection did as it should.
func (c *soakConn) judge(t *testing.T, tally *soakTally) {
	for end, err := range c.err {
		tally.bytes += c.read[end]
		if err != nil && !c.mayBreak(err) {
			t.Errorf("connection %d from %s to %s, end %d, after %d bytes of %d: %v",
				c.index, c.from.Name(), c.to, end, c.read[end], c.size[1-end], err)
			return
		}
	}
	if c.err[0] == nil && c.err[1] == nil {
		if c.read[0] != c.size[1] || c.read[1] != c.size[0] {
			t.Errorf("connection %d: %d and %d bytes of %d and %d, and no error", c.index, c.read[1], c.read[0], c.size[0], c.size[1])
		}
		tally.whole++
	} else {
		tally.broken++
	}
}
