package command

import (
	"context"
	"strconv"
	"strings"
	"time"

	"thinnet/getopt"
)

var sleep = &Command{
	Name:    "sleep",
	Summary: "wait",
	Usage:   "NUMBER[smhd]...",
	Example: `  sleep 0.5  half a second
  sleep 1m 30s`,
	Run: runSleep,
}

func runSleep(ctx context.Context, e *Env, args []string) error {
	_, operands, err := getopt.Parse(args, "")
	if err != nil {
		return fail(1, "sleep: %v\nTry 'sleep --help' for more information.", err)
	}
	if len(operands) == 0 {
		return fail(1, "sleep: missing operand\nTry 'sleep --help' for more information.")
	}
	var total time.Duration
	for _, s := range operands {
		d, ok := parseSleep(s)
		if !ok {
			return fail(1, "sleep: invalid time interval ‘%s’\nTry 'sleep --help' for more information.", s)
		}
		total += d
	}
	return wait(ctx, total)
}

// parseSleep reads a number of seconds, or of what its last letter says.
func parseSleep(s string) (time.Duration, bool) {
	unit := time.Second
	for suffix, u := range map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour, "d": 24 * time.Hour} {
		if number, ok := strings.CutSuffix(s, suffix); ok {
			s, unit = number, u
			break
		}
	}
	return parseSeconds(s, unit)
}

// parseSeconds reads a number of units that is not negative and not over a
// hundred years.
func parseSeconds(s string, unit time.Duration) (time.Duration, bool) {
	f, err := strconv.ParseFloat(s, 64)
	d := f * float64(unit)
	if err != nil || !(d >= 0 && d < float64(100*365*24*time.Hour)) {
		return 0, false
	}
	return time.Duration(d), true
}

// wait returns after d, or earlier with the error of ctx.
func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
