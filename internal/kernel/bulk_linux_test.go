package kernel

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os/exec"
	"strconv"
	"sync"
	"testing"
	"time"

	"thinnet/link/cable"
)

// numbers returns n bytes that a seed determines.
func numbers(seed uint64, n int64) io.Reader {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	return io.LimitReader(rand.NewChaCha8(key), n)
}

// sum returns the SHA-256 of what is read, and how many bytes that is.
func sum(r io.Reader) (hash [sha256.Size]byte, n int64, err error) {
	h := sha256.New()
	n, err = io.Copy(h, r)
	return [sha256.Size]byte(h.Sum(nil)), n, err
}

// numbersHandler answers /seed/count with numbers.
var numbersHandler = func() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{seed}/{count}", func(w http.ResponseWriter, r *http.Request) {
		seed, _ := strconv.ParseUint(r.PathValue("seed"), 10, 64)
		count, _ := strconv.ParseInt(r.PathValue("count"), 10, 64)
		w.Header().Set("Content-Length", strconv.FormatInt(count, 10))
		_, _ = io.Copy(w, numbers(seed, count))
	})
	return mux
}()

// fetch gets count numbers of a seed from a server and holds them to their sum.
func fetch(c *http.Client, server string, seed uint64, count int64) error {
	r, err := c.Get(fmt.Sprintf("http://%s/%d/%d", server, seed, count))
	if err != nil {
		return err
	}
	defer r.Body.Close()
	return holds(r.Body, seed, count)
}

// holds compares what is read with the numbers of a seed.
func holds(r io.Reader, seed uint64, count int64) error {
	got, n, err := sum(r)
	if err != nil {
		return fmt.Errorf("after %d bytes: %w", n, err)
	}
	if want, _, _ := sum(numbers(seed, count)); got != want {
		return fmt.Errorf("%d bytes with SHA-256 %x, want %d with %x", n, got, count, want)
	}
	return nil
}

// curl has the kernel's curl fetch the numbers.
func (s *site) curl(seed uint64, count int64) error {
	cmd := exec.Command("curl", "-sS", fmt.Sprintf("http://%s/%d/%d", hostAddr, seed, count))
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := s.start(cmd); err != nil {
		return err
	}
	err = holds(out, seed, count)
	if exit := cmd.Wait(); err == nil {
		err = exit
	}
	return err
}

// timed runs f and logs the speed of it.
func timed(t *testing.T, what string, f func() error) {
	t.Helper()
	start := time.Now()
	if err := f(); err != nil {
		t.Errorf("%s: %v", what, err)
		return
	}
	d := time.Since(start)
	t.Logf("%s: %d MiB in %.1f s, %.0f MB/s", what, total>>20, d.Seconds(), total/d.Seconds()/1e6)
}

// 256 MiB go each way over one connection: see total.
func TestBulk(t *testing.T) {
	s := newSite(t, cable.Impairment{})
	s.serveHost(numbersHandler)
	s.serveKernel(numbersHandler)
	timed(t, "our server to the kernel's curl", func() error { return s.curl(1, total) })
	timed(t, "the kernel's server to our client", func() error { return fetch(s.hostClient(), kernelAddr, 2, total) })
}

// 256 MiB go each way over a bad cable. Reno's speed at 1 % loss and 40 ms there
// and back is some 400 kB a second (Mathis's formula), so that one connection
// would need ten minutes: there are many, both ways at once.
func TestBulkOverBadCable(t *testing.T) {
	const conns = 64
	s := newSite(t, cable.Impairment{
		Delay: 20 * time.Millisecond, Jitter: time.Millisecond, Loss: 0.01, Reorder: 0.005, QueueLimit: 10_000,
	})
	s.serveHost(numbersHandler)
	s.serveKernel(numbersHandler)
	all := func(c *http.Client, server string) error {
		var wg sync.WaitGroup
		errs := make([]error, conns)
		for i := range conns {
			wg.Go(func() { errs[i] = fetch(c, server, uint64(i), total/conns) })
		}
		wg.Wait()
		for i, err := range errs {
			if err != nil {
				return fmt.Errorf("connection %d: %w", i, err)
			}
		}
		return nil
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		timed(t, "our server to the kernel", func() error { return all(s.kernelClient(), hostAddr) })
	})
	wg.Go(func() {
		timed(t, "the kernel's server to us", func() error { return all(s.hostClient(), kernelAddr) })
	})
	wg.Wait()
}
