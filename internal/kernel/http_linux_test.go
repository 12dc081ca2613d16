package kernel

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"thinnet/command"
	"thinnet/link/cable"
)

func page(text string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, r.Method+" "+r.Host+": "+text)
	})
}

// The kernel's curl fetches from our net/http server.
func TestKernelFetches(t *testing.T) {
	s := newSite(t, cable.Impairment{})
	s.serveHost(page("our page"))
	if got, want := s.run("curl", "-sS", "-m", "10", "http://"+hostAddr+"/"), "GET "+hostAddr+": our page"; got != want {
		t.Errorf("curl printed %q, want %q", got, want)
	}
	if got := s.run("curl", "-sS", "-m", "10", "-d", strings.Repeat("x", 100_000), "http://"+hostAddr+"/"); !strings.HasPrefix(got, "POST") {
		t.Errorf("curl printed %q", got)
	}
	// Nobody listens on port 81: a reset at once, curl's exit code 7.
	if got := s.run("sh", "-c", "curl -sS -m 10 http://"+hostAddr+":81/ 2>&1; echo $?"); !strings.HasSuffix(got, "\n7\n") {
		t.Errorf("a closed port: %q", got)
	}
}

// hostRun runs a command on our host and returns what it printed.
func (s *site) hostRun(args ...string) string {
	s.t.Helper()
	var stdout, stderr strings.Builder
	env := &command.Env{Host: s.host, Stdout: &stdout, Stderr: &stderr}
	if code := command.Run(context.Background(), env, args); code != 0 {
		s.t.Fatalf("%s on our host: exit code %d\n%s%s", strings.Join(args, " "), code, stdout.String(), stderr.String())
	}
	return stdout.String()
}

// Our curl and our net/http client fetch from a server on the kernel's side.
func TestHostFetches(t *testing.T) {
	s := newSite(t, cable.Impairment{})
	s.serveKernel(page("the kernel's page"))
	want := "GET " + kernelAddr + ": the kernel's page"
	if got := s.hostRun("curl", "-s", "http://"+kernelAddr+"/"); got != want {
		t.Errorf("our curl printed %q, want %q", got, want)
	}
	r, err := s.hostClient().Get("http://" + kernelAddr + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if got, err := io.ReadAll(r.Body); err != nil || string(got) != want {
		t.Errorf("our client read %q, %v; want %q", got, err, want)
	}
}
