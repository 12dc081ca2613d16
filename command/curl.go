package command

import (
	"bytes"
	"context"
	"io"
	"math"
	"net/netip"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"thinnet/getopt"
)

var curl = &Command{
	Name:    "curl",
	Summary: "fetch a page by HTTP",
	Usage:   "[-sSvifILGOk] [-X method] [-H header] [-d data] [-T file] [-u user:password] [-b cookies] [-r range] [-o file] [-m seconds] [-w format] [--http2] [--cacert file] [--resolve host:port:address] [--hold seconds] url...",
	Run:     runCurl,
}

// curlVersion is the version whose requests and messages these are.
const curlVersion = "7.88.1"

// Exit codes of curl.
const (
	curlBadProtocol   = 1
	curlUsage         = 2
	curlBadURL        = 3
	curlNoHost        = 6
	curlNoConnect     = 7
	curlWeirdReply    = 8
	curlFraming       = 16
	curlPartial       = 18
	curlHTTPError     = 22
	curlWriteFailed   = 23
	curlReadFailed    = 26
	curlTimeout       = 28
	curlNoHandshake   = 35
	curlTooManyMoves  = 47
	curlBadSetting    = 49
	curlEmptyReply    = 52
	curlSendFailed    = 55
	curlReceiveFailed = 56
	curlUntrusted     = 60
	curlBadCA         = 77
)

// curlOptions are the options of curl.
type curlOptions struct {
	urls, outputs  []string
	method         string // -X, or "": what the rest asks for
	headers        []string
	data           []byte // -d; nil: none
	get, head      bool
	agent, referer string
	remoteName     bool
	include        bool
	failFast       bool
	follow         bool
	maxMoves       int // -1: no end
	maxTime        time.Duration
	connectTimeout time.Duration
	format         string
	silent, show   bool
	verbose        bool
	hold           time.Duration
	http           curlHTTP
	insecure       bool   // -k
	authorities    string // --cacert: the file
	upload         string // -T: the file
	user           string // -u: user:password
	cookies        string // -b
	byteRange      string // -r
	resolved       []curlResolve
}

// curlHTTP is the version of HTTP that is asked for.
type curlHTTP uint8

const (
	curlAnyHTTP   curlHTTP = iota // HTTP/2 where TLS agrees on it, else HTTP/1.1
	curlHTTP11                    // --http1.1
	curlHTTP2Only                 // --http2-prior-knowledge
)

// curlResolve is a --resolve: the address that a host and port have.
type curlResolve struct {
	server  string // host:port
	address netip.Addr
}

// The letters and names that curl has, as far as they mean something here.
const curlShort = "sSviIfLGOk4X:H:d:A:e:o:m:w:u:T:b:r:"

var curlLong = []string{
	"silent=s", "show-error=S", "verbose=v", "include=i", "head=I", "fail=f", "location=L", "get=G",
	"remote-name=O", "ipv4=4", "request:=X", "header:=H", "data:=d", "data-ascii:=d", "data-raw:", "data-binary:",
	"user-agent:=A", "referer:=e", "output:=o", "max-time:=m", "write-out:=w", "connect-timeout:", "max-redirs:",
	"url:", "http1.1", "http2", "http2-prior-knowledge", "insecure=k", "cacert:", "user:=u", "upload-file:=T", "resolve:",
	"json:", "data-urlencode:", "cookie:=b", "range:=r", "no-progress-meter", "hold:",
}

