// Command thinnet runs networks of hosts, switches and routers that speak real
// packets, in one process, from a topology file.
package main

import (
	"errors"
	"fmt"
	"os"
)

// Exit codes beside those of the commands that a lab runs.
const (
	exitFailed  = 1
	exitProblem = 2 // of the command line, or of a topology file
)

// exitCode ends the program with a code when all is said.
type exitCode int

func (c exitCode) Error() string { return fmt.Sprintf("exit code %d", int(c)) }

func main() { os.Exit(run(os.Args[1:])) }

func run(args []string) int {
	root := newRoot()
	root.SetArgs(args)
	err := root.Execute()
	var code exitCode
	switch {
	case err == nil:
		return 0
	case errors.As(err, &code):
		return int(code)
	}
	fmt.Fprintln(os.Stderr, "thinnet:", err)
	return exitProblem
}
