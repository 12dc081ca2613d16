package kernel

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"thinnet"
	"thinnet/command"
)

// curlServer answers by path and keeps what was asked, byte by byte.
type curlServer struct {
	done  sync.WaitGroup
	mu    sync.Mutex
	asked bytes.Buffer
}

// curlAnswers are the answers, by path; others are that of "/".
var curlAnswers = map[string]string{
	"/":       "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: b\r\n\r\npage\n",
	"/404":    "HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nnone\n",
	"/503":    "HTTP/1.1 503 Busy\r\nContent-Length: 5\r\nRetry-After: 1\r\n\r\nbusy\n",
	"/302":    "HTTP/1.1 302 Found\r\nLocation: /a\r\nSet-Cookie: r=9\r\nContent-Length: 5\r\n\r\nmove\n",
	"/303":    "HTTP/1.1 303 See Other\r\nLocation: /a\r\nContent-Length: 5\r\n\r\nmove\n",
	"/blanks": "HTTP/1.1 302 Found\r\nLocation: /a b?c=d e\r\nContent-Length: 5\r\n\r\nmove\n",
	"/307":    "HTTP/1.1 307 Again\r\nLocation: /a\r\nContent-Length: 5\r\n\r\nmove\n",
	"/gzip":   "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s",
	"/nogzip": "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nabcde",
	"/many/": "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nSet-Cookie: a=1\r\nSet-Cookie: bb=2; Path=/\r\nSet-Cookie: c=3; path=/many/\r\n" +
		"Set-Cookie: d=4; Secure; HttpOnly\r\nSet-Cookie: e=\"5 6\"; expires=Thu, 01 Jan 2099 00:00:00 GMT\r\nSet-Cookie: f=6; domain=other.com\r\n" +
		"Set-Cookie: a=7\r\nSet-Cookie: bb=; path=/; Max-Age=0\r\n\r\npage\n",
	"CONNECT":      "HTTP/1.1 200 Connection established\r\n\r\n",
	"CONNECT deny": "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n",
	"/417":         "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", // instead of 100
}

func init() {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	io.WriteString(w, "zipped page\n")
	w.Close()
	curlAnswers["/gzip"] = fmt.Sprintf(curlAnswers["/gzip"], b.Len(), b.String())
}

// serve answers whoever connects, until l is closed.
func (s *curlServer) serve(l net.Listener) {
	s.done.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.done.Go(func() {
				defer c.Close()
				s.talk(c)
			})
		}
	})
}

// Write keeps what was asked.
func (s *curlServer) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked.Write(b)
}

func (s *curlServer) talk(c net.Conn) {
	r := bufio.NewReader(io.TeeReader(c, s))
	if b, _ := r.Peek(6); string(b) == "PROXY " {
		r.ReadString('\n')
	}
	for {
		request, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		answer := curlAnswers[request.URL.Path]
		switch {
		case request.Method == "CONNECT" && strings.HasPrefix(request.Host, "deny"):
			answer = curlAnswers["CONNECT deny"]
		case request.Method == "CONNECT":
			answer = curlAnswers["CONNECT"]
		case answer == "":
			answer = curlAnswers["/"]
		}
		head, body, _ := strings.Cut(answer, "\r\n\r\n")
		if request.Method == "HEAD" {
			body = ""
		}
		if request.Header.Get("Expect") != "" && request.URL.Path != "/417" {
			io.WriteString(c, "HTTP/1.1 100 Continue\r\n\r\n")
		}
		if request.URL.Path != "/417" {
			io.Copy(io.Discard, request.Body)
		}
		io.WriteString(c, head+"\r\n\r\n"+body)
	}
}

// curlVaries is what two runs of one curl differ in, or two of its builds.
var curlVaries = regexp.MustCompile(`-{24}[0-9a-f]{16}|after \d+ ms|PROXY TCP4 \S+ \S+ \d+`)

// curlMore is what the installed one has more: codings, and in the lines of -v what
// is only there without a screen, or about its own memory.
var curlMore = regexp.MustCompile(`, br, zstd|[{}] \[\d+ bytes data\]\n|\* Found bundle .*\n|\* Can not multiplex.*\n`)

// curlRun is what came of a run.
type curlRun struct {
	asked, stdout, stderr string
	code                  int
}

// curlDo runs a curl with a server on l.
func curlDo(l net.Listener, f func(stdout, stderr io.Writer) int) curlRun {
	var s curlServer
	s.serve(l)
	var out, errs bytes.Buffer
	code := f(&out, &errs)
	l.Close()
	s.done.Wait()
	same := func(b *bytes.Buffer) string {
		return curlMore.ReplaceAllString(curlVaries.ReplaceAllString(b.String(), "…"), "")
	}
	return curlRun{same(&s.asked), same(&out), strings.ReplaceAll(same(&errs), "\r\n", "\n"), code}
}