func (e *Env) parseCurl(ctx context.Context, args []string) (*curlOptions, error) {
	o := &curlOptions{agent: "curl/" + curlVersion, maxMoves: 50}
	options, operands, err := getopt.Parse(args, curlShort, curlLong...)
	if err != nil {
		return nil, curlUsageError(err.(*getopt.Error))
	}
	var data [][]byte
	for _, opt := range options {
		err = nil
		switch opt.Name {
		case "s":
			o.silent = true
		case "S":
			o.show = true
		case "v":
			o.verbose = true
		case "i":
			o.include = true
		case "I":
			o.head = true
		case "f":
			o.failFast = true
		case "L":
			o.follow = true
		case "G":
			o.get = true
		case "O":
			o.remoteName = true
		case "X":
			o.method = opt.Value
		case "H":
			o.headers = append(o.headers, opt.Value)
		case "A":
			o.agent = opt.Value
		case "e":
			o.referer = opt.Value
		case "o":
			o.outputs = append(o.outputs, opt.Value)
		case "w":
			o.format = opt.Value
		case "url":
			o.urls = append(o.urls, opt.Value)
		case "k":
			o.insecure = true
		case "cacert":
			o.authorities = opt.Value
		case "http1.1":
			o.http = curlHTTP11
		case "http2":
			o.http = curlAnyHTTP
		case "http2-prior-knowledge":
			o.http = curlHTTP2Only
		case "u":
			o.user = opt.Value
		case "b":
			if o.cookies != "" {
				o.cookies += ";"
			}
			o.cookies += opt.Value
		case "r":
			o.byteRange = opt.Value
		case "data-urlencode":
			data = append(data, []byte(curlEncoded(opt.Value)))
		case "T":
			o.upload = opt.Value
		case "resolve":
			err = o.resolveAs(opt.Value)
		case "json":
			o.headers = append(o.headers, "Content-Type: application/json", "Accept: application/json")
			data = append(data, []byte(opt.Value))
		case "d", "data-raw", "data-binary":
			var b []byte
			b, err = e.curlData(ctx, opt)
			data = append(data, b)
		case "m":
			o.maxTime, err = curlSeconds(opt)
		case "connect-timeout":
			o.connectTimeout, err = curlSeconds(opt)
		case "hold":
			o.hold, err = curlSeconds(opt)
		case "max-redirs":
			o.maxMoves, err = strconv.Atoi(opt.Value)
			if err != nil {
				err = curlNumber(opt)
			}
		}
		if err != nil {
			return nil, err
		}
	}
	if data != nil {
		o.data = bytes.Join(data, []byte("&"))
	}
	if o.head && o.data != nil && !o.get {
		if o.silent {
			return nil, exit(curlUsage)
		}
		return nil, fail(curlUsage, "Warning: You can only select one HTTP request method! You asked for both POST \nWarning: (-d, --data) and HEAD (-I, --head).")
	}
	if o.upload != "" {
		if o.data, err = e.curlUpload(ctx, o.upload); err != nil {
			return nil, err
		}
	}
	o.urls = append(o.urls, operands...)
	if len(o.urls) == 0 {
		return nil, fail(curlUsage, "curl: no URL specified!\n%s", curlTry)
	}
	return o, nil
}

const curlTry = "curl: try 'curl --help' or 'curl --manual' for more information"

func curlUsageError(e *getopt.Error) error {
	name := e.Name
	if !strings.HasPrefix(name, "--") {
		name = "-" + name
	}
	switch e.Kind {
	case getopt.Missing:
		return fail(curlUsage, "curl: option %s: requires parameter\n%s", name, curlTry)
	case getopt.Ambiguous:
		return fail(curlUsage, "curl: option %s: is ambiguous\n%s", name, curlTry)
	}
	return fail(curlUsage, "curl: option %s: is unknown\n%s", name, curlTry)
}

func curlNumber(o getopt.Option) error {
	name := "--" + o.Name
	if len(o.Name) == 1 {
		name = "-" + o.Name
	}
	return fail(curlUsage, "curl: option %s: expected a proper numerical parameter\n%s", name, curlTry)
}

func curlSeconds(o getopt.Option) (time.Duration, error) {
	d, ok := parseSeconds(o.Value, time.Second)
	if !ok {
		return 0, curlNumber(o)
	}
	return d, nil
}

// curlMaxData is the longest body that -d takes from a file, in bytes.
const curlMaxData = 64 << 20

// curlData returns the data of -d and its variants, which @ takes from a file.
func (e *Env) curlData(ctx context.Context, o getopt.Option) ([]byte, error) {
	name, isFile := strings.CutPrefix(o.Value, "@")
	if !isFile || o.Name == "data-raw" {
		return []byte(o.Value), nil
	}
	r := e.stdin(ctx)
	if name != "-" {
		f, err := e.open(name)
		if err != nil {
			return nil, fail(curlReadFailed, "curl: Failed to open %s\n%s", name, curlTry)
		}
		defer f.Close()
		r = f
	}
	b, err := io.ReadAll(io.LimitReader(r, curlMaxData+1))
	if err != nil || len(b) > curlMaxData {
		return nil, fail(curlReadFailed, "curl: (%d) Failed to open/read local data from file/application", curlReadFailed)
	}
	if o.Name == "d" {
		b = bytes.Map(func(r rune) rune {
			if r == '\r' || r == '\n' {
				return -1
			}
			return r
		}, b)
	}
	return b, nil
}

