package command

import (
	"strings"
)

// option is one option of a command line: a letter or a long name.
type option struct{ name, value string }

// optionError says which option is wrong, as glibc's getopt does.
type optionError struct {
	name    string // with its dashes, if it is a long one
	missing bool   // its argument is; else it is unknown
}

func (e *optionError) Error() string {
	long := strings.HasPrefix(e.name, "--")
	switch {
	case e.missing && long:
		return "option '" + e.name + "' requires an argument"
	case e.missing:
		return "option requires an argument -- '" + e.name + "'"
	case long:
		return "unrecognized option '" + e.name + "'"
	}
	return "invalid option -- '" + e.name + "'"
}

// getopt takes a command line apart as GNU's getopt_long does: options and
// operands in any order, letters joined (-nvr FILE), "--" before what is no
// option. A letter of short that a colon follows has an argument, and so has a
// long name that ends in one. A long name "name=x" is an alias that is
// returned as x.
func getopt(args []string, short string, long ...string) (options []option, operands []string, err error) {
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
					return nil, nil, &optionError{name: name}
				}
				o := option{name: name}
				if strings.HasPrefix(short[i+1:], ":") {
					switch {
					case letters != "":
						o.value, letters = letters, ""
					case len(args) > 0:
						o.value, args = args[0], args[1:]
					default:
						return nil, nil, &optionError{name, true}
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

func longOption(arg string, args, known []string) (option, []string, error) {
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
			return option{k, value}, args, nil
		case len(args) > 0:
			return option{k, args[0]}, args[1:], nil
		}
		return option{}, nil, &optionError{"--" + name, true}
	}
	return option{}, nil, &optionError{name: "--" + name}
}
