package command

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"thinnet/capture/dissect"
	"thinnet/getopt"
	"thinnet/stack"
	"thinnet/transport/tcp"
	"thinnet/wire"
)

var ss = &Command{
	Name:    "ss",
	Summary: "show sockets",
	Usage:   "[-tulanoiemsH] [state STATE] [sport|dport = :PORT]",
	Example: `  ss -tln                   which TCP ports listen
  ss -ti state established  what TCP knows of each connection: RTT, window, losses
  ss -tn dport = :80        connections to port 80`,
	Run: runSS,
}

const ssUsage = `Usage: ss [ OPTIONS ]
       ss [ OPTIONS ] [ FILTER ]
   -h, --help          this message
   -n, --numeric       don't resolve service names
   -a, --all           display all sockets
   -l, --listening     display listening sockets
   -o, --options       show timer information
   -e, --extended      show detailed socket information
   -m, --memory        show socket memory usage
   -i, --info          show internal TCP information
   -s, --summary       show socket usage summary
   -t, --tcp           display only TCP sockets
   -u, --udp           display only UDP sockets
   -H, --no-header     Suppress header line

       FILTER := [ state STATE-FILTER ] [ sport|dport = :PORT ]
       STATE-FILTER := {all|connected|established|syn-sent|syn-recv|fin-wait-1|fin-wait-2|
                        time-wait|closed|close-wait|last-ack|listening|closing}`

// ssOptions are the options of ss.
type ssOptions struct {
	tcp, udp, listening, all, numeric     bool
	timer, extended, memory, info, header bool
	summary                               bool
	states                                []string // of the filter; nil: as the options say
	sport, dport                          uint16
}

// ssStates are ss's names of TCP's states.
var ssStates = map[tcp.State]string{
	tcp.Closed: "UNCONN", tcp.Listen: "LISTEN", tcp.SynSent: "SYN-SENT", tcp.SynReceived: "SYN-RECV",
	tcp.Established: "ESTAB", tcp.FinWait1: "FIN-WAIT-1", tcp.FinWait2: "FIN-WAIT-2", tcp.CloseWait: "CLOSE-WAIT",
	tcp.Closing: "CLOSING", tcp.LastAck: "LAST-ACK", tcp.TimeWait: "TIME-WAIT",
}

// ssFilterStates are the states by the names of the filter.
var ssFilterStates = map[string][]string{
	"established": {"ESTAB"}, "syn-sent": {"SYN-SENT"}, "syn-recv": {"SYN-RECV"}, "fin-wait-1": {"FIN-WAIT-1"},
	"fin-wait-2": {"FIN-WAIT-2"}, "time-wait": {"TIME-WAIT"}, "closed": {"UNCONN"}, "unconnected": {"UNCONN"},
	"close-wait": {"CLOSE-WAIT"}, "last-ack": {"LAST-ACK"}, "listening": {"LISTEN"}, "listen": {"LISTEN"},
	"closing":      {"CLOSING"},
	"connected":    {"ESTAB", "SYN-SENT", "SYN-RECV", "FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT", "CLOSE-WAIT", "LAST-ACK", "CLOSING"},
	"synchronized": {"ESTAB", "FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT", "CLOSE-WAIT", "LAST-ACK", "CLOSING"},
	"all": {"ESTAB", "SYN-SENT", "SYN-RECV", "FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT", "CLOSE-WAIT", "LAST-ACK", "CLOSING",
		"LISTEN", "UNCONN"},
}

func parseSS(args []string) (*ssOptions, error) {
	o := &ssOptions{header: true}
	options, filter, err := getopt.Parse(args, "tulanoiemspH4h", "tcp=t", "udp=u", "listening=l", "all=a", "numeric=n",
		"options=o", "info=i", "extended=e", "memory=m", "summary=s", "processes=p", "no-header=H", "ipv4=4", "help=h")
	if err != nil {
		return nil, fail(255, "ss: %v\n%s", err, ssUsage)
	}
	set := map[string]*bool{"t": &o.tcp, "u": &o.udp, "l": &o.listening, "a": &o.all, "n": &o.numeric, "o": &o.timer,
		"i": &o.info, "e": &o.extended, "m": &o.memory, "s": &o.summary}
	for _, opt := range options {
		switch opt.Name {
		case "h":
			return nil, fail(0, ssUsage)
		case "H":
			o.header = false
		default:
			if p := set[opt.Name]; p != nil {
				*p = true
			}
		}
	}
	if !o.tcp && !o.udp {
		o.tcp, o.udp = true, true
	}
	return o, o.filter(filter)
}

// filter reads what stands behind the options.
func (o *ssOptions) filter(words []string) error {
	for len(words) > 0 {
		word := words[0]
		words = words[1:]
		switch word {
		case "state":
			if len(words) == 0 || ssFilterStates[words[0]] == nil {
				return fail(255, "ss: wrong state name: %s", strings.Join(words, " "))
			}
			o.states = append(o.states, ssFilterStates[words[0]]...)
			words = words[1:]
		case "sport", "dport":
			if len(words) > 0 && slices.Contains([]string{"=", "==", "eq"}, words[0]) {
				words = words[1:]
			}
			port, err := uint16(0), error(nil)
			if len(words) > 0 {
				port, err = ncPort(strings.TrimPrefix(words[0], ":"))
			}
			if len(words) == 0 || err != nil {
				return fail(1, "Error: a port is expected behind %q.\nCannot parse dst/src address.", word)
			}
			if word == "sport" {
				o.sport = port
			} else {
				o.dport = port
			}
			words = words[1:]
		case "and", "(", ")":
		default:
			return fail(1, "Error: an inet prefix is expected rather than %q.\nCannot parse dst/src address.", word)
		}
	}
	return nil
}

