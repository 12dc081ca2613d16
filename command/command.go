// Package command is the commands that a host of a lab has: ping, curl, tcpdump
// and the others, with the options, the output, the messages and the exit codes
// of the programs they are named after. Each has a file of its own.
//
// A command works on its host only: it opens that host's sockets and reads and
// changes that host's addresses and routes, never those of the computer.
package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"thinnet"
)

// Command is one command.
type Command struct {
	Name    string
	Summary string // what it is for, in a few words
	Usage   string // its arguments, such as "[-c count] destination"
	// Help is the whole usage, with what the options mean. Empty: Usage and Summary
	// are all that there is.
	Help string
	// Example is command lines to begin with, for a lab with the hosts client and
	// server: each in a line, and behind it, after two blanks or more, what it does.
	Example string
	// Serves says that it calls Env.Ready once it listens or captures: whoever
	// starts it in the background can wait until what comes next will be seen.
	Serves bool
	Run    func(ctx context.Context, e *Env, args []string) error
}

// Env is what a command runs in.
type Env struct {
	Host   *thinnet.Host
	Stdin  Input // nil: empty
	Stdout io.Writer
	Stderr io.Writer
	// Files is the folder that holds the files a command reads and writes. nil:
	// there is none.
	Files *os.Root
	// Ready, if not nil, is called once by a command that Serves.
	Ready func()
}

// all lists the commands in the order in which people meet them.
var all = []*Command{ping, traceroute, curl, tcpdump, nc, mqtt, ws, iperf, boundaries, arp, ss, ip, sysctl, sleep}

// All returns the commands, in a fixed order.
func All() []*Command { return all }

// Names returns the names of the commands, in the order of [All].
func Names() []string {
	var names []string
	for _, c := range all {
		names = append(names, c.Name)
	}
	return names
}

// Find returns the command of that name, or nil.
func Find(name string) *Command {
	for _, c := range all {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// Exit codes of a shell.
const (
	ExitNotFound    = 127
	ExitInterrupted = 130
)

// Run runs args[0] with the arguments behind it until it ends or ctx does, which
// is its Ctrl-C. It returns the exit code, having told what went wrong on
// e.Stderr. With --help alone, any command tells its usage and gives examples.
func Run(ctx context.Context, e *Env, args []string) int {
	c := Find(args[0])
	if c == nil {
		fmt.Fprintf(e.Stderr, "%s: command not found\n", args[0])
		return ExitNotFound
	}
	if len(args) == 2 && args[1] == "--help" {
		e.printf("%s", c.help())
		return 0
	}
	err := c.Run(ctx, e, args[1:])
	var exit exitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		if exit.message != "" {
			fmt.Fprintln(e.Stderr, exit.message)
		}
		return exit.code
	case ctx.Err() != nil:
		return ExitInterrupted
	}
	fmt.Fprintf(e.Stderr, "%s: %v\n", c.Name, err)
	return 1
}

// help returns what --help says.
func (c *Command) help() string {
	usage := c.Help
	if usage == "" {
		usage = "usage: " + c.Name + " " + c.Usage + "\n" + c.Summary
	}
	if c.Example != "" {
		usage += "\n\nExamples:\n" + c.Example
	}
	return usage + "\n"
}

// exitError ends a command with a code, and a message if it has one.
type exitError struct {
	code    int
	message string
}

func (e exitError) Error() string { return fmt.Sprintf("exit code %d: %s", e.code, e.message) }

// exit returns the error that ends a command with a code and nothing said.
func exit(code int) error { return exitError{code: code} }

// fail returns the error that ends a command with a code and a message.
func fail(code int, format string, args ...any) error {
	return exitError{code, fmt.Sprintf(format, args...)}
}

func (e *Env) printf(format string, args ...any) { fmt.Fprintf(e.Stdout, format, args...) }
func (e *Env) errorf(format string, args ...any) { fmt.Fprintf(e.Stderr, format, args...) }

// silent returns the environment of a part of the command that prints nothing but
// errors.
func (e *Env) silent() *Env {
	quiet := *e
	quiet.Stdout = io.Discard
	return &quiet
}

// ready says that the command now sees what happens.
func (e *Env) ready() {
	if e.Ready != nil {
		e.Ready()
	}
}

// stdin returns the input, which may be empty, as an io.Reader whose reads end
// with ctx.
func (e *Env) stdin(ctx context.Context) io.Reader {
	if e.Stdin == nil {
		return eof{}
	}
	return inputReader{ctx, e.Stdin}
}

// Input is what a command reads: an io.Reader whose reads wait no longer when
// their context has ended, so that a command need not wait for a person before
// it can end.
type Input interface {
	ReadContext(ctx context.Context, b []byte) (int, error)
}

// Text returns an Input of a text.
func Text(s string) Input { return text{strings.NewReader(s)} }

type text struct{ *strings.Reader }

func (t text) ReadContext(_ context.Context, b []byte) (int, error) { return t.Read(b) }

type inputReader struct {
	ctx context.Context
	in  Input
}

func (r inputReader) Read(b []byte) (int, error) { return r.in.ReadContext(r.ctx, b) }

type eof struct{}

func (eof) Read([]byte) (int, error) { return 0, io.EOF }
