// Package annotate puts in front of an error what it is about.
//
// fmt.Errorf does the same, and more. But a program that embeds the stack pays for
// package fmt with 190 KB, a fifth of all that it links: so the packages that it
// needs do without, see docs/architecture.md.
package annotate

// Error returns an error that says "about: err", and wraps err.
func Error(about string, err error) error { return &annotated{about, err} }

type annotated struct {
	about string
	err   error
}

func (a *annotated) Error() string { return a.about + ": " + a.err.Error() }

func (a *annotated) Unwrap() error { return a.err }