// Our curl asks as the installed one does, to the byte, and prints the same.
func TestCurlAsInstalled(t *testing.T) {
	needs(t, "curl")
	n := thinnet.New(thinnet.Options{})
	t.Cleanup(func() { n.Close() })
	version, err := exec.Command("curl", "--version").Output()
	if err != nil {
		t.Fatal(err)
	}
	agent := "curl/" + strings.Fields(string(version))[1]
	files := map[string]string{
		"f.txt": "file\r\n", "f.bin": "a\x00b", "big": strings.Repeat("x", 1<<20+1), "empty": "", "heads": "X-F: g\nX-G: h\n", "part": "pa",
		"jar": "# Netscape HTTP Cookie File\n127.0.0.1\tFALSE\t/\tFALSE\t0\tj\t1\n#HttpOnly_127.0.0.1\tFALSE\t/many\tFALSE\t4070908800\tk\t2\n" +
			"127.0.0.1\tFALSE\t/\tFALSE\t1\told\t3\nother.com\tTRUE\t/\tFALSE\t0\tl\t4\nnonsense\n",
	}
	for _, args := range []string{
		"/", "-I /a", "-i /", "-X DELETE /", "-d a=b /", "-d a=b -d c=d -X PUT /", "-G -d a=b /x?y=z", "--data-raw @a /", "--data-urlencode n=a&b%20c/~ /",
		"-H X-A:b -H Accept: /", "-H X-Empty; /", "-H Host:other /", "-A me -e there /", "-u me:secret /", "-b a=b -b c=d /", "-r 0-9 /",
		"--json {} /", "-u me:secret -b x=y -e z -d q -H B:c /", "--url /", "-w %{http_code}-%{size_download}-%{method} /",
		"-sf /", "-d a=b -H Content-Type:text/plain /", "--nonsense /", "-m x /", "-I -d a /",
		"-X GET -d a=b /", "-d @f.txt /", "--data-binary @f.txt /", "-d @f.bin /", "-d @missing /", "--json @f.txt --json x /", "--data-urlencode x@f.txt /",
		"--data-urlencode @f.txt /", "-H @heads /", "--data-urlencode @missing /", "--data-urlencode /", "-G -d @missing /", "-w @f.txt /", "/a/./b/../c", "--path-as-is /a/../c", "--request-target /zz /",
		"--url-query a=b --url-query c=d/e /x?z", "--oauth2-bearer TOK /", "--max-filesize 3 /", "-0 /", "-0 -d a=b /", "-w %{num_headers}%{urlnum}%{redirect_url} /",
		"-w %{stderr}e%{stdout}o%{onerror}x /", "-w %{onerror}x /404 -f", "-w %header{x-a} /", "-w %{nonsense} /",
		"-T f.txt /up/", "-T empty /", "-T - /", "-T missing /", "-T big /", "-d @big /", "-T f.txt -0 /", "-T f.txt -H Expect: /", "-T big /417",
		"-C 3 /", "-C 3 -I /", "-C - -o part /",
		"-F a=b -F c=@f.txt -F d=<f.txt -F e=@f.bin;type=text/x;filename=n\"q.bin --form-string g=@x;type=y /", "-F nothing /", "-F a=@missing /",
		"-F a=b;type=text/y -F =v -F n=@f.txt,f.bin;type=a/b -F x=\"q;\\\"z\" -F y=@f.txt;filename=\"a;b\" /", "-F a=b -d c=d /", "-F a=b -I /", "-T f.txt -d c=d /",
		"-G -F a=b -d c=d /", "-L -F a=b /307",
		"-L -d x /302", "-L -X POST -d x /302", "-L --post302 -d x /302", "-L -d x /303", "-L -T f.txt /303", "-L -T f.txt /302", "-L -d x /307", "-L -I /302", "-L /blanks",
		"-L -e ;auto /302", "-L --location-trusted -u a:b /302", "-L -u a:b /302", "-L --max-redirs 0 /302",
		"-D - /", "-D - -L /302", "-D - -f /404", "-i -f /404", "--fail-with-body /404", "--fail-with-body -f /404", "-f /404 /", "-f --fail-early /404 /",
		"--compressed /", "--compressed /gzip -w %{size_download}", "--compressed /nogzip", "/gzip -o x",
		"-c - /many/", "-c - -b jar /many/x", "-b jar /", "-b x=y -b jar /", "-b nofile /", "-c - -b jar -j /", "-c - -L /302", "-b nofile /many/ /many/x", "-v -c x /many/",
		"-x http://PORT http://foo.bar/ok?x", "-x me:pw@PORT -U a:b http://foo.bar:81/ok?x", "-x PORT -U a:b http://u:p@foo.bar/", "-p -x PORT http://foo.bar/ok?x",
		"-p -x PORT http://deny/ok", "-v -p -x PORT http://foo.bar/ok?x", "-v -p -x PORT http://deny/", "-x 127.0.0.1:1 http://foo.bar/", "-x ftp://PORT /",
		"--noproxy x,127.0.0.1 -x 127.0.0.1:1 /", "-I -x PORT http://x.y/ok", "-x PORT -H X-A:b --proxy-header P:q http://x.y/ok", "-x PORT -p -H X-A:b --proxy-header P:q http://x.y/ok",
		"-x PORT https://deny/ok",
		"--retry 1 --retry-delay 1 /503", "--retry 1 /503 -f", "--retry 1 --retry-connrefused http://127.0.0.1:1/", "--retry 1 --retry-all-errors http://127.0.0.1:1/", "--retry 1 http://127.0.0.1:1/",
		"-H @missing /", "-w @missing /", "-w a@b /", "--retry x /", "--retry -1 /", "--haproxy-protocol /", "--interface lo /", "--interface nosuch /", "--interface 9.9.9.9 /", "--interface host!nosuch /", "--local-port 0 /", "--local-port 5-1 /", "--local-port x /", "-C x /", "--connect-to ::PORT http://foo.bar/ok", "--limit-rate x /",
		"--limit-rate 100k /", "--local-port 40000-40010 /", "-o - /", "--no-progress-meter -o no/where /", "--no-progress-meter -T missing /", "--no-progress-meter -d @missing /", "/{a,b}[1-2]", "-o o_#1_#2_#3 -w %{filename_effective} /{a,b}[1-2]", "/[01-10:3]", "/[a-e:2]", "/{a,b", "/{a,{b}}", "/a}", "/{}", "/[5-1]", "/[1-5:0]",
		"/[a-5]", "/{a}", "/\\[a\\]", "/[1-99999999999999999999]", "/a]", "/{a,}", "/[1-2", "/[z-a]", "/[x", "-w %{urlnum} /[1-2] /z", "-f /{404,a}",
		"/[1-3:2]{x,y}", "-g /a[1-2]", "/[1-1]", "/[1-3:5]", "/[0-3:3]", "/[a]", "/{a]}", "http://[::1]:1/", "http://[::1/", "http://[x]/", "/[]", "/[-1]", "/[",
		"-v / /a", "-v -d a=b /", "-v -T f.txt /", "-v -0 /", "-v -L /302", "-v -f /404", "-v -I /",
	} {
		t.Run(strings.ReplaceAll(args, "/", "_"), func(t *testing.T) {
			t.Parallel()
			theirs, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			address := theirs.Addr().String()
			h, err := n.AddHost(t.Name(), thinnet.HostOptions{})
			if err != nil {
				t.Fatal(err)
			}
			ours, err := h.Listen("tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			fields := []string{"-A", agent, "-sS"}
			if strings.Contains(args, "--retry") || strings.Contains(args, "meter") {
				fields[2] = "--no-progress-meter" // -s would leave the warnings out
			}
			for _, f := range strings.Fields(args) {
				if strings.HasPrefix(f, "/") {
					f = "http://" + address + f
				}
				fields = append(fields, strings.ReplaceAll(f, "PORT", address))
			}
			folders := [2]string{t.TempDir(), t.TempDir()}
			for _, folder := range folders {
				for name, text := range files {
					if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o666); err != nil {
						t.Fatal(err)
					}
				}
			}
			wanted := make(chan curlRun)
			go func() {
				wanted <- curlDo(theirs, func(stdout, stderr io.Writer) int {
					cmd := exec.Command("curl", fields...)
					cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = folders[0], strings.NewReader("input"), stdout, stderr
					_ = cmd.Run() // its exit code is compared
					return cmd.ProcessState.ExitCode()
				})
			}()
			got := curlDo(ours, func(stdout, stderr io.Writer) int {
				root, err := os.OpenRoot(folders[1])
				if err != nil {
					t.Fatal(err)
				}
				defer root.Close()
				env := &command.Env{Host: h, Stdin: command.Text("input"), Stdout: stdout, Stderr: stderr, Files: root}
				return command.Run(t.Context(), env, append([]string{"curl"}, fields...))
			})
			if want := <-wanted; got != want {
				t.Errorf("curl %s\nasked %q\nwant  %q\nsaid %q\nwant %q\n and %q\nwant %q\nexit code %d, want %d",
					strings.Join(fields, " "), cut(got.asked), cut(want.asked), got.stdout, want.stdout, got.stderr, want.stderr, got.code, want.code)
			}
		})
	}
}

// cut shortens what is too long to look at.
func cut(s string) string {
	if len(s) > 2000 {
		return fmt.Sprintf("%s… (%d bytes)", s[:2000], len(s))
	}
	return s
}
