package command

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"thinnet"
)

func TestPeekHead(t *testing.T) {
	tests := []struct{ in, head string }{
		{"HTTP/1.1 200 OK\r\nA: b\r\n\r\nbody", "HTTP/1.1 200 OK\r\nA: b\r\n\r\n"},
		{"HTTP/1.0 200\n\nbody\r\n\r\n", "HTTP/1.0 200\n\n"},
	}
	for _, tt := range tests {
		for _, r := range []io.Reader{strings.NewReader(tt.in), iotest.OneByteReader(strings.NewReader(tt.in))} {
			b := bufio.NewReaderSize(r, maxHeader)
			head, err := peekHead(b)
			if err != nil || string(head) != tt.head {
				t.Errorf("%q: %q, %v", tt.in, head, err)
			}
			if all, _ := io.ReadAll(b); string(all) != tt.in {
				t.Errorf("%q: %q is left to read", tt.in, all)
			}
		}
	}
	for _, in := range []string{"", "HTT", "HTTP/1.1 200 OK\r\n", "SSH-2.0\r\n\r\n", "HTTP/1.1 200 OK\r\n" + strings.Repeat("A: b\r\n", 60_000)} {
		if head, err := peekHead(bufio.NewReaderSize(strings.NewReader(in), maxHeader)); err == nil {
			t.Errorf("%.20q: %q", in, head)
		}
	}
}

// fetch runs curl on a host where each connection to port 80 is sent answer, then
// closed, and returns the exit code and what was printed.
func fetch(t *testing.T, answer string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	onHost(t, func(t *testing.T, h *thinnet.Host) {
		go serveText(listen(t, h, "127.0.0.1:80"), answer)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		var out, errs bytes.Buffer
		code = Run(ctx, &Env{Host: h, Stdout: &out, Stderr: &errs}, append([]string{"curl"}, args...))
		stdout, stderr = out.String(), errs.String()
	})
	return code, stdout, stderr
}

// serveText answers whatever is asked.
func serveText(l net.Listener, answer string) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		c.Read(make([]byte, 4096))
		io.WriteString(c, answer)
		c.Close()
	}
}

// A server may send anything.
func TestCurlHostileServers(t *testing.T) {
	tests := []struct {
		name, answer string
		code         int
		stderr       string
	}{
		{"nothing", "", 52, "curl: (52) Empty reply from server\n"},
		{"half a line", "HTTP/1.1 2", 52, "curl: (52) Empty reply from server\n"},
		{"half a head", "HTTP/1.1 200 OK\r\nA: b\r\n", 18, "curl: (18) transfer closed with outstanding read data remaining\n"},
		{"no status", "HTTP/1.1 abc\r\n\r\n", 1, "curl: (1) Unsupported HTTP version in response\n"},
		{"not HTTP", "\x00\xff\xfe", 1, "curl: (1) Received HTTP/0.9 when not allowed\n"},
		{"endless head", "HTTP/1.1 200 OK\r\n" + strings.Repeat("A: b\r\n", 100_000), 56, ""},
		{"bad length", "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", 8, "curl: (8) Invalid Content-Length: value\n"},
		{"huge length", "HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\nabc", 18,
			"curl: (18) transfer closed with 9223372036854775804 bytes remaining to read\n"},
		{"two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nabc", 8, ""},
		{"bad chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n", 56, ""},
		{"only 100s", strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 1000), 52, ""},
		{"redirect to itself", "HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n", 47, "curl: (47) Maximum (50) redirects followed\n"},
		{"redirect elsewhere", "HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n", 1, ""},
		{"redirect to nonsense", "HTTP/1.1 302 Found\r\nLocation: http://[\r\nContent-Length: 0\r\n\r\n", 3, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			code, stdout, stderr := fetch(t, tt.answer, "-L", "http://127.0.0.1/")
			if code != tt.code || tt.stderr != "" && stderr != tt.stderr || stderr == "" {
				t.Errorf("exit code %d, want %d; %q, %q", code, tt.code, stdout, stderr)
			}
		})
	}
}

func FuzzPeekHead(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\r\nA: b\r\n\r\nbody"))
	f.Add([]byte("HTTP/1.0 200\n\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		whole, err := peekHead(bufio.NewReaderSize(bytes.NewReader(in), maxHeader))
		drops, dropErr := peekHead(bufio.NewReaderSize(iotest.OneByteReader(bytes.NewReader(in)), maxHeader))
		if (err == nil) != (dropErr == nil) || err == nil && !bytes.Equal(whole, drops) {
			t.Errorf("%q: %q, %v at once; %q, %v byte by byte", in, whole, err, drops, dropErr)
		}
	})
}

// What would be more than one line, or more than one word of it, is no URL.
func TestCurlURL(t *testing.T) {
	for _, tt := range []struct {
		text, want string // "": it is none
	}{
		{"a", "http://a/"}, {"a:8080/b?c#d", "http://a:8080/b?c"}, {"HTTP://a/b", "http://a/b"}, {"https://a", "https://a/"},
		{"a/b c", ""}, {"a/?b c", ""}, {"a/\r\nX: y", ""}, {"a/?\nb", ""}, {"a/\x00", ""}, {"a/\x7f", ""},
		{"", ""}, {"http://", ""}, {"http:///a", ""}, {"a:99999/", ""}, {"ftp://a/", ""}, {"http://[", ""},
	} {
		u, err := parseURL(tt.text)
		got := ""
		if err == nil {
			got = u.String()
		}
		if got != tt.want {
			t.Errorf("%q: %q, %v; want %q", tt.text, got, err, tt.want)
		}
	}
}
