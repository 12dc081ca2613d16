package command

import (
	"context"
	"fmt"
	"strconv"
	"time"
)

// curlRetry are the options about trying again.
type curlRetry struct {
	times        int           // --retry
	delay        time.Duration // --retry-delay; 0: 1 s, then twice as long each time
	within       time.Duration // --retry-max-time; 0: for ever
	refused, all bool          // --retry-connrefused, --retry-all-errors
}

// curlMaxDelay is the longest time between two tries that are further and further apart.
const curlMaxDelay = 10 * time.Minute

// fetch makes the nth transfer, as often as --retry says, and tells what went wrong
// each time.
func (c *curler) fetch(ctx context.Context, n int, rawURL string) *curlError {
	begin, delay := time.Now(), c.retry.delay
	if delay == 0 {
		delay = time.Second
	}
	for left := c.retry.times; ; left-- {
		failure := c.attempt(ctx, n, rawURL)
		if ctx.Err() != nil {
			return failure
		}
		if failure != nil && (!c.silent || c.show) {
			c.env.errorf("curl: (%d) %s\n", failure.code, failure.message)
		}
		why := c.transient(failure)
		if why == "" || left <= 0 || c.retry.within > 0 && time.Since(begin) >= c.retry.within {
			return failure
		}
		pause := delay
		if after := c.result.retryAfter; after > 0 && why == curlHTTPProblem {
			pause = after
		}
		c.warn(fmt.Sprintf("Problem %s. Will retry in %d seconds. %d retries left.", why, int(pause.Seconds()), left))
		if wait(ctx, pause) != nil {
			return failure
		}
		if c.retry.delay == 0 {
			delay = min(2*delay, curlMaxDelay)
		}
	}
}

const curlHTTPProblem = ": HTTP error"

// transient names the problem, if the next time may be better, or is "".
func (c *curler) transient(failure *curlError) string {
	code := 0
	if failure != nil {
		code = failure.code
	}
	switch code {
	case curlTimeout, curlNoHost, curlNoProxy:
		return ": timeout"
	case 0, curlHTTPError:
		switch c.result.code {
		case 408, 429, 500, 502, 503, 504:
			return curlHTTPProblem
		}
	}
	switch {
	case failure != nil && failure.refused && c.retry.refused:
		return ": connection refused"
	case failure != nil && c.retry.all:
		return "(retrying all errors)"
	}
	return ""
}

// curlRetryAfter reads a Retry-After, in seconds or as a date (RFC 9110, section
// 10.2.3), of at most six hours as in curl.
func curlRetryAfter(s string, now time.Time) time.Duration {
	const most = 6 * time.Hour
	if n, err := strconv.ParseUint(s, 10, 31); err == nil {
		return min(time.Duration(n)*time.Second, most)
	}
	if t, err := time.Parse(time.RFC1123, s); err == nil {
		return min(max(t.Sub(now), 0), most)
	}
	return 0
}

// warn prints a warning, unless silent.
func (c *curler) warn(text string) {
	if !c.silent {
		c.env.curlWarn(text)
	}
}
