package kernel

import (
	"context"
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
	tests := []struct {
		name string
		args []string
		want string
	}{
		{"TCP", []string{"-n", "4M"}, `\[  5\] +0\.00-\S+ +sec  4\.00 MBytes .*/sec +\d+ +sender\n.* sec .*receiver\n`},
		{"streams", []string{"-n", "1M", "-P", "3"}, `\[SUM\].*sender\n\[SUM\].*receiver\n`},
		{"reversed", []string{"-n", "4M", "-R"}, ` sec .*/sec +\d+ +sender\n.* sec  4\.0\d MBytes .*receiver\n`},
		{"UDP", []string{"-n", "100K", "-u", "-l", "1000", "-b", "5M"}, ` 0/103 \(0%\) +sender\n.* 0/10\d \(0%\) +receiver\n`},
		{"UDP reversed", []string{"-n", "100K", "-u", "-R", "-P", "2", "-b", "5M"}, `\[SUM\].* 0/\d+ \(0%\) +receiver\n`},
	}
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
			got := s.run("iperf3", append([]string{"-c", hostAddr}, tt.args...)...)
			if !regexp.MustCompile(tt.want).MatchString(got) {
				t.Errorf("%s\nwant %s", got, tt.want)
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
}
