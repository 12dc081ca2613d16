package command

import (
	"context"
	"errors"
	"math"
	"net/url"
	"strconv"
	"strings"
)

var curl = &Command{
	Name:    "curl",
	Summary: "fetch a page by HTTP",
	Usage:   "[-sSvifILGOk] [-X method] [-H header] [-d data] [-F name=content] [-T file] [-u user:password] [-b cookies] [-c file] [-x proxy] [-r range] [-o file] [-D file] [-m seconds] [-w format] [--retry times] [--http2] [--cacert file] [--resolve host:port:address] [--hold seconds] url...",
	Example: `  curl http://server/                                   print a page
  curl -v -o page.html http://server/                   keep it in a file, and see what both ends say
  curl -so /dev/null -w '%{time_total}' http://server/  how many seconds it takes
  curl -d name=value http://server/form                 post a form
  curl -k --http2 https://server/                       by HTTP/2, whoever the server is`,
	Run: runCurl,
}

// curlVersion is the version whose requests and messages these are.
const curlVersion = "7.88.1"

// Exit codes of curl.
const (
	curlBadProtocol   = 1
	curlUsage         = 2
	curlBadURL        = 3
	curlNoProxy       = 5
	curlNoHost        = 6
	curlNoConnect     = 7
	curlWeirdReply    = 8
	curlFraming       = 16
	curlPartial       = 18
	curlHTTPError     = 22
	curlWriteFailed   = 23
	curlReadFailed    = 26
	curlTimeout       = 28
	curlNoRange       = 33
	curlNoHandshake   = 35
	curlNoInterface   = 45
	curlTooManyMoves  = 47
	curlBadSetting    = 49
	curlEmptyReply    = 52
	curlSendFailed    = 55
	curlReceiveFailed = 56
	curlUntrusted     = 60
	curlBadEncoding   = 61
	curlTooLarge      = 63
	curlBadCA         = 77
)

// curlError is why a transfer failed: an exit code and curl's message.
type curlError struct {
	code    int
	message string
	refused bool // there is no server on the port
}

func (e *curlError) Error() string { return e.message }

func runCurl(ctx context.Context, e *Env, args []string) error {
	o, err := e.parseCurl(ctx, args)
	if err != nil {
		return err
	}
	if o.version {
		e.printf("curl %s (thinnet)\nProtocols: http https\nFeatures: HTTP2 libz SSL\n", curlVersion)
		return nil
	}
	c := &curler{curlOptions: o, env: e}
	defer c.disconnect()
	if c.body, err = o.read(ctx, e); err != nil {
		return c.quietly(err)
	}
	c.openJar()
	for i, text := range o.urls {
		urls := &curlGlob{texts: []string{text}, at: []int64{}}
		if !o.noGlob {
			var wrong *curlError
			if urls, wrong = parseCurlGlob(text); wrong != nil {
				return c.quietly(fail(wrong.code, "curl: (%d) %s", wrong.code, wrong.message))
			}
		}
		for u, words, ok := urls.next(); ok; u, words, ok = urls.next() {
			c.words = words
			failure := c.fetch(ctx, i, u)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			c.closeJar()
			c.result.number = i
			if err = nil; failure != nil {
				err = exit(failure.code)
			}
			c.writeOut()
			if err != nil && o.failEarly {
				return err
			}
		}
	}
	// What the last transfer says is what curl says.
	if err == nil && o.hold > 0 {
		return wait(ctx, o.hold)
	}
	return err
}

// quietly returns what ends curl, with nothing said if it is to be silent.
func (c *curler) quietly(err error) error {
	var ending exitError
	if errors.As(err, &ending) && c.silent && !c.show {
		return exit(ending.code)
	}
	return err
}

// curlPorts are the ports of the protocols that curl knows here.
var curlPorts = map[string]string{"http": "80", "https": "443"}

// errCurlURL is a URL that is none.
var errCurlURL = &curlError{code: curlBadURL, message: "URL using bad/illegal format or missing URL"}

// parseURL reads a URL as curl guesses it: http, unless it says otherwise.
func parseURL(s string) (*url.URL, *curlError) {
	if !strings.Contains(s, "://") {
		s = "http://" + s
	}
	if strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return nil, errCurlURL // it would be two things in the line of a request
	}
	u, err := url.Parse(s)
	if err == nil && u.Scheme != "http" && u.Scheme != "https" {
		return nil, &curlError{code: curlBadProtocol, message: "Protocol \"" + u.Scheme + "\" not supported or disabled in libcurl"}
	}
	if err != nil || u.Hostname() == "" {
		return nil, errCurlURL
	}
	if p := u.Port(); p != "" {
		if n, err := strconv.Atoi(p); err != nil || n > math.MaxUint16 {
			return nil, errCurlURL
		}
	}
	if u.Path == "" {
		u.Path = "/"
	}
	u.Fragment = ""
	return u, nil
}
