package kernel

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"thinnet"
	"thinnet/command"
)

// complete reports whether b holds a request with its body.
func complete(b []byte) bool {
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(b)))
	if err != nil {
		return false
	}
	_, err = io.Copy(io.Discard, r.Body)
	return err == nil
}

// heard accepts a connection, answers one request with a page and sends the request.
func heard(l net.Listener) <-chan string {
	said := make(chan string, 1)
	go func() {
		c, err := l.Accept()
		if err != nil {
			said <- err.Error()
			return
		}
		defer c.Close()
		var all bytes.Buffer
		b := make([]byte, 4096)
		for err == nil && !complete(all.Bytes()) {
			var n int
			n, err = c.Read(b)
			all.Write(b[:n])
		}
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: b\r\n\r\npage\n")
		said <- all.String()
	}()
	return said
}

// Our curl asks as the installed one does, to the byte, and prints the same.
func TestCurlAsInstalled(t *testing.T) {
	needs(t, "curl")
	theirs, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer theirs.Close()
	address := theirs.Addr().String()
	n := thinnet.New(thinnet.Options{})
	defer n.Close()
	h, err := n.AddHost("a", thinnet.HostOptions{})
	if err != nil {
		t.Fatal(err)
	}
	ours, err := h.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	version, err := exec.Command("curl", "--version").Output()
	if err != nil {
		t.Fatal(err)
	}
	agent := "curl/" + strings.Fields(string(version))[1]
	for _, args := range []string{
		"/", "-I /a", "-i /", "-X DELETE /", "-d a=b /", "-d a=b -d c=d -X PUT /", "-G -d a=b /x?y=z", "--data-raw @a /", "--data-urlencode n=a&b%20c/~ /",
		"-H X-A:b -H Accept: /", "-H X-Empty; /", "-H Host:other /", "-A me -e there /", "-u me:secret /", "-b a=b -b c=d /", "-r 0-9 /",
		"--json {} /", "-u me:secret -b x=y -e z -d q -H B:c /", "--url /", "-w %{http_code}-%{size_download}-%{method} /",
		"-sf /", "-d a=b -H Content-Type:text/plain /", "--nonsense /", "-m x /", "-I -d a /",
	} {
		t.Run(strings.ReplaceAll(args, "/", "_"), func(t *testing.T) {
			fields := []string{"-sS"}
			for _, f := range strings.Fields(args) {
				if strings.HasPrefix(f, "/") {
					f = "http://" + address + f
				}
				fields = append(fields, f)
			}
			run := func(l net.Listener, f func() (string, string, int)) (request, stdout, stderr string, code int) {
				said := heard(l)
				stdout, stderr, code = f()
				select {
				case request = <-said:
				case <-time.After(300 * time.Millisecond): // it did not ask
					if c, err := dialAny(h, l, theirs, address); err == nil {
						c.Close()
					}
					<-said
				}
				return request, stdout, stderr, code
			}
			wantRequest, wantOut, wantErr, wantCode := run(theirs, func() (string, string, int) {
				var out, errs bytes.Buffer
				cmd := exec.Command("curl", append([]string{"-A", agent}, fields...)...)
				cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(""), &out, &errs
				_ = cmd.Run() // its exit code is compared
				return out.String(), errs.String(), cmd.ProcessState.ExitCode()
			})
			request, out, errs, code := run(ours, func() (string, string, int) {
				var out, errs bytes.Buffer
				env := &command.Env{Host: h, Stdin: command.Text(""), Stdout: &out, Stderr: &errs}
				code := command.Run(t.Context(), env, append([]string{"curl", "-A", agent}, fields...))
				return out.String(), errs.String(), code
			})
			if request != wantRequest || out != wantOut || errs != wantErr || code != wantCode {
				t.Errorf("asked %q, printed %q and %q, exit code %d\nwant  %q, %q and %q, %d", request, out, errs, code, wantRequest, wantOut, wantErr, wantCode)
			}
		})
	}
}

// dialAny connects to a listener of either side, which then waits no longer.
func dialAny(h *thinnet.Host, l, theirs net.Listener, address string) (net.Conn, error) {
	if l == theirs {
		return net.Dial("tcp", address)
	}
	return h.Dial("tcp", address)
}