func runSS(_ context.Context, e *Env, args []string) error {
	o, err := parseSS(args)
	if err != nil {
		return err
	}
	if o.summary {
		e.ssSummary()
		return nil
	}
	var rows []ssRow
	for _, s := range e.Host.Stack().Sockets() {
		if o.wants(&s) {
			rows = append(rows, o.row(&s))
		}
	}
	// As ss has it: UDP before TCP.
	slices.SortStableFunc(rows, func(a, b ssRow) int { return strings.Compare(b.cells[0], a.cells[0]) })
	e.ssTable(o, rows)
	return nil
}

func ssState(s *stack.SocketInfo) string {
	if s.Protocol == wire.ProtocolUDP {
		if s.Remote.IsValid() && s.Remote.Port() != 0 {
			return "ESTAB"
		}
		return "UNCONN"
	}
	return ssStates[s.State]
}

func (o *ssOptions) wants(s *stack.SocketInfo) bool {
	udp := s.Protocol == wire.ProtocolUDP
	if udp && !o.udp || !udp && !o.tcp ||
		o.sport != 0 && s.Local.Port() != o.sport || o.dport != 0 && s.Remote.Port() != o.dport {
		return false
	}
	state := ssState(s)
	waiting := state == "LISTEN" || udp && state == "UNCONN"
	switch {
	case o.states != nil:
		return slices.Contains(o.states, state)
	case o.all:
		return true
	case o.listening:
		return waiting
	}
	return !waiting && state != "UNCONN" && state != "TIME-WAIT" && state != "SYN-RECV"
}

// ssRow is one line: Netid, State, Recv-Q, Send-Q, local address and port, peer
// address and port, the rest of the line, and what stands below it.
type ssRow struct {
	cells [9]string
	below string
}

func (o *ssOptions) row(s *stack.SocketInfo) ssRow {
	var r ssRow
	r.cells[0] = "tcp"
	if s.Protocol == wire.ProtocolUDP {
		r.cells[0] = "udp"
	}
	r.cells[1] = ssState(s)
	r.cells[2], r.cells[3] = fmt.Sprint(s.RecvQueue), fmt.Sprint(s.SendQueue)
	r.cells[4], r.cells[5] = o.address(s.Protocol, s.Local)
	r.cells[6], r.cells[7] = o.address(s.Protocol, s.Remote)
	if o.timer && s.Timer != "" {
		r.cells[8] = fmt.Sprintf(" timer:(%s,%s,%d)", s.Timer, ssTimer(s.Expires), s.Retries)
	}
	if o.memory || o.extended && s.Drops > 0 {
		r.below += ssMemory(s)
	}
	if o.info && s.Info != nil {
		r.below += ssInfo(s.Info, o)
	}
	return r
}

func (o *ssOptions) address(proto wire.Protocol, a netip.AddrPort) (host, port string) {
	host, port = "0.0.0.0", "*"
	if a.Addr().IsValid() {
		host = a.Addr().String()
	}
	if a.Port() != 0 {
		port = fmt.Sprint(a.Port())
		if name := dissect.ServiceName(proto, a.Port()); name != "" && !o.numeric {
			port = name
		}
	}
	return host + ":", port
}

// ssTimer writes a time as ss does: 1min58sec, 204ms, 1.500ms.
func ssTimer(d time.Duration) string {
	ms := d.Milliseconds()
	minutes, secs := ms/60000, ms/1000%60
	ms %= 1000
	var b strings.Builder
	if minutes > 0 {
		ms = 0
		fmt.Fprintf(&b, "%dmin", minutes)
		if minutes > 9 {
			secs = 0
		}
	}
	if secs > 0 {
		if secs > 9 {
			ms = 0
		}
		if fmt.Fprint(&b, secs); ms > 0 {
			b.WriteByte('.')
		} else {
			b.WriteString("sec")
		}
	}
	if ms > 0 {
		fmt.Fprintf(&b, "%03dms", ms)
	}
	return b.String()
}

// ssTable prints rows in columns as wide as what is in them.
func (e *Env) ssTable(o *ssOptions, rows []ssRow) {
	head := [9]string{"Netid", "State", "Recv-Q", "Send-Q", "Local Address:", "Port", "Peer Address:", "Port", "Process"}
	var widths [9]int
	for c, h := range head {
		if o.header {
			widths[c] = len(h)
		}
		for _, r := range rows {
			widths[c] = max(widths[c], len(r.cells[c]))
		}
	}
	line := func(cells [9]string) {
		var b strings.Builder
		for c, cell := range cells {
			switch {
			case c == 0 && !(o.tcp && o.udp), c == 1 && len(o.states) == 1:
				continue // it says the same in every line
			case c == 4 || c == 6: // the address meets its port at the colon
				fmt.Fprintf(&b, " %*s", widths[c], cell)
			case c == 5 || c >= 7 || b.Len() == 0:
				fmt.Fprintf(&b, "%-*s", widths[c], cell)
			default:
				fmt.Fprintf(&b, " %-*s", widths[c], cell)
			}
		}
		e.printf("%s\n", strings.TrimRight(b.String(), " "))
	}
	if o.header {
		line(head)
	}
	for _, r := range rows {
		line(r.cells)
		if r.below != "" {
			e.printf("\t%s\n", r.below)
		}
	}
}
