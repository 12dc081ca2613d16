package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"thinnet/lab"
)

// runOptions are the flags of thinnet run.
type runOptions struct {
	capture string
	verbose bool
	seed    uint64
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
files that they write or read lie in the current folder.`,
		Example: `  thinnet run examples/handshake.yaml
  thinnet run lab.yaml -w out.pcapng        capture every link; see it in Wireshark
  thinnet run lab.yaml -v                   tell what is built and done
  thinnet run lab.yaml --seed 7             the same losses, ports and sequence numbers again
  echo 'ping -c 1 10.0.0.2' | thinnet run lab.yaml`,
		Args: cobra.ExactArgs(1),
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
	return c
}

func (o *runOptions) run(c *cobra.Command, file string) (err error) {
	topology, err := load(file)
	if err != nil {
		fmt.Fprintln(c.ErrOrStderr(), err)
		return exitCode(exitProblem)
	}
	l, err := lab.Build(topology, lab.Options{Seed: o.seed, Folder: filepath.Dir(file)})
	if err != nil {
		fmt.Fprintln(c.ErrOrStderr(), "thinnet:", err)
		return exitCode(exitFailed)
	}
	defer l.Close()
	if o.capture != "" {
		stop, err := record(l, o.capture)
		if err != nil {
			fmt.Fprintln(c.ErrOrStderr(), "thinnet:", err)
			return exitCode(exitFailed)
		}
		defer func() {
			if stopErr := stop(); stopErr != nil && err == nil {
				fmt.Fprintf(c.ErrOrStderr(), "thinnet: %s is not complete: %v\n", o.capture, stopErr)
				err = exitCode(exitFailed)
			}
		}()
	}
	files, err := os.OpenRoot(".")
	if err != nil {
		return err
	}
	defer files.Close()
	s := l.NewSession(lab.SessionOptions{
		Stdout: c.OutOrStdout(), Stderr: c.ErrOrStderr(), Files: files, Verbose: o.verbose})
	if o.verbose {
		fmt.Fprintf(c.ErrOrStderr(), "# seed %d\n", o.seed)
	}
	if code := o.play(c, s, topology); code != 0 {
		return exitCode(code)
	}
	return nil
}

// play runs the steps, or what is typed.
func (o *runOptions) play(c *cobra.Command, s *lab.Session, t *lab.Topology) int {
	if len(t.Steps) == 0 && term.IsTerminal(int(os.Stdin.Fd())) && term.IsTerminal(int(os.Stdout.Fd())) {
		return s.Prompt(c.Context(), lab.NewTerminal(os.Stdin, os.Stdout))
	}
	ctx, stop := signal.NotifyContext(c.Context(), os.Interrupt)
	context.AfterFunc(ctx, stop) // a second Ctrl-C is the system's again
	defer stop()
	if len(t.Steps) > 0 {
		return s.Run(ctx)
	}
	return s.Prompt(ctx, lab.Script(c.InOrStdin()))
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
