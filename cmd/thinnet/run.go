package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"thinnet/lab"
)

// runOptions are the flags of thinnet run.
type runOptions struct {
	capture string
	verbose bool
	seed    uint64
	virtual bool
	span    time.Duration
	until   string
}

func newRun() *cobra.Command {
	var o runOptions
	c := &cobra.Command{
		Use:   "run FILE",
		Short: "Build the network of a topology file and run its steps",
		Long: `Run builds the network that a topology file describes and runs its steps. Without
steps it shows a prompt, or reads commands from standard input if that is not a
terminal. The exit code is that of the first step that failed, or 2 if there is
something wrong with the file.

The steps are commands of the file's author. They work on the hosts of the lab;
files that they write or read lie in the current folder.

With --virtual nothing takes time: when everybody waits, the clock jumps to what
comes next. A day passes in a second, and the same seed gives the same packets to
the byte, but for what package crypto/rand chooses: the masks of WebSocket frames.`,
		Example: `  thinnet run examples/handshake.yaml
  thinnet run lab.yaml -w out.pcapng        capture every link; see it in Wireshark
  thinnet run lab.yaml -v                   tell what is built and done
  thinnet run lab.yaml --seed 7             the same losses, ports and sequence numbers again
  thinnet run lab.yaml --virtual --for 24h  a day, in a moment
  thinnet run lab.yaml --until 'time out'   up to the first line that says so
  echo 'ping -c 1 10.0.0.2' | thinnet run lab.yaml`,
		Args: files(1, 1),
		RunE: func(c *cobra.Command, args []string) error {
			if !c.Flags().Changed("seed") {
				o.seed = rand.Uint64()
			}
			return o.run(c, args[0])
		},
	}
	c.Flags().StringVarP(&o.capture, "write", "w", "", "capture every link into this pcapng file")
	c.Flags().BoolVarP(&o.verbose, "verbose", "v", false, "tell what is built and done")
	c.Flags().Uint64Var(&o.seed, "seed", 0, "number that every random choice follows from (default: another each time)")
	c.Flags().BoolVar(&o.virtual, "virtual", false, "live in virtual time, which passes at once")
	c.Flags().DurationVar(&o.span, "for", 0, "go on for as long as this, such as 24h, when the steps have ended as well, and no longer")
	c.Flags().StringVar(&o.until, "until", "", "end with the first line of output that matches this regular expression")
	return c
}

// maxVirtual is how long a run in virtual time may take if --for says nothing: a
// lab that waits for ever is in the year 2262 before long.
const maxVirtual = 24 * time.Hour

func (o *runOptions) run(c *cobra.Command, file string) error {
	topology, err := load(c, file)
	if err != nil {
		fmt.Fprintln(c.ErrOrStderr(), err)
		return exitCode(exitProblem)
	}
	var until *regexp.Regexp
	if o.until != "" {
		if until, err = regexp.Compile(o.until); err != nil {
			return fmt.Errorf("--until: %w", err)
		}
	}
	if o.span < 0 {
		return fmt.Errorf("--for %v: want a time such as 90s or 24h", o.span)
	}
	if o.capture == "-" {
		return errors.New("-w -: standard output is where the steps print; name a file")
	}
	r := &lifetime{runOptions: o, c: c, file: file, topology: topology, until: until}
	if !o.virtual {
		ctx, stop := signal.NotifyContext(c.Context(), os.Interrupt)
		context.AfterFunc(ctx, stop) // a second Ctrl-C is the system's again
		defer stop()
		return codeOrNil(r.live(ctx, nil))
	}
	for _, l := range topology.Links {
		for _, e := range l.Ends {
			if e.Node == nil {
				return fmt.Errorf("%s:%d:%d: %s is of the real world, where time cannot be virtual", file, e.Line, e.Col, e)
			}
		}
	}
	var ctrlC interrupts
	ctrlC.watch()
	inBubble(func() int {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		ctrlC.cancel = cancel
		return r.live(ctx, ctrlC.settle)
	})
	return nil // never
}

func codeOrNil(code int) error {
	if code == 0 {
		return nil
	}
	return exitCode(code)
}

// lifetime is one run of a lab.
type lifetime struct {
	*runOptions
	c        *cobra.Command
	file     string
	topology *lab.Topology
	until    *regexp.Regexp // nil: no pattern ends it
}

// live builds the network, runs it to its end and returns the exit code. settle
// is nil in real time.
func (r *lifetime) live(ctx context.Context, settle func()) (code int) {
	stderr := r.c.ErrOrStderr()
	fail := func(format string, args ...any) int {
		fmt.Fprintf(stderr, "thinnet: "+format+"\n", args...)
		return exitFailed
	}
	l, err := lab.Build(r.topology, lab.Options{Seed: r.seed, Settle: settle, Folder: filepath.Dir(r.file)})
	if err != nil {
		return fail("%v", err)
	}
	defer func() {
		if err := l.Close(); err != nil && code == 0 {
			code = fail("%v", err)
		}
	}()
	if r.capture != "" {
		stop, err := record(l, r.capture)
		if err != nil {
			return fail("%v", err)
		}
		defer func() {
			if err := stop(); err != nil && code == 0 {
				code = fail("%s is not complete: %v", r.capture, err)
			}
		}()
	}
	files, err := os.OpenRoot(".")
	if err != nil {
		return fail("%v", err)
	}
	defer files.Close()

	span := r.span
	if span == 0 && r.virtual {
		span = maxVirtual
	}
	if span > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, span, lab.ErrEnough)
		defer cancel()
	}
	o := lab.SessionOptions{Stdout: r.c.OutOrStdout(), Stderr: stderr, Files: files, Verbose: r.verbose, Hold: r.span > 0}
	var p *pattern
	if r.until != nil {
		var cancel context.CancelCauseFunc
		ctx, cancel = context.WithCancelCause(ctx)
		defer cancel(nil)
		p = &pattern{Regexp: r.until, found: func() { cancel(lab.ErrEnough) }}
		o.Stdout, o.Stderr = p.watch(o.Stdout), p.watch(o.Stderr)
	}
	if r.verbose {
		fmt.Fprintf(stderr, "# seed %d\n", r.seed)
	}
	code = r.play(ctx, l.NewSession(o))
	if p != nil && !p.seen() && code == 0 {
		return fail("no line matched %q", r.until)
	}
	if r.virtual && r.span == 0 && errors.Is(context.Cause(ctx), lab.ErrEnough) && (p == nil || !p.seen()) {
		return fail("it had not ended after %v of virtual time; --for allows for more", maxVirtual)
	}
	return code
}

// play runs the steps, or what is typed.
func (r *lifetime) play(ctx context.Context, s *lab.Session) int {
	switch {
	case len(r.topology.Steps) > 0:
		return s.Run(ctx)
	case !r.virtual && term.IsTerminal(int(os.Stdin.Fd())) && term.IsTerminal(int(os.Stdout.Fd())):
		return s.Prompt(r.c.Context(), lab.NewTerminal(os.Stdin, os.Stdout))
	}
	return s.Prompt(ctx, lab.Script(r.c.InOrStdin()))
}

// record captures every link into a file, until stop is called.
func record(l *lab.Lab, name string) (stop func() error, err error) {
	f, err := os.Create(name)
	if err != nil {
		return nil, err
	}
	r, err := l.Record(f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() error { return errors.Join(r.Close(), f.Close()) }, nil
}
