package command

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"thinnet"
)

// A pcapng file that a host writes says why it sent what it sent, and what became
// of it; the views of tcpdump show it.
func TestTcpdumpComments(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := thinnet.New(thinnet.Options{Seed: 1, Settle: synctest.Wait})
		defer n.Close()
		a, l := pair(t, n, "a", "b")
		files, err := os.OpenRoot(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		defer files.Close()
		run := func(ctx context.Context, line string) string {
			var out, errs bytes.Buffer
			if code := Run(ctx, &Env{Host: a, Files: files, Stdout: &out, Stderr: &errs}, strings.Fields(line)); code != 0 {
				t.Errorf("%s: exit code %d, %s", line, code, errs.String())
			}
			return out.String()
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			run(ctx, "tcpdump -i eth0 -w a.pcapng")
		}()
		time.Sleep(time.Millisecond)
		run(t.Context(), "ping -c 1 10.0.0.2")
		if err := l.SetLoss(1); err != nil {
			t.Fatal(err)
		}
		dial, stop := context.WithTimeout(t.Context(), 4*time.Second)
		defer stop()
		if c, err := a.DialContext(dial, "tcp", "10.0.0.2:80"); err == nil {
			c.Close()
			t.Error("a connection over a link that loses all")
		}
		cancel()
		<-done
		packets := strings.Split(strings.TrimSpace(run(t.Context(), "tcpdump --json -nr a.pcapng tcp or icmp")), "\n")
		for i, want := range []string{`"text":"IP 10.0.0.1 > 10.0.0.2: ICMP echo request`, `echo reply`,
			`"comment":"dropped: loss"`, `"comment":"dropped: loss; retransmission: RTO 1"`, `"comment":"dropped: loss; retransmission: RTO 2"`} {
			if i >= len(packets) || !strings.Contains(packets[i], want) || !strings.Contains(packets[i], `"interface":"eth0","direction":`) {
				t.Fatalf("packet %d of\n%s\nhas no %s", i, strings.Join(packets, "\n"), want)
			}
		}
		ladder := run(t.Context(), "tcpdump --ladder -nr a.pcapng")
		if !strings.Contains(ladder, "X  | LISTEN        dropped: loss; retransmission: RTO 2\n") {
			t.Errorf("the ladder is\n%s", ladder)
		}
	})
}

// The views work on a host's interface as they do on a file.
func TestTcpdumpViews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := thinnet.New(thinnet.Options{Seed: 1, Settle: synctest.Wait})
		defer n.Close()
		a, _ := pair(t, n, "a", "b")
		for view, want := range map[string]string{
			"--json": `{"number":1,"time":"`, "--conversations": "icmp   10.0.0.1", "--endpoints": "10.0.0.2",
		} {
			var out bytes.Buffer
			done := make(chan struct{})
			go func() {
				defer close(done)
				Run(t.Context(), &Env{Host: a, Stdout: &out, Stderr: new(bytes.Buffer)}, []string{"tcpdump", "-n", "-i", "eth0", "-c", "2", view, "icmp"})
			}()
			time.Sleep(time.Millisecond)
			Run(t.Context(), &Env{Host: a, Stdout: new(bytes.Buffer), Stderr: new(bytes.Buffer)}, []string{"ping", "-c", "1", "10.0.0.2"})
			<-done
			if !strings.Contains(out.String(), want) {
				t.Errorf("%s shows\n%s", view, out.String())
			}
		}
	})
}
