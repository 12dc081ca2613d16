package command

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"thinnet"
)

// A command ends when it is interrupted, and leaves nothing running: the bubble
// would not end.
func TestInterrupted(t *testing.T) {
	commands := []string{
		"ping 127.0.0.1", "ping -i 100 127.0.0.1", "sleep 1000", "curl http://127.0.0.1:81/", "tcpdump -i lo",
		"nc -l 90", "nc -l -u 90", "nc 127.0.0.1 81", "nc -u 127.0.0.1 81",
		"iperf -s", "iperf -c 127.0.0.1 -p 81",
	}
	for _, command := range commands {
		t.Run(command, func(t *testing.T) {
			onHost(t, func(t *testing.T, h *thinnet.Host) {
				defer listen(t, h, "127.0.0.1:81").Close() // which never accepts
				pc, err := h.ListenPacket("udp", "127.0.0.1:81")
				if err != nil {
					t.Fatal(err)
				}
				defer pc.Close()
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				start := time.Now()
				Run(ctx, &Env{Host: h, Stdin: never{}, Stdout: io.Discard, Stderr: io.Discard}, strings.Fields(command))
				if took := time.Since(start); took != 10*time.Second {
					t.Errorf("ended after %v", took)
				}
			})
		})
	}
}

// never is a person who does not type.
type never struct{}

func (never) ReadContext(ctx context.Context, _ []byte) (int, error) {
	<-ctx.Done()
	return 0, ctx.Err()
}

// --help tells how a command is used, and gives examples.
func TestHelp(t *testing.T) {
	for _, c := range All() {
		var out bytes.Buffer
		code := Run(t.Context(), &Env{Stdout: &out}, []string{c.Name, "--help"})
		got := out.String()
		if code != 0 || !strings.HasPrefix(got, "usage: "+c.Name+" ") || !strings.HasSuffix(got, "\n\nExamples:\n"+c.Example+"\n") {
			t.Errorf("%d, %q", code, got)
		}
		if c.Help == "" && !strings.Contains(got, c.Usage+"\n"+c.Summary+"\n") {
			t.Errorf("%s: %q does not say what it is for", c.Name, got)
		}
	}
}

// The examples of --help are lines that their commands take.
func TestExamples(t *testing.T) {
	wrong := regexp.MustCompile(`(?i)usage|invalid|unknown|unrecognized|not recognized|out of range|try '|parameter|garbage|syntax`)
	for _, c := range All() {
		for line := range strings.SplitSeq(c.Example, "\n") {
			example, _, _ := strings.Cut(strings.TrimSpace(line), "  ")
			args := strings.Fields(strings.ReplaceAll(example, "'", ""))
			if args[0] != c.Name {
				t.Errorf("an example of %s is %q", c.Name, line)
			}
			synctest.Test(t, func(t *testing.T) {
				n := thinnet.New(thinnet.Options{Settle: synctest.Wait})
				defer n.Close()
				client, _ := pair(t, n, "client", "server")
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
				defer cancel()
				var errs bytes.Buffer
				Run(ctx, &Env{Host: client, Stdin: never{}, Stdout: io.Discard, Stderr: &errs}, args)
				if said := wrong.FindString(errs.String()); said != "" {
					t.Errorf("%s: %s", example, &errs)
				}
			})
		}
	}
}

func TestRunUnknown(t *testing.T) {
	var errs bytes.Buffer
	if code := Run(t.Context(), &Env{Stderr: &errs}, []string{"rm"}); code != ExitNotFound || errs.String() != "rm: command not found\n" {
		t.Errorf("%d, %q", code, errs.String())
	}
}

// Files lie in the command's folder, or nowhere.
func TestFiles(t *testing.T) {
	e := &Env{}
	if _, err := e.create("x"); err == nil {
		t.Error("a file without a folder")
	}
	folder, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	e.Files = folder
	for _, name := range []string{"../x", filepath.Join(folder.Name(), "x")} {
		if _, err := e.create(name); !errors.Is(err, errOutside) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := e.open(name); !errors.Is(err, errOutside) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if w, err := e.create(devNull); err != nil || w.Close() != nil {
		t.Error(err)
	}
}

// FuzzRun runs command lines that are interrupted at once: whatever is typed,
// nothing panics and nothing hangs.
func FuzzRun(f *testing.F) {
	for _, line := range []string{
		"ping -c 1 -s 8 -t 1 127.0.0.1", "sysctl -n net.ipv4.tcp_sack net.ipv4.ip_forward=1", "traceroute -nI -f 2 -m 4 -q 1 -w 1 127.0.0.1 99", "curl -vL -d a=b -H A:b -w %{http_code} a/b", "tcpdump -XXnn -tttt -i lo tcp port 80",
		"ip -s -br addr add 10.0.0.1/24 dev lo", "ip route add default via 10.0.0.1 dev lo metric 3", "ip neigh del 10.0.0.1 dev lo",
		"ip link set lo mtu 1500 up", "arp -s 10.0.0.1 02:00:00:00:00:01", "ss -tunaoiems state all sport = :80", "nc -lukz -w 1 80-90", "sleep 1s 2m",
	} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		args := strings.Fields(line)
		if len(args) == 0 {
			return
		}
		n := thinnet.New(thinnet.Options{})
		defer n.Close()
		h, err := n.AddHost("a", thinnet.HostOptions{})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		done := make(chan int)
		go func() { done <- Run(ctx, &Env{Host: h, Stdout: io.Discard, Stderr: io.Discard}, args) }()
		select {
		case <-done:
		case <-time.After(10 * time.Second):
			t.Errorf("%q hangs", line)
		}
	})
}
