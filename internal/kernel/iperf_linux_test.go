package kernel

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"thinnet/command"
	"thinnet/link/cable"
)

// Both ends of an iperf test may be iperf3 itself: the protocol is its own.
func TestIperf(t *testing.T) {
	needs(t, "iperf3")
	tcp := func(sent string) string {
		return `\[  5\] +0\.00-\S+ +sec  ` + sent + ` MBytes .*/sec +\d+ +sender\n.* sec .*receiver\n`
	}
	tests := []struct {
		name string
		args []string
		want string
	}{
		{"TCP", []string{"-n", "4M"}, tcp(`4\.00`)},
		{"streams", []string{"-n", "1M", "-P", "3"}, `\[SUM\].*sender\n\[SUM\].*receiver\n`},
		// A block or two are on their way when it has got enough.
		{"reversed", []string{"-n", "4M", "-R"}, ` sec .*/sec +\d+ +sender\n.* sec  4\.[0-2]\d MBytes .*receiver\n`},
		// The word that it is over may overtake the last datagrams: a few are not counted then.
		{"UDP", []string{"-n", "100K", "-u", "-l", "1000", "-b", "5M"}, ` 0/103 \(0%\) +sender\n.* 0/(9|10)\d \(0%\) +receiver\n`},
		{"UDP reversed", []string{"-n", "100K", "-u", "-R", "-P", "2", "-b", "5M"}, `\[SUM\].* 0/\d+ \(0%\) +receiver\n`},
	}
	const both = `\[  5\]\[TX-C\] .*sender\n\[  5\]\[TX-C\] .*receiver\n\[  7\]\[RX-C\] .*sender\n\[  7\]\[RX-C\] .*receiver\n`
	tests = append(tests, []struct {
		name string
		args []string
		want string
	}{
		{"both ways", []string{"-n", "200K", "--bidir"}, `\[ ID\]\[Role\] Interval           Transfer     Bitrate         Retr\n` + both},
		{"UDP both ways", []string{"-n", "200K", "-b", "20M", "-u", "-l", "1000", "--bidir"}, both},
		{"blocks", []string{"-k", "3"}, `  384 KBytes .*sender\n.*receiver\n`},
		{"streams both ways", []string{"-n", "200K", "--bidir", "-P", "2"}, `\[SUM\]\[RX-C\] .*sender\n\[SUM\]\[RX-C\].*receiver\n\niperf Done`},
	}...)
	s := newSite(t, cable.Impairment{})
	ctx, cancel := context.WithCancel(t.Context())
	ready := make(chan struct{})
	ended := make(chan struct{})
	var printed strings.Builder
	go func() {
		defer close(ended)
		env := &command.Env{Host: s.host, Stdout: &printed, Stderr: &printed, Ready: func() { close(ready) }}
		command.Run(ctx, env, []string{"iperf", "-s"})
	}()
	<-ready
	theirs := exec.Command("iperf3", "-s", "-B", kernelAddr)
	if err := s.start(theirs); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = theirs.Process.Kill()
		_ = theirs.Wait()
		cancel()
		<-ended
		if t.Failed() {
			t.Logf("our server:\n%s", printed.String())
		}
	}()
	for _, tt := range tests {
		t.Run(tt.name+", their client", func(t *testing.T) {
			want := tt.want
			if tt.name == "TCP" {
				// After a block that the socket took in part it writes up to a block too much.
				want = tcp(`4\.(0\d|1[0-2])`)
			}
			got := s.run("iperf3", append([]string{"-c", hostAddr}, tt.args...)...)
			if !regexp.MustCompile(want).MatchString(got) {
				t.Errorf("%s\nwant %s", got, want)
			}
		})
		t.Run(tt.name+", their server", func(t *testing.T) {
			time.Sleep(200 * time.Millisecond) // it takes a moment to listen again
			got := s.hostRun(append([]string{"iperf", "-c", kernelAddr}, tt.args...)...)
			if !regexp.MustCompile(tt.want).MatchString(got) {
				t.Errorf("%s\nwant %s", got, tt.want)
			}
		})
	}
	for _, args := range []string{"", "-R -P 2", "-u -b 20M", "-u -R -b 20M", "--bidir", "--bidir -u -b 20M"} {
		t.Run("JSON "+args, func(t *testing.T) {
			fields := append(strings.Fields(args), "-n", "200K", "-J")
			want := jsonShape(t, s.run("iperf3", append([]string{"-c", hostAddr}, fields...)...))
			got := jsonShape(t, s.hostRun(append([]string{"iperf", "-c", kernelAddr}, fields...)...))
			if got != want {
				t.Errorf("ours has\n%s\ntheirs\n%s", got, want)
			}
			time.Sleep(200 * time.Millisecond)
		})
	}
}

// jsonShape returns the names in a JSON text, in their order, a line each, with the kinds
// of their values. Of a list it shows the first.
func jsonShape(t *testing.T, text string) string {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	var b strings.Builder
	known := make(map[string]bool) // iperf3 says some things once for each stream
	var walk func(path string, shown bool) error
	walk = func(path string, shown bool) error {
		k, err := d.Token()
		if err != nil {
			return err
		}
		for n := 0; d.More() && (k == json.Delim('{') || k == json.Delim('[')); n++ {
			below := path
			if k == json.Delim('{') {
				name, err := d.Token()
				if err != nil {
					return err
				}
				below += "." + name.(string)
			}
			if err := walk(below, shown && (k == json.Delim('{') || n == 0)); err != nil {
				return err
			}
		}
		switch k {
		case json.Delim('{'), json.Delim('['):
			_, err = d.Token() // its end
		default:
			if shown && !known[path] {
				known[path] = true
				fmt.Fprintf(&b, "%s %T\n", path, k)
			}
		}
		return err
	}
	if err := walk("", true); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return b.String()
}
