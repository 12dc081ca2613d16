package command

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// devNull is the file that takes everything and holds nothing, on every system.
const devNull = "/dev/null"

var (
	errNoFiles = errors.New("no folder for files")
	errOutside = errors.New("outside the current folder")
)

// open opens a file of the command's folder.
func (e *Env) open(name string) (io.ReadCloser, error) {
	switch {
	case name == devNull:
		return io.NopCloser(eof{}), nil
	case e.Files == nil:
		return nil, errNoFiles
	case !filepath.IsLocal(name):
		return nil, &fs.PathError{Op: "open", Path: name, Err: errOutside}
	}
	return e.Files.Open(name)
}

// create makes a file in the command's folder, or empties it.
func (e *Env) create(name string) (io.WriteCloser, error) {
	switch {
	case name == devNull:
		return nopWriteCloser{io.Discard}, nil
	case e.Files == nil:
		return nil, errNoFiles
	case !filepath.IsLocal(name):
		return nil, &fs.PathError{Op: "open", Path: name, Err: errOutside}
	}
	return e.Files.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
}

type nopWriteCloser struct{ io.Writer }

func (nopWriteCloser) Close() error { return nil }
