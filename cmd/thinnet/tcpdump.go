package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"thinnet/capture/live"
	"thinnet/capture/tcpdump"
)

func newTCPDump() *cobra.Command {
	return &cobra.Command{
		Use:   "tcpdump [OPTIONS] [EXPRESSION]",
		Short: "Show the packets of an interface or a file, as tcpdump does",
		Long: `Tcpdump is the command of that name: the same options, filter language, text, files
and exit codes, without libpcap. thinnet tcpdump --help lists the options.`,
		Example: `  thinnet tcpdump -nvr examples/handshake.pcap
  thinnet tcpdump -nr all.pcapng 'tcp port 80 and tcp[tcpflags] & tcp-syn != 0'
  thinnet tcpdump -i eth0 -n port 53
  thinnet tcpdump -d -y EN10MB 'host 10.0.0.1'`,
		DisableFlagParsing: true, // -nvr FILE is tcpdump's business
		RunE: func(c *cobra.Command, args []string) error {
			ctx, stop := signal.NotifyContext(c.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			e := tcpdumpEnv(c)
			var forget [2]func()
			e.Statistics, forget[0] = statisticsRequests()
			e.Flush, forget[1] = flushRequests()
			defer forget[0]()
			defer forget[1]()
			if code := tcpdump.Run(ctx, e, args); code != 0 {
				return exitCode(code)
			}
			return nil
		},
	}
}

// tcpdumpEnv is this computer as tcpdump sees it.
func tcpdumpEnv(c *cobra.Command) *tcpdump.Env {
	names := newHostNames(context.WithoutCancel(c.Context()))
	return &tcpdump.Env{
		Stdin: c.InOrStdin(), Stdout: c.OutOrStdout(), Stderr: c.ErrOrStderr(),
		Open:          func(name string) (io.ReadCloser, error) { return os.Open(name) },
		Create:        func(name string) (io.WriteCloser, error) { return os.Create(name) },
		Now:           time.Now,
		Devices:       live.Devices,
		Capture:       live.Open,
		LinkTypes:     live.LinkTypes,
		LocalNet:      localNet,
		InterruptLine: true,
		Names:         names,
		HostName:      names.name,
		InterfaceName: interfaceName,
		Rotated:       rotated,

		DropPrivileges: dropPrivileges,
	}
}
