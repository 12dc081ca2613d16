package thinnettest_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"thinnet"
	"thinnet/capture/pcapfile"
	"thinnet/lab"
	"thinnet/thinnettest"
)

// The failures below are tests of their own, run by this binary once more.
const failing = "THINNETTEST_FAILING"

// again runs one of this binary's tests, which must fail, and returns what it
// said and the folder of its captures.
func again(t *testing.T, want int, name string, args ...string) (said, captures string) {
	t.Helper()
	captures = t.TempDir()
	c := exec.Command(os.Args[0], append([]string{"-test.run", "^" + name + "$", "-thinnet.captures", captures}, args...)...)
	c.Env = append(os.Environ(), failing+"=1")
	out, err := c.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != want {
		t.Errorf("%s: %v, want exit code %d\n%s", name, err, want, out)
	}
	return string(out), captures
}

func onlyWhenAsked(t *testing.T) {
	if os.Getenv(failing) == "" {
		t.Skip("it fails on purpose; another test runs it")
	}
}

func dial(t *testing.T, n *thinnet.Network) net.Conn {
	client, server, _ := thinnettest.Pair(t, n)
	l, err := server.Listen("tcp", ":7")
	if err != nil {
		t.Fatal(err)
	}
	c, err := client.Dial("tcp", "server:7")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Close()
		l.Close()
	})
	return c
}

func TestFails(t *testing.T) {
	onlyWhenAsked(t)
	thinnettest.Run(t, func(t *testing.T, n *thinnet.Network) {
		dial(t, n)
		t.Fatal("on purpose")
	})
}

func TestLeaks(t *testing.T) {
	onlyWhenAsked(t)
	thinnettest.Run(t, func(t *testing.T, n *thinnet.Network) {
		dial(t, n)
		go func() { select {} }()
	})
}

func TestDeadlock(t *testing.T) {
	onlyWhenAsked(t)
	thinnettest.Run(t, func(t *testing.T, n *thinnet.Network) {
		// Without keepalives: as long as there is a timer, time goes on.
		dial(t, n).Close()
		<-make(chan int)
	})
}

func TestPanics(t *testing.T) {
	onlyWhenAsked(t)
	thinnettest.Run(t, func(t *testing.T, n *thinnet.Network) {
		dial(t, n)
		panic("on purpose")
	})
}

// A test that fails leaves its packets, its seed and what is wrong.
func TestFailure(t *testing.T) {
	for _, test := range []struct {
		name string
		code int
		want string
	}{
		{"TestFails", 1, "on purpose"},
		{"TestLeaks", 1, "goroutines outlive the test:"},
		{"TestDeadlock", 1, "deadlock"},
		{"TestPanics", 2, "panic: on purpose"},
	} {
		t.Run(test.name, func(t *testing.T) {
			said, captures := again(t, test.code, test.name, "-thinnet.seed", "7")
			for _, want := range []string{test.want, "go test -run '^" + test.name + "$' -thinnet.seed 7"} {
				if !strings.Contains(said, want) {
					t.Errorf("it does not say %q:\n%s", want, said)
				}
			}
			f, err := os.Open(filepath.Join(captures, test.name+"-seed7.pcapng"))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			r, err := pcapfile.NewReader(f)
			if err != nil {
				t.Fatal(err)
			}
			packets := 0
			for ; ; packets++ {
				if _, err := r.Next(); err == io.EOF {
					break
				} else if err != nil {
					t.Fatal(err)
				}
			}
			if packets < 5 { // ARP and the handshake
				t.Errorf("%d packets in the capture", packets)
			}
		})
	}
}

func TestSeed(t *testing.T) {
	ports := func(t *testing.T) (addr string) {
		thinnettest.Run(t, func(t *testing.T, n *thinnet.Network) { addr = dial(t, n).LocalAddr().String() })
		return addr
	}
	first, second := "", ""
	t.Run("a", func(t *testing.T) { first = ports(t) })
	t.Run("b", func(t *testing.T) { second = ports(t) })
	if first == second {
		t.Errorf("two tests chose %s", first)
	}
	t.Run("a again", func(t *testing.T) {
		if got, want := ports(t), ports(t); got != want {
			t.Errorf("one test chose %s and %s", got, want)
		}
	})
}

// A day passes in a moment, and faults come at their times.
func TestSchedule(t *testing.T) {
	start := time.Now()
	thinnettest.Run(t, func(t *testing.T, n *thinnet.Network) {
		client, server, link := thinnettest.Pair(t, n)
		serve := func() {
			l, err := server.Listen("tcp", ":80")
			if err != nil {
				t.Fatal(err)
			}
			go http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") }))
		}
		serve()
		get := func() error {
			tr := &http.Transport{DialContext: client.DialContext, DisableKeepAlives: true}
			c := http.Client{Transport: tr, Timeout: 10 * time.Second}
			res, err := c.Get("http://server/")
			if err != nil {
				return err
			}
			defer res.Body.Close()
			_, err = io.ReadAll(res.Body)
			return err
		}
		one := func(h *thinnet.Host) []*thinnet.Host { return []*thinnet.Host{h} }
		thinnettest.Schedule(t, n,
			thinnettest.Fault{At: time.Hour, For: time.Minute, What: thinnettest.Down(link)},
			thinnettest.Fault{At: 2 * time.Hour, For: time.Minute, What: thinnettest.Loss(link, 1)},
			thinnettest.Fault{At: 3 * time.Hour, For: time.Minute, What: thinnettest.Delay(link, 20*time.Second)},
			thinnettest.Fault{At: 4 * time.Hour, For: time.Minute, What: thinnettest.Partition(n, one(client), one(server))},
			thinnettest.Fault{At: 5 * time.Hour, For: time.Minute, What: thinnettest.Crash(server)},
			thinnettest.Fault{At: 6 * time.Hour, What: thinnettest.Down(link)},
		)
		for hour := 0; hour <= 6; hour++ {
			if err := get(); (err == nil) != (hour == 0) {
				t.Errorf("in hour %d: %v", hour, err)
			}
			time.Sleep(30 * time.Minute)
			if hour == 5 {
				serve() // the crash took the listener
			}
			if err := get(); (err == nil) != (hour != 6) {
				t.Errorf("half an hour later than hour %d: %v", hour, err)
			}
			time.Sleep(time.Duration(hour+1)*time.Hour + time.Second - time.Since(epoch))
		}
	})
	if took := time.Since(start); took > time.Minute {
		t.Errorf("it took %v", took)
	}
}

// epoch is when time begins in a bubble.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

func TestRunLab(t *testing.T) {
	thinnettest.RunLab(t, "../examples/handshake.yaml", func(t *testing.T, l *lab.Lab) {
		res, err := (&http.Client{Transport: &http.Transport{
			DialContext: l.Network().Host("client").DialContext, DisableKeepAlives: true,
		}}).Get("http://server/")
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || !strings.Contains(string(body), "Three segments") {
			t.Errorf("%q, %v", body, err)
		}
	})
}
