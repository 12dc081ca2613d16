package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// A run in virtual time is a program of its own: this one, once more.
const asProgram = "THINNET_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}

func program(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	c := exec.Command(os.Args[0], args...)
	c.Env = append(os.Environ(), asProgram+"=1")
	return c
}

// thinnetAlone is thinnet in a process of its own.
func thinnetAlone(t *testing.T, stdin string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	c := program(t, args...)
	c.Stdin, c.Stdout, c.Stderr = strings.NewReader(stdin), &out, &errs
	err := c.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		code = exit.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	return code, out.String(), errs.String()
}

func TestVirtual(t *testing.T) {
	run := func(name, seed string) (stdout string, packets []byte) {
		file := filepath.Join(t.TempDir(), name)
		code, stdout, stderr := thinnetAlone(t, "", "run", example, "--virtual", "--seed", seed, "-w", file)
		if code != 0 || !strings.Contains(stderr, "11 packets captured\n") {
			t.Errorf("exit code %d: %s", code, stderr)
		}
		packets, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return stdout, packets
	}
	stdout, packets := run("a", "1")
	if n := strings.Count(stdout, "\n"); n != 11 {
		t.Errorf("%d lines:\n%s", n, stdout)
	}
	if again, same := run("b", "1"); again != stdout || !bytes.Equal(same, packets) {
		t.Errorf("one seed, twice:\n%s%s", stdout, again)
	}
	if _, other := run("c", "2"); bytes.Equal(other, packets) {
		t.Error("two seeds, and the same packets")
	}
}

// write makes a topology file with two hosts and some steps.
func write(t *testing.T, steps string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "lab.yaml")
	text := `nodes:
  a: {interfaces: {eth0: 10.0.0.1/24}}
  b: {interfaces: {eth0: 10.0.0.2/24}}
links: [{ends: a:eth0 -- b:eth0, delay: 10ms}]
` + steps
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestSpanAndPattern(t *testing.T) {
	background := "steps: [a: ping -i 60 10.0.0.2 &, a: sleep 5]\n"
	foreground := "steps: [a: ping -i 60 10.0.0.2]\n"
	for _, test := range []struct {
		name, steps    string
		args           []string
		code           int
		stdout, stderr string
	}{
		{"a day of pings in the background", background, []string{"--for", "24h"}, 0, "1440 packets transmitted, 1440 received, 0% packet loss", ""},
		{"a day of pings in the foreground", foreground, []string{"--for", "24h"}, 0, "1440 packets transmitted, 1440 received", ""},
		{"the background ends with the steps", background, nil, 0, "\n1 packets transmitted", ""},
		{"what does not end", foreground, nil, 1, "1440 packets transmitted", "it had not ended after 24h0m0s of virtual time"},
		{"up to a line", foreground, []string{"--until", "icmp_seq=5 "}, 0, "\n5 packets transmitted", ""},
		{"up to a line that never comes", background, []string{"--until", "icmp_seq=5 "}, 1, "\n1 packets", `no line matched "icmp_seq=5 "`},
		{"a pattern that is none", background, []string{"--until", "("}, 2, "", "--until: error parsing regexp"},
		{"a negative time", background, []string{"--for", "-1s"}, 2, "", "--for -1s: want"},
		{"no steps, commands from a pipe", "", nil, 0, "2 packets transmitted", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			args := append([]string{"run", write(t, test.steps), "--virtual", "--seed", "1"}, test.args...)
			code, stdout, stderr := thinnetAlone(t, "ping -c 2 10.0.0.2\n", args...)
			if code != test.code || !strings.Contains(stdout, test.stdout) || !strings.Contains(stderr, test.stderr) {
				t.Errorf("exit code %d, want %d; want %q and %q in:\n%s%s", code, test.code, test.stdout, test.stderr, last(stdout), stderr)
			}
		})
	}
}

// last is the end of a long text.
func last(s string) string { return s[max(len(s)-500, 0):] }

// The flags work in real time as well.
func TestUntilInRealTime(t *testing.T) {
	file := write(t, "steps: [a: ping -i 0.01 10.0.0.2]\n")
	code, stdout, _ := thinnet(t, "", "run", file, "--until", "icmp_seq=3 ", "--for", "1m")
	if code != 0 || strings.Contains(stdout, "icmp_seq=9 ") {
		t.Errorf("exit code %d:\n%s", code, stdout)
	}
	code, stdout, _ = thinnet(t, "", "run", file, "--for", "100ms")
	if code != 0 || !strings.Contains(stdout, "packets transmitted") {
		t.Errorf("exit code %d:\n%s", code, stdout)
	}
}

func TestVirtualWorld(t *testing.T) {
	file := filepath.Join(t.TempDir(), "lab.yaml")
	if err := os.WriteFile(file, []byte("nodes: {a: {interfaces: {eth0: 10.0.0.1/24}}}\nlinks: [a:eth0 -- tap:t0]\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	code, _, stderr := thinnetAlone(t, "", "run", "--virtual", file)
	if code != 2 || !strings.Contains(stderr, file+":2:19: tap:t0 is of the real world") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

// Ctrl-C reaches the lab although it lives in another time.
func TestVirtualInterrupt(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no interrupt to send to one process")
	}
	c := program(t, "run", "--virtual", "--for", "1000000h", write(t, "steps: [a: ping -q 10.0.0.2]\n"))
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 5) // it runs
	if _, err := out.Read(line); err != nil {
		t.Fatal(err)
	}
	if err := c.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		var rest bytes.Buffer
		rest.ReadFrom(out)
		done <- c.Wait()
	}()
	select {
	case <-done:
		if code := c.ProcessState.ExitCode(); code != 130 {
			t.Errorf("exit code %d, want 130", code)
		}
	case <-time.After(30 * time.Second):
		c.Process.Kill()
		t.Error("it goes on")
	}
}
