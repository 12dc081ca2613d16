package command

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"thinnet"
	"thinnet/getopt"
)

// curlAt runs curl in virtual time on a host where handler answers on port 80, with
// the files of a folder, and says how long it took.
func curlAt(t *testing.T, handler http.HandlerFunc, args ...string) (code int, stdout, stderr string, took time.Duration) {
	t.Helper()
	folder, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	onHost(t, func(t *testing.T, h *thinnet.Host) {
		s := &http.Server{Handler: handler}
		go s.Serve(listen(t, h, "127.0.0.1:80"))
		defer s.Close()
		var out, errs bytes.Buffer
		start := time.Now()
		code = Run(t.Context(), &Env{Host: h, Stdout: &out, Stderr: &errs, Files: folder}, append([]string{"curl"}, args...))
		stdout, stderr, took = out.String(), errs.String(), time.Since(start)
	})
	return code, stdout, stderr, took
}

// Tries are one, two, four seconds apart, or as the server or an option has it.
func TestCurlRetryTimes(t *testing.T) {
	for _, tt := range []struct {
		args, after string
		took        time.Duration
		tries       int
	}{
		{"--retry 4", "", 15 * time.Second, 5},
		{"--retry 3 --retry-delay 5", "", 15 * time.Second, 4},
		{"--retry 20 --retry-max-time 10", "", 15 * time.Second, 5},
		{"--retry 2", "30", 60 * time.Second, 3},
		{"--retry 1", "Sat, 01 Jan 2000 00:01:00 GMT", time.Minute, 2},
		{"--retry 1", "nonsense", time.Second, 2},
		{"", "30", 0, 1},
	} {
		tries := 0
		code, _, _, took := curlAt(t, func(w http.ResponseWriter, _ *http.Request) {
			tries++
			if tt.after != "" {
				w.Header().Set("Retry-After", tt.after)
			}
			w.WriteHeader(http.StatusServiceUnavailable)
		}, append(strings.Fields(tt.args), "-sf", "http://127.0.0.1/")...)
		if code != curlHTTPError || took != tt.took || tries != tt.tries {
			t.Errorf("%s: %d tries in %v, exit code %d; want %d in %v", tt.args, tries, took, code, tt.tries, tt.took)
		}
	}
	// It ends with the first that succeeds.
	tries := 0
	code, out, _, _ := curlAt(t, func(w http.ResponseWriter, _ *http.Request) {
		if tries++; tries < 3 {
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		io.WriteString(w, "at last")
	}, "-sS", "--retry", "5", "-o", "-", "http://127.0.0.1/")
	if code != 0 || out != "at last" || tries != 3 {
		t.Errorf("exit code %d, %q after %d tries", code, out, tries)
	}
}

// --limit-rate takes as long as it says, and not longer than -m.
func TestCurlLimitRate(t *testing.T) {
	page := func(w http.ResponseWriter, _ *http.Request) { w.Write(make([]byte, 100<<10)) }
	code, out, _, took := curlAt(t, page, "-s", "--limit-rate", "10k", "http://127.0.0.1/")
	if code != 0 || len(out) != 100<<10 || took < 9*time.Second || took > 11*time.Second {
		t.Errorf("exit code %d, %d bytes in %v", code, len(out), took)
	}
	code, _, _, took = curlAt(t, page, "-s", "--limit-rate", "10k", "-m", "3", "http://127.0.0.1/")
	if code != curlTimeout || took != 3*time.Second {
		t.Errorf("with -m: exit code %d in %v", code, took)
	}
}

// The meter, for a page of unknown length and for one of a known, in columns as curl's.
func TestCurlMeter(t *testing.T) {
	slow := func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/known" {
			w.Header().Set("Content-Length", "4000")
		}
		for range 4 {
			time.Sleep(time.Second)
			w.Write(make([]byte, 1000))
			w.(http.Flusher).Flush()
		}
	}
	_, _, stderr, _ := curlAt(t, slow, "-o", "x", "http://127.0.0.1/known")
	const want = curlMeterHead +
		"\r  0     0    0     0    0     0      0      0 --:--:-- --:--:-- --:--:--     0" +
		"\r 25  4000   25  1000    0     0   1000      0  0:00:04  0:00:01  0:00:03  1000" +
		"\r 50  4000   50  2000    0     0   1000      0  0:00:04  0:00:02  0:00:02  1000" +
		"\r 75  4000   75  3000    0     0   1000      0  0:00:04  0:00:03  0:00:01  1000" +
		"\r100  4000  100  4000    0     0   1000      0  0:00:04  0:00:04 --:--:--  1000" +
		"\r100  4000  100  4000    0     0   1000      0  0:00:04  0:00:04 --:--:--  1000\n"
	if stderr != want {
		t.Errorf("%q\nwant %q", stderr, want)
	}
	if _, _, stderr, _ = curlAt(t, slow, "-#", "-o", "x", "http://127.0.0.1/known"); !strings.HasSuffix(stderr, "\r"+strings.Repeat("#", 72)+" 100.0%\n") {
		t.Errorf("%q", stderr)
	}
	for _, quiet := range []string{"-s", "--no-progress-meter", "-o-"} {
		if _, _, stderr, _ = curlAt(t, slow, quiet, "-ox", "http://127.0.0.1/"); stderr != "" && quiet != "-o-" {
			t.Errorf("%s: %q", quiet, stderr)
		}
	}
}

