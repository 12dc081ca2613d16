package main

import (
	"fmt"
	"math"
	"os"
	"runtime/debug"

	"github.com/spf13/cobra"

	"thinnet/lab"
)

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "thinnet",
		Short: "A whole TCP/IP network in one process",
		Long: `thinnet runs networks of hosts, switches and routers that speak real packets, in
one process, without root. A topology file says which nodes there are, how they
are linked, and what is to be done.`,
		Example: `  thinnet run examples/handshake.yaml                 watch a TCP connection come and go
  thinnet run examples/routers.yaml -w all.pcapng     capture every link, for Wireshark
  thinnet check lab.yaml                              say what is wrong with a file
  thinnet commands                                    list what can be run on a host`,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(newRun(), newTCPDump(), newCheck(), newCommands(), newVersion())
	return root
}

func newCheck() *cobra.Command {
	return &cobra.Command{
		Use:   "check FILE...",
		Short: "Say what is wrong with topology files",
		Long: `Check reads topology files and prints every problem in them, each with its line
and column, and warns of what is hardly meant. The exit code is 0 if there is no
problem and 2 if there are some.`,
		Example: `  thinnet check lab.yaml`,
		Args:    files(1, math.MaxInt),
		RunE: func(c *cobra.Command, args []string) error {
			failed := false
			for _, file := range args {
				if _, err := load(c, file); err != nil {
					fmt.Fprintln(c.ErrOrStderr(), err)
					failed = true
				}
			}
			if failed {
				return exitCode(exitProblem)
			}
			return nil
		},
	}
}

// files checks how many topology files are named.
func files(least, most int) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		switch {
		case len(args) < least:
			return fmt.Errorf("%s: a topology file is missing: %s", c.Name(), c.UseLine())
		case len(args) > most:
			return fmt.Errorf("%s: %q is one argument too many: %s", c.Name(), args[most], c.UseLine())
		}
		return nil
	}
}

// load reads and parses a topology file. It prints what is only to be warned of.
func load(c *cobra.Command, file string) (*lab.Topology, error) {
	data, err := readFile(file)
	if err != nil {
		return nil, fmt.Errorf("thinnet: %w", err)
	}
	t, err := lab.Parse(file, data)
	if err != nil {
		return nil, err
	}
	for _, w := range t.Warnings() {
		fmt.Fprintln(c.ErrOrStderr(), w)
	}
	return t, nil
}

func newCommands() *cobra.Command {
	return &cobra.Command{
		Use:   "commands",
		Short: "List the commands of a host",
		Long: `Commands lists what can be run on the hosts of a lab, in the steps of a topology
file or at the prompt. Options, output and exit codes are those of the programs
of the same name.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			_, err := fmt.Fprint(c.OutOrStdout(), lab.CommandList())
			return err
		},
	}
}

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		Run: func(c *cobra.Command, _ []string) {
			version := "(devel)"
			if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
				version = info.Main.Version
			}
			fmt.Fprintln(c.OutOrStdout(), "thinnet", version)
		},
	}
}

// readFile reads a topology file, or standard input for -. What is too long for
// one is not read whole.
func readFile(file string) ([]byte, error) {
	in := os.Stdin
	if file != "-" {
		var err error
		if in, err = os.Open(file); err != nil {
			return nil, err
		}
		defer in.Close()
	}
	return lab.Read(in)
}