// curlEncoded returns the data of a --data-urlencode: content, =content or
// name=content, of which the content is encoded.
func curlEncoded(s string) string {
	name, content, ok := strings.Cut(s, "=")
	if !ok {
		name, content = "", s
	}
	content = strings.ReplaceAll(url.QueryEscape(content), "+", "%20")
	if name != "" {
		return name + "=" + content
	}
	return content
}

// curlUpload returns what -T sends.
func (e *Env) curlUpload(ctx context.Context, name string) ([]byte, error) {
	r := e.stdin(ctx)
	if name != "-" && name != "." {
		f, err := e.open(name)
		if err != nil {
			return nil, fail(curlReadFailed, "curl: Can't open '%s'!\n%s", name, curlTry)
		}
		defer f.Close()
		r = f
	}
	b, err := io.ReadAll(io.LimitReader(r, curlMaxData+1))
	if err != nil || len(b) > curlMaxData {
		return nil, fail(curlReadFailed, "curl: (%d) Failed to open/read local data from file/application", curlReadFailed)
	}
	return b, nil
}

// resolveAs takes a --resolve, host:port:address.
func (o *curlOptions) resolveAs(s string) error {
	part := strings.SplitN(s, ":", 3)
	if len(part) == 3 {
		if a, err := netip.ParseAddr(part[2]); err == nil {
			o.resolved = append(o.resolved, curlResolve{part[0] + ":" + part[1], a})
			return nil
		}
	}
	return fail(curlBadSetting, "curl: (%d) Couldn't parse CURLOPT_RESOLVE entry '%s'", curlBadSetting, s)
}

// curlError is why a transfer failed: an exit code and curl's message.
type curlError struct {
	code    int
	message string
}

func (e *curlError) Error() string { return e.message }

func runCurl(ctx context.Context, e *Env, args []string) error {
	o, err := e.parseCurl(ctx, args)
	if err != nil {
		return err
	}
	c := &curler{curlOptions: o, env: e}
	defer c.disconnect()
	for i, u := range o.urls {
		result := c.fetch(ctx, i, u)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		err = nil
		if result != nil {
			err = exit(result.code)
			if !o.silent || o.show {
				e.errorf("curl: (%d) %s\n", result.code, result.message)
			}
		}
		if o.format != "" {
			e.printf("%s", c.writeOut(e))
		}
	}
	// What the last transfer says is what curl says.
	if err == nil && o.hold > 0 {
		return wait(ctx, o.hold)
	}
	return err
}

// curlPorts are the ports of the protocols that curl knows here.
var curlPorts = map[string]string{"http": "80", "https": "443"}

// parseURL reads a URL as curl guesses it: http, unless it says otherwise.
func parseURL(s string) (*url.URL, *curlError) {
	if !strings.Contains(s, "://") {
		s = "http://" + s
	}
	u, err := url.Parse(s)
	if err == nil && u.Scheme != "http" && u.Scheme != "https" {
		return nil, &curlError{curlBadProtocol, "Protocol \"" + u.Scheme + "\" not supported or disabled in libcurl"}
	}
	if err != nil || u.Hostname() == "" {
		return nil, &curlError{curlBadURL, "URL using bad/illegal format or missing URL"}
	}
	if p := u.Port(); p != "" {
		if n, err := strconv.Atoi(p); err != nil || n > math.MaxUint16 {
			return nil, &curlError{curlBadURL, "URL using bad/illegal format or missing URL"}
		}
	}
	if u.Path == "" {
		u.Path = "/"
	}
	u.Fragment = ""
	return u, nil
}

// output opens what the body of the nth transfer goes to.
func (c *curler) output(n int, u *url.URL) (io.Writer, func() error, *curlError) {
	name := ""
	switch {
	case n < len(c.outputs):
		name = c.outputs[n]
	case c.remoteName:
		if name = path.Base(u.Path); name == "/" || name == "." {
			return nil, nil, &curlError{curlWriteFailed, "Remote file name has no length!"}
		}
	}
	if name == "" || name == "-" {
		return c.env.Stdout, func() error { return nil }, nil
	}
	f, err := c.env.create(name)
	if err != nil {
		return nil, nil, &curlError{curlWriteFailed, "Failure writing output to destination"}
	}
	return f, f.Close, nil
}
