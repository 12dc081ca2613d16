// Package getopt takes command lines apart as GNU's getopt_long does.
package getopt

import "strings"

// Option is one option of a command line: a letter or a long name.
type Option struct{ Name, Value string }

// Error says which option is wrong, as glibc's getopt does.
type Error struct {
	Name string // with its dashes, if it is a long one
	Kind Kind
	// Possibilities are the long names, with their dashes, that an ambiguous one
	// is the beginning of.
	Possibilities []string
}

// Kind is what is wrong with an option.
type Kind uint8

// Kinds of errors.
const (
	Unknown   Kind = iota // there is no such option
	Missing               // its argument is missing
	Unwanted              // it has an argument and takes none
	Ambiguous             // a beginning of several long names
)

// Error returns glibc's message.
func (e *Error) Error() string {
	long := strings.HasPrefix(e.Name, "--")
	switch {
	case e.Kind == Unwanted:
		return "option '" + e.Name + "' doesn't allow an argument"
	case e.Kind == Ambiguous:
		return "option '" + e.Name + "' is ambiguous; possibilities: '" + strings.Join(e.Possibilities, "' '") + "'"
	case e.Kind == Missing && long:
		return "option '" + e.Name + "' requires an argument"
	case e.Kind == Missing:
		return "option requires an argument -- '" + e.Name + "'"
	case long:
		return "unrecognized option '" + e.Name + "'"
	}
	return "invalid option -- '" + e.Name + "'"
}

// Parse takes a command line apart as GNU's getopt_long does: options and
// operands in any order, letters joined (-nvr FILE), "--" before what is no
// option, long names shortened as far as they remain clear. A letter of short that
// a colon follows has an argument, and so has a long name that ends in one; one
// that ends in two may have one (--name=x). A long name "name=x" is an alias that
// is returned as x. The error is an *[Error].
func Parse(args []string, short string, long ...string) (options []Option, operands []string, err error) {
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		switch {
		case arg == "--":
			return options, append(operands, args...), nil
		case strings.HasPrefix(arg, "--"):
			o, rest, err := longOption(arg[2:], args, long)
			if err != nil {
				return nil, nil, err
			}
			options, args = append(options, o), rest
		case len(arg) > 1 && arg[0] == '-':
			for letters := arg[1:]; letters != ""; {
				name := letters[:1]
				letters = letters[1:]
				i := strings.Index(short, name)
				if i < 0 || name == ":" {
					return nil, nil, &Error{Name: name}
				}
				o := Option{Name: name}
				if strings.HasPrefix(short[i+1:], ":") {
					switch {
					case letters != "":
						o.Value, letters = letters, ""
					case len(args) > 0:
						o.Value, args = args[0], args[1:]
					default:
						return nil, nil, &Error{Name: name, Kind: Missing}
					}
				}
				options = append(options, o)
			}
		default:
			operands = append(operands, arg)
		}
	}
	return options, operands, nil
}

// longName is a long name, as Parse is told it.
type longName struct {
	name, result       string
	argument, optional bool
}

func parseLong(k string) longName {
	k, alias, _ := strings.Cut(k, "=")
	n := longName{}
	if n.name, n.optional = strings.CutSuffix(k, "::"); !n.optional {
		n.name, n.argument = strings.CutSuffix(k, ":")
	}
	if n.result = alias; alias == "" {
		n.result = n.name
	}
	return n
}

func longOption(arg string, args, known []string) (Option, []string, error) {
	name, value, hasValue := strings.Cut(arg, "=")
	n, err := findLong(name, known)
	switch {
	case err != nil:
		return Option{}, nil, err
	case hasValue && !n.argument && !n.optional:
		return Option{}, nil, &Error{Name: "--" + n.name, Kind: Unwanted}
	case hasValue || !n.argument:
		return Option{n.result, value}, args, nil
	case len(args) > 0:
		return Option{n.result, args[0]}, args[1:], nil
	}
	return Option{}, nil, &Error{Name: "--" + n.name, Kind: Missing}
}

// findLong returns the long name that name is, or is the beginning of.
func findLong(name string, known []string) (longName, error) {
	var found longName
	var possibilities []string
	clear := true
	for _, k := range known {
		n := parseLong(k)
		if n.name == name {
			return n, nil
		}
		if !strings.HasPrefix(n.name, name) {
			continue
		}
		if possibilities != nil && n.result != found.result {
			clear = false // two names for one option do not differ
		}
		found = n
		possibilities = append(possibilities, "--"+n.name)
	}
	switch {
	case possibilities == nil:
		return longName{}, &Error{Name: "--" + name}
	case !clear:
		return longName{}, &Error{Name: "--" + name, Kind: Ambiguous, Possibilities: possibilities}
	}
	return found, nil
}
