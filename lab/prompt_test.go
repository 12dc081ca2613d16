package lab

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"thinnet/command"
)

// typist is a console that shows what is typed.
type typist struct {
	Console
	screen io.Writer
}

func (t typist) ReadLine(prompt string) (string, error) {
	line, err := t.Console.ReadLine(prompt)
	if err == nil {
		io.WriteString(t.screen, prompt+line+"\n")
	}
	return line, err
}

// Interruptible has somebody press Ctrl-C after ten seconds.
func (t typist) Interruptible(ctx context.Context) (context.Context, func()) {
	return context.WithTimeout(ctx, 10*time.Second)
}

func (t typist) Input() command.Input { return command.Text("typed\n") }

func TestPrompt(t *testing.T) {
	topology, err := Parse("x.yaml", []byte(`
nodes:
  client: {interfaces: {eth0: 10.0.0.1/24}}
  server: {interfaces: {eth0: 10.0.0.2/24}}
  lan: {switch: {ports: 2}}
links: [client:eth0 -- lan:1, server:eth0 -- lan:2]
`))
	if err != nil {
		t.Fatal(err)
	}
	const typed = `
  # a comment
ping -c 1 server
server: ip -br addr
@srever
@server
arp -n
pnig client
ping 'client
ping -q 10.0.0.1
sleep 100 || true
nc -l 80 &
client: nc -N server 80
tcpdump -i eth0 -n icmp &
client: ping -q -c 1 10.0.0.2
jobs
kill 2
kill 3
jobs
hosts
help
exit
never
`
	var screen bytes.Buffer
	code := -1
	synctest.Test(t, func(t *testing.T) {
		l, err := Build(topology, Options{Seed: 1, Settle: synctest.Wait})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		s := l.NewSession(SessionOptions{Stdout: &screen, Stderr: &screen})
		code = s.Prompt(t.Context(), typist{Script(strings.NewReader(typed)), &screen})
	})
	golden(t, "testdata/prompt.golden", screen.String())
	if code != 1 {
		t.Errorf("exit code %d, want that of the last command", code)
	}
}

func TestPromptWithoutHosts(t *testing.T) {
	topology, err := Parse("x.yaml", []byte("nodes: {lan: {switch: {ports: 2}}}"))
	if err != nil {
		t.Fatal(err)
	}
	l, err := Build(topology, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var screen bytes.Buffer
	if code := l.NewSession(SessionOptions{Stdout: &screen, Stderr: &screen}).Prompt(t.Context(), Script(strings.NewReader("help\n"))); code != 1 {
		t.Errorf("exit code %d; %s", code, &screen)
	}
}
