package command

import (
	"context"
	"strconv"
	"strings"
	"time"

	"thinnet/getopt"
	"thinnet/stack"
	"thinnet/transport/tcp"
)

var sysctl = &Command{
	Name:    "sysctl",
	Summary: "show and change what the kernel's parameters of a host are on Linux",
	Usage:   "[-anqw] [variable[=value]]...",
	Example: `  sysctl net.ipv4.ip_forward          is this host a router?
  sysctl -w net.ipv4.ip_forward=1     make it one
  sysctl -w net.ipv4.tcp_sack=0       for the connections that begin from now on
  sysctl -a                           all that there are`,
	Run: runSysctl,
}

const sysctlUsage = `
Usage:
 sysctl [options] [variable[=value] ...]

Options:
  -a, --all            display all variables
  -n, --values         print only values of the given variable(s)
  -q, --quiet          do not echo variable set
  -w, --write          enable writing a value to variable`

// A parameter is one of the kernel's.
type parameter struct {
	name string
	get  func(*stack.Stack) string
	set  func(*stack.Stack, string) bool // false: there is no such value
}

// parameters are in the order of sysctl -a, which is the alphabet's.
var parameters = []parameter{
	{"net.ipv4.ip_forward",
		func(s *stack.Stack) string { return sysctlBool(s.Forwarding()) },
		func(s *stack.Stack, v string) bool {
			n, err := strconv.Atoi(v)
			if err == nil {
				s.SetForwarding(n != 0)
			}
			return err == nil
		}},
	{"net.ipv4.tcp_congestion_control",
		func(s *stack.Stack) string { return s.TCPSettings().CongestionControl },
		func(s *stack.Stack, v string) bool {
			set := s.TCPSettings()
			set.CongestionControl = v
			return v != "" && s.SetTCPSettings(set) == nil
		}},
	tcpParameter("tcp_fin_timeout", 1, 3600, func(t *tcp.Settings) int { return int(t.FinTimeout / time.Second) },
		func(t *tcp.Settings, n int) { t.FinTimeout = time.Duration(n) * time.Second }),
	tcpParameter("tcp_max_syn_backlog", 1, 1<<20, func(t *tcp.Settings) int { return t.MaxSynBacklog },
		func(t *tcp.Settings, n int) { t.MaxSynBacklog = n }),
	tcpParameter("tcp_retries2", 1, 255, func(t *tcp.Settings) int { return t.Retries2 },
		func(t *tcp.Settings, n int) { t.Retries2 = n }),
	tcpSwitch("tcp_sack", func(t *tcp.Settings) *bool { return &t.NoSACK }),
	tcpParameter("tcp_syn_retries", 1, 127, func(t *tcp.Settings) int { return t.SynRetries },
		func(t *tcp.Settings, n int) { t.SynRetries = n }),
	tcpParameter("tcp_synack_retries", 1, 255, func(t *tcp.Settings) int { return t.SynAckRetries },
		func(t *tcp.Settings, n int) { t.SynAckRetries = n }),
	tcpSwitch("tcp_timestamps", func(t *tcp.Settings) *bool { return &t.NoTimestamps }),
	tcpSwitch("tcp_window_scaling", func(t *tcp.Settings) *bool { return &t.NoWindowScaling }),
}

// tcpParameter is a number among the settings of TCP.
func tcpParameter(name string, lo, hi int, get func(*tcp.Settings) int, set func(*tcp.Settings, int)) parameter {
	return parameter{"net.ipv4." + name,
		func(s *stack.Stack) string {
			t := s.TCPSettings()
			return strconv.Itoa(max(get(&t), 0)) // less than 0 is TCP's way to say none
		},
		func(s *stack.Stack, v string) bool {
			n, err := strconv.Atoi(v)
			if err != nil || n < lo || n > hi {
				return false
			}
			t := s.TCPSettings()
			set(&t, n)
			return s.SetTCPSettings(t) == nil
		}}
}

// tcpSwitch is an option of TCP's, of which the settings say whether it is off.
func tcpSwitch(name string, off func(*tcp.Settings) *bool) parameter {
	return tcpParameter(name, 0, 255,
		func(t *tcp.Settings) int {
			if *off(t) {
				return 0
			}
			return 1
		},
		func(t *tcp.Settings, n int) { *off(t) = n == 0 })
}

func sysctlBool(on bool) string {
	if on {
		return "1"
	}
	return "0"
}

func runSysctl(_ context.Context, e *Env, args []string) error {
	options, operands, err := getopt.Parse(args, "anqw", "all", "values", "quiet", "write")
	if err != nil {
		return fail(1, "sysctl: %v\n%s", err, sysctlUsage)
	}
	s := e.Host.Stack()
	var all, values, quiet, write bool
	for _, o := range options {
		switch o.Name {
		case "a", "all":
			all = true
		case "n", "values":
			values = true
		case "q", "quiet":
			quiet = true
		case "w", "write":
			write = true
		}
	}
	show := func(name, value string) {
		if !values {
			value = name + " = " + value
		}
		e.printf("%s\n", value)
	}
	if all {
		for _, p := range parameters {
			show(p.name, p.get(s))
		}
		return nil
	}
	if len(operands) == 0 {
		return fail(1, "%s", sysctlUsage)
	}
	failed := false
	for _, operand := range operands {
		name, value, assigned := strings.Cut(operand, "=")
		name, value = strings.ReplaceAll(strings.TrimSpace(name), "/", "."), strings.TrimSpace(value)
		p := findParameter(name)
		switch {
		case write && !assigned:
			e.errorf("sysctl: %q must be of the form name=value\n", operand)
		case p == nil:
			e.errorf("sysctl: cannot stat /proc/sys/%s: No such file or directory\n", strings.ReplaceAll(name, ".", "/"))
		case !assigned:
			show(name, p.get(s))
			continue
		case !p.set(s, value):
			e.errorf("sysctl: setting key %q: Invalid argument\n", name)
		default:
			if !quiet {
				show(name, value)
			}
			continue
		}
		failed = true
	}
	if failed {
		return exit(1)
	}
	return nil
}

// findParameter returns the parameter of a name, nil for none.
func findParameter(name string) *parameter {
	for i := range parameters {
		if parameters[i].name == name {
			return &parameters[i]
		}
	}
	return nil
}