// Behind a redirect the meter begins again, in a line of its own, as curl's. A bar is never
// wider than the screen.
func TestCurlMeterOfRedirects(t *testing.T) {
	moved := func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			w.Header().Set("Location", "/next")
			w.Header().Set("Content-Length", "100000")
			w.WriteHeader(http.StatusFound)
			w.Write(make([]byte, 100_000))
			return
		}
		time.Sleep(1500 * time.Millisecond)
		w.Header().Set("Content-Length", "1")
		w.Write([]byte("x"))
	}
	_, _, stderr, _ := curlAt(t, moved, "-L", "-o", "x", "http://127.0.0.1/")
	const want = curlMeterHead +
		"\r  0     0    0     0    0     0      0      0 --:--:-- --:--:-- --:--:--     0" +
		"\r  0   97k    0     0    0     0      0      0 --:--:-- --:--:-- --:--:--     0\n" +
		"\r  0     0    0     0    0     0      0      0 --:--:-- --:--:-- --:--:--     0" +
		"\r100     1  100     1    0     0      0      0 --:--:--  0:00:01 --:--:--     0" +
		"\r100     1  100     1    0     0      0      0 --:--:--  0:00:01 --:--:--     0\n"
	if stderr != want {
		t.Errorf("%q\nwant %q", stderr, want)
	}
	_, _, stderr, _ = curlAt(t, moved, "-L", "-#", "-o", "x", "http://127.0.0.1/")
	for line := range strings.SplitSeq(stderr, "\r") {
		if len(line) > 80 {
			t.Fatalf("a line of %d characters", len(line))
		}
	}
	if !strings.HasSuffix(stderr, "100.0%\n") {
		t.Errorf("%q", stderr)
	}
	m := curlMeter{env: &Env{Stderr: io.Discard}, bar: true, length: 1, got: 1 << 60}
	m.show() // more than was announced
}

// Numbers in five columns, as curl's own.
func TestCurlFive(t *testing.T) {
	for n, want := range map[int64]string{
		0: "    0", 99_999: "99999", 100_000: "  97k", 10_239_999: "9999k", 10_240_000: " 9.7M", 104_857_599: "99.9M", 104_857_600: " 100M",
		10_485_760_000: " 9.7G", 1 << 40: "1024G",
	} {
		if got := curlFive(n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}

// A body that ends too early, or is not what its head says, is told.
func TestCurlHostileCodings(t *testing.T) {
	for _, tt := range []struct {
		coding, body string
		code         int
	}{
		{"gzip", "", 0},
		{"gzip", "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff\xff\xff", curlBadEncoding},
		{"gzip", "\x1f", curlBadEncoding},
		{"deflate", "\x78\x9c\xff", curlBadEncoding},
		{"deflate", "\xff\xff", curlBadEncoding},
		{"deflate", "\xcb\x48\xcd\xc9\xc9\x07\x00", 0}, // bare
		{"br", "x", curlBadEncoding},
		{"identity", "x", 0},
	} {
		code, out, stderr, _ := curlAt(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", tt.coding)
			io.WriteString(w, tt.body)
		}, "-sS", "--compressed", "http://127.0.0.1/")
		if code != tt.code {
			t.Errorf("%s %q: exit code %d, want %d; %q, %q", tt.coding, tt.body, code, tt.code, out, stderr)
		}
	}
}

// --interface sends from the address that it names.
func TestCurlInterface(t *testing.T) {
	from := func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.RemoteAddr) }
	code, out, stderr, _ := curlAt(t, from, "-sS", "--interface", "127.0.0.7", "--local-port", "4000", "http://127.0.0.1/")
	if out != "127.0.0.7:4000" || code != 0 {
		t.Errorf("%q, %q, exit code %d", out, stderr, code)
	}
	code, out, _, _ = curlAt(t, from, "-sS", "--interface", "lo", "--local-port", "4000-4001", "http://127.0.0.1/")
	if out != "127.0.0.1:4000" || code != 0 {
		t.Errorf("%q, exit code %d", out, code)
	}
}

func FuzzCurlForm(f *testing.F) {
	for _, s := range []string{"a=b", "a=@f;type=x/y", `a="b\"c";type=t`, "a=<f;filename=g,h", "=", "a=@f,g;x;y=z"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var o curlOptions
		if o.addPart(getopt.Option{Name: "F", Value: s}) != nil {
			return
		}
		e := &Env{Stdin: Text("")}
		body, typ, err := e.curlForm(context.Background(), o.form)
		if err != nil {
			return // there are no files here
		}
		_, boundary, _ := strings.Cut(typ, "boundary=")
		if !bytes.HasSuffix(body, fmt.Appendf(nil, "\r\n--%s--\r\n", boundary)) {
			t.Errorf("%q: %q ends %q", s, typ, body)
		}
	})
}
