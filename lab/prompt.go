package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"thinnet"
	"thinnet/command"
)

// Console is where a person, or a script, types command lines.
type Console interface {
	// ReadLine shows the prompt, on a line of its own if a line end is before it, and
	// returns the next line without its end. The
	// error is io.EOF at the end of the input.
	ReadLine(prompt string) (string, error)
	// Input is what a command reads that runs now; nil: nothing.
	Input() command.Input
	// Interruptible returns a context that Ctrl-C ends, until stop is called.
	Interruptible(ctx context.Context) (c context.Context, stop func())
}

const promptHelp = `A line is a command on the host that the prompt names:
  ping -c 3 10.0.0.2      run a command; Ctrl-C interrupts it
  tcpdump -i eth0 &       run it in the background
  @server                 go to another host
  server: ss -tan         run one command on another host
  hosts                   list the hosts
  jobs, kill NUMBER       list what runs in the background; interrupt it
  help                    this text, and the commands of a host
  exit                    leave, as Ctrl-D does
`

// Prompt runs the command lines that c has, on the first host of the topology
// until @NAME says another. It returns the exit code of the last command.
func (s *Session) Prompt(ctx context.Context, c Console) int {
	defer s.Close()
	hosts := s.lab.net.Hosts()
	if len(hosts) == 0 {
		s.say("%s: there is no host to run commands on", s.lab.topology.File)
		return 1
	}
	p := &prompt{Session: s, console: c, host: hosts[0]}
	for ctx.Err() == nil && !p.left {
		text, err := c.ReadLine(p.lineEnd() + p.host.Name() + "> ")
		if err != nil {
			if !errors.Is(err, io.EOF) {
				s.say("%v", err)
				return 1
			}
			break
		}
		p.line(ctx, text)
		p.breathe()
	}
	s.settle(ctx)
	return p.code
}

// prompt is the state of a dialogue.
type prompt struct {
	*Session
	console Console
	host    *thinnet.Host
	code    int
	left    bool
}

// line does what a line says.
func (p *prompt) line(ctx context.Context, text string) {
	text = strings.TrimSpace(text)
	if name, ok := strings.CutPrefix(text, "@"); ok {
		if h := p.find(name); h != nil {
			p.host = h
		}
		return
	}
	host := p.host
	if name, rest, ok := strings.Cut(text, ":"); ok && p.lab.net.Host(name) != nil {
		host, text = p.lab.net.Host(name), strings.TrimSpace(rest)
	}
	line, err := ParseLine(text)
	switch {
	case err != nil:
		p.say("%v", err)
		p.code = 2
		return
	case len(line.Args) == 0 || p.builtin(line.Args):
		return
	case command.Find(line.Args[0]) == nil:
		p.say("%s: command not found%s", line.Args[0], didYouMean(line.Args[0], command.Names()))
		p.code = command.ExitNotFound
		return
	}
	runCtx, stop := ctx, func() {}
	var input command.Input
	if !line.Background {
		runCtx, stop = p.console.Interruptible(ctx)
		input = p.console.Input()
	}
	j := p.start(runCtx, host, line, input)
	stop()
	if line.Background {
		p.say("[%d] %s$ %s", len(p.jobs), host.Name(), line)
		return
	}
	if p.code = j.code; line.MayFail {
		p.code = 0
	}
}

func (p *prompt) find(name string) *thinnet.Host {
	h := p.lab.net.Host(strings.TrimSpace(name))
	if h == nil {
		var names []string
		for _, h := range p.lab.net.Hosts() {
			names = append(names, h.Name())
		}
		p.say("no host %q%s", name, didYouMean(name, names))
	}
	return h
}

// builtin runs what is a word of the prompt itself, and reports whether it was.
func (p *prompt) builtin(args []string) bool {
	switch args[0] {
	case "help", "?":
		p.print(promptHelp + "\nCommands of a host (NAME --help tells how to use one):\n" + CommandList())
	case "exit", "quit", "logout":
		p.left = true
	case "hosts":
		for _, n := range p.lab.topology.Nodes {
			p.print(n.describe() + "\n")
		}
	case "jobs":
		for i, j := range p.jobs {
			if j.running() {
				p.print(fmt.Sprintf("[%d] %s$ %s\n", i+1, j.host.Name(), j.line))
			}
		}
	case "kill":
		n := 0
		if len(args) == 2 {
			n, _ = strconv.Atoi(strings.TrimPrefix(args[1], "%"))
		}
		if n < 1 || n > len(p.jobs) {
			p.say("kill: name a job by its number; jobs lists them")
			p.code = 1
			break
		}
		p.jobs[n-1].stop()
	default:
		return false
	}
	return true
}

// lineEnd returns what a prompt has before it: the end of a page that has none, say.
func (s *Session) lineEnd() string {
	s.out.display.Lock()
	defer s.out.display.Unlock()
	return s.out.display.lineEnd()
}

func (s *Session) print(text string) {
	s.out.display.Lock()
	defer s.out.display.Unlock()
	fmt.Fprint(s.out.w, text)
}

// CommandList returns the commands of a host, one a line with what it is for.
func CommandList() string {
	var b strings.Builder
	for _, c := range command.All() {
		fmt.Fprintf(&b, "  %-12s%s\n", c.Name, c.Summary)
	}
	return b.String()
}
