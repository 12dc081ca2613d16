package tcpdump

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
)

// exit ends the command with a code and a message, if it has one: on standard error, or on
// standard output if the code is 0.
type exit struct {
	code    int
	message string
}

func (e exit) Error() string { return e.message }

// fail returns the error of something that tcpdump exits with code 1 for.
func fail(format string, args ...any) error {
	return exit{1, "tcpdump: " + fmt.Sprintf(format, args...)}
}

// fileError says what is wrong with a file as C's strerror does.
func fileError(name string, err error) error { return fail("%s: %s", name, reason(err)) }

func reason(err error) string {
	var path *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "No such file or directory"
	case errors.Is(err, fs.ErrPermission):
		return "Permission denied"
	case errors.As(err, &path):
		return path.Err.Error()
	}
	return err.Error()
}

// writeError says that output got lost.
func writeError(err error) error { return fail("Unable to write output: %s", reason(err)) }

// report tells the error that the command ends with, and returns its code.
func report(stdout, stderr io.Writer, err error) int {
	var e exit
	switch {
	case err == nil:
		return 0
	case !errors.As(err, &e):
		e = exit{1, "tcpdump: " + err.Error()}
	}
	if e.code == 0 {
		stderr = stdout
	}
	if e.message != "" {
		fmt.Fprintln(stderr, e.message)
	}
	return e.code
}

func version() string {
	return "tcpdump version 5.0.0-PRE, thinnet\n" +
		"libpcap version 1.11.0-PRE, thinnet\n" +
		"64-bit time_t"
}

func usage() string {
	return version() + `
Usage: tcpdump [-AbdDefghHIJKlLnNOpqStuUvxX#] [ -B size ] [ -c count ] [--count]
		[ -C file_size ] [ -E algo:secret ] [ -F file ] [ -G seconds ]
		[ -i interface ] [ --immediate-mode ] [ -j tstamptype ]
		[ --lengths ] [ -m module ... ]
		[ -M secret ] [ --number ] [ --print ]
		[ --print-sampling nth ] [ -Q in|out|inout ] [ -r file ]
		[ -s snaplen ] [ --skip count ] [ -T type ] [ --version ]
		[ -V file ] [ -w file ] [ -W filecount ] [ -y datalinktype ]
		[ --time-stamp-precision precision ] [ --micro ] [ --nano ]
		[ -z postrotate-command ] [ -Z user ] [ expression ]
Beyond tcpdump:
		[ --json | --follow stream | --ladder[=stream] | --conversations
		| --endpoints ] [ --fanout group ]`
}
