package lab

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"thinnet/command"
)

// Run runs the topology's steps: those in the foreground one after the other,
// those in the background beside them. When the last foreground step has ended
// and the network is quiet, what still runs is interrupted, as by Ctrl-C.
//
// The result is the exit code: that of the first step that failed, 0 if none
// has. A step that ends in || true does not fail. When ctx ends the steps are
// interrupted, and the exit code is 130, unless the cause is [ErrEnough].
func (s *Session) Run(ctx context.Context) int {
	if s.verbose {
		s.explain()
	}
	code := 0
	for i, step := range s.lab.topology.Steps {
		if ctx.Err() != nil {
			break
		}
		if s.verbose {
			name := step.Line.Args[0]
			s.say("# step %d, on %s: %s, %s", i+1, step.Node.Name, name, command.Find(name).Summary)
		}
		failed := s.step(ctx, step)
		s.breathe()
		if code == 0 && ctx.Err() == nil {
			code = failed
		}
	}
	if s.hold {
		<-ctx.Done()
	}
	s.settle(ctx)
	jobs := s.jobs
	s.Close()
	for _, j := range jobs {
		if code == 0 && !j.stopped && !j.line.MayFail {
			code = j.code
		}
	}
	if ctx.Err() != nil && !errors.Is(context.Cause(ctx), ErrEnough) {
		return command.ExitInterrupted
	}
	return code
}

// ErrEnough is the cause of a context that ends a run as its last step would.
var ErrEnough = errors.New("enough has been seen")

// step runs a step, or starts it, and returns its exit code as far as it counts.
func (s *Session) step(ctx context.Context, step *Step) int {
	line := step.Line
	s.say("%s$ %s", step.Node.Name, s.abbreviate(line.String()))
	var stdin command.Input
	if step.Stdin != "" {
		stdin = command.Text(step.Stdin)
	}
	start := time.Now()
	j := s.start(ctx, s.lab.hosts[step.Node], line, stdin)
	if line.Background {
		if s.verbose {
			s.say("# it runs beside the steps that follow, and is interrupted behind the last")
		}
		return 0
	}
	if s.verbose {
		s.say("# exit code %d after %v", j.code, time.Since(start).Round(time.Millisecond))
	}
	if line.MayFail {
		return 0
	}
	return j.code
}

// String returns the line as it may be typed.
func (l Line) String() string {
	s := strings.Join(strings.Fields(l.Text), " ")
	if l.MayFail {
		s += " || true"
	}
	if l.Background {
		s += " &"
	}
	return s
}

// maxEcho is how much of a command line is repeated, in characters.
const maxEcho = 100

// abbreviate shortens a line that would take several on a screen.
func (s *Session) abbreviate(line string) string {
	if r := []rune(line); len(r) > maxEcho && !s.verbose {
		return string(r[:maxEcho-2]) + " …"
	}
	return line
}

// explain tells what the lab is made of.
func (s *Session) explain() {
	t := s.lab.topology
	s.say("# %s: %d nodes, %d links, %d steps", t.File, len(t.Nodes), len(t.Links), len(t.Steps))
	for _, n := range t.Nodes {
		s.say("# %s", n.describe())
	}
	for _, l := range t.Links {
		s.say("# cable %s -- %s%s", l.Ends[0], l.Ends[1], l.describe())
	}
}

func (n *Node) describe() string {
	if n.Switch != nil {
		return fmt.Sprintf("switch %s, %d ports", n.Name, n.Switch.Ports)
	}
	parts := []string{"host " + n.Name}
	if n.Forwarding {
		parts[0] = "router " + n.Name
	}
	for _, i := range n.Interfaces {
		text := i.Name
		for _, a := range i.Addresses {
			text += " " + a.String()
		}
		parts = append(parts, text)
	}
	for _, s := range n.Services {
		parts = append(parts, describeService(s))
	}
	return strings.Join(parts, ", ")
}

func (l *Link) describe() string {
	there, back := l.There.describe(), l.Back.describe()
	switch {
	case there == back && there == "":
		return ""
	case there == back:
		return ", " + there
	}
	return fmt.Sprintf(", there: %s, back: %s", there, back)
}

func (i Impairment) describe() string {
	var parts []string
	add := func(name string, set bool, value any) {
		if set {
			parts = append(parts, fmt.Sprintf("%s %v", name, value))
		}
	}
	percent := func(f float64) string { return fmt.Sprintf("%g%%", f*100) }
	add("delay", i.Delay > 0, i.Delay)
	add("jitter", i.Jitter > 0, i.Jitter)
	add("rate", i.Rate > 0, fmt.Sprintf("%d bit/s", i.Rate))
	add("loss", i.Loss > 0, percent(i.Loss))
	add("duplicate", i.Duplicate > 0, percent(i.Duplicate))
	add("corrupt", i.Corrupt > 0, percent(i.Corrupt))
	add("reorder", i.Reorder > 0, percent(i.Reorder))
	add("queue", i.Queue > 0, i.Queue)
	return strings.Join(parts, ", ")
}
