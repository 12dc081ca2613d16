package command

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path"
)

// curlOutput is what the body of a transfer goes to. A file is made when there is
// something to write, or when all went well.
type curlOutput struct {
	env    *Env
	name   string // "": the screen
	append bool
	warn   func(text string)
	file   io.WriteCloser
}

// errCurlWrite is an output that cannot be written.
var errCurlWrite = &curlError{code: curlWriteFailed, message: "Failure writing output to destination"}

// output returns the output of the nth transfer.
func (c *curler) output(n int, u *url.URL) (*curlOutput, *curlError) {
	o := &curlOutput{env: c.env, warn: c.warn}
	switch {
	case n < len(c.outputs):
		o.name = curlNamed(c.outputs[n], c.words)
	case c.remoteName:
		if o.name = path.Base(u.Path); o.name == "/" || o.name == "." {
			return nil, &curlError{code: curlWriteFailed, message: "Remote file name has no length!"}
		}
	}
	if o.name == "-" {
		o.name = ""
	}
	return o, nil
}

// Write writes to the file or the screen.
func (o *curlOutput) Write(b []byte) (int, error) {
	if o.name == "" {
		return o.env.Stdout.Write(b)
	}
	if o.file == nil {
		var err error
		if o.append {
			o.file, err = o.env.extend(o.name)
		} else {
			o.file, err = o.env.create(o.name)
		}
		if err != nil {
			var of *fs.PathError
			if errors.As(err, &of) {
				err = of.Err
			}
			o.warn(fmt.Sprintf("Failed to open the file %s: %s", o.name, errorText(err)))
			return 0, err
		}
	}
	return o.file.Write(b)
}

// close ends the output. One that nothing was written to is made if all went well.
func (o *curlOutput) close(failed bool) *curlError {
	if o.file == nil && o.name != "" && !failed {
		if _, err := o.Write(nil); err != nil {
			return errCurlWrite
		}
	}
	if o.file != nil && o.file.Close() != nil {
		return errCurlWrite
	}
	return nil
}

// offset returns how many bytes -C leaves out: a number, or with - those that the
// output has already.
func (c *curler) offset(o *curlOutput) int64 {
	o.append = c.resume != 0 && o.name != ""
	if c.resume != curlResumeFile || c.env.Files == nil || o.name == "" {
		return max(c.resume, 0)
	}
	info, err := c.env.Files.Stat(o.name)
	if err != nil {
		return 0 // it is not there yet
	}
	return info.Size()
}

// extend opens a file of the command's folder to write behind what it has.
func (e *Env) extend(name string) (io.WriteCloser, error) {
	if name == devNull || e.Files == nil {
		return e.create(name)
	}
	return e.Files.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666)
}
