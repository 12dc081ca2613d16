// Package getopt takes command lines apart as GNU's getopt_long does.
package getopt

import "strings"

// Option is one option of a command line: a letter or a long name.
type Option struct{ Name, Value string }

// Error says which option is wrong, as glibc's getopt does.
type Error struct {
	Name    string // with its dashes, if it is a long one
	Missing bool   // its argument is; else it is unknown
}

// Error returns glibc's message.
func (e *Error) Error() string {
	long := strings.HasPrefix(e.Name, "--")
	switch {
	case e.Missing && long:
		return "option '" + e.Name + "' requires an argument"
	case e.Missing:
		return "option requires an argument -- '" + e.Name + "'"
	case long:
		return "unrecognized option '" + e.Name + "'"
	}
	return "invalid option -- '" + e.Name + "'"
}

// Parse takes a command line apart as GNU's getopt_long does: options and
// operands in any order, letters joined (-nvr FILE), "--" before what is no
// option. A letter of short that a colon follows has an argument, and so has a
// long name that ends in one. A long name "name=x" is an alias that is
// returned as x. The error is an *[Error].
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
						return nil, nil, &Error{name, true}
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

func longOption(arg string, args, known []string) (Option, []string, error) {
	name, value, hasValue := strings.Cut(arg, "=")
	for _, k := range known {
		k, alias, _ := strings.Cut(k, "=")
		k, wantsValue := strings.CutSuffix(k, ":")
		if k != name || hasValue && !wantsValue {
			continue
		}
		if alias != "" {
			k = alias
		}
		switch {
		case !wantsValue || hasValue:
			return Option{k, value}, args, nil
		case len(args) > 0:
			return Option{k, args[0]}, args[1:], nil
		}
		return Option{}, nil, &Error{"--" + name, true}
	}
	return Option{}, nil, &Error{Name: "--" + name}
}
