package command

import (
	"context"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"thinnet/getopt"
)

// curlOptions are the options of curl.
type curlOptions struct {
	urls, outputs  []string
	noGlob         bool   // -g
	version        bool   // -V
	method         string // -X, or "": what the rest asks for
	target         string // --request-target
	headers        []string
	data           [][]byte   // -d and what is like it
	json           bool       // some of it is that of --json
	form           []curlPart // -F
	upload         string     // -T: the file
	query          []string   // --url-query
	get, head      bool
	agent, referer string
	autoReferer    bool
	user           string // -u: user:password
	bearer         string // --oauth2-bearer
	byteRange      string // -r
	resume         int64  // -C; curlResumeFile: behind what the output has already
	compressed     bool
	pathAsIs       bool
	http           curlHTTP

	cookies     string   // -b with an =
	cookieFiles []string // -b without
	cookieJar   string   // -c
	newSession  bool     // -j

	dump                 string // -D
	remoteName           bool   // -O
	include              bool
	failFast             bool // -f
	failLate             bool // --fail-with-body
	failEarly            bool
	format               string // -w
	silent, show         bool
	noMeter, bar         bool
	verbose              bool
	maxSize              int64 // --max-filesize, in bytes; 0: any
	rate                 int64 // --limit-rate, in bytes a second; 0: any
	hold                 time.Duration
	maxTime              time.Duration
	retry                curlRetry
	follow, trusted      bool // -L, and with the password
	maxMoves             int  // -1: no end
	post301, post302     bool
	post303              bool
	insecure             bool   // -k
	authorities          string // --cacert: the file
	proxy                *curlProxy
	noProxy              string
	tunnel               bool // -p
	proxyHeaders         []string
	connectTimeout       time.Duration
	keepAlive            time.Duration // --keepalive-time
	noKeepAlive, haproxy bool
	device               string // --interface
	firstPort, lastPort  uint16 // --local-port; 0: any
	resolved             []curlResolve
	connectTo            []string
}

// curlResumeFile is -C -.
const curlResumeFile = -1

// curlHTTP is the version of HTTP that is asked for.
type curlHTTP uint8

const (
	curlAnyHTTP   curlHTTP = iota // HTTP/2 where TLS agrees on it, else HTTP/1.1
	curlHTTP10                    // -0
	curlHTTP11                    // --http1.1
	curlHTTP2Only                 // --http2-prior-knowledge
)

// curlResolve is a --resolve: the address that a host and port have.
type curlResolve struct {
	server  string // host:port
	address netip.Addr
}

// The letters and names that curl has, as far as they mean something here.
const curlShort = "sSvViIfLGOkgjpN#04X:H:d:F:A:e:o:m:w:u:T:b:c:r:C:D:x:U:"

var curlLong = []string{
	"silent=s", "show-error=S", "verbose=v", "include=i", "head=I", "fail=f", "location=L", "get=G",
	"remote-name=O", "ipv4=4", "request:=X", "header:=H", "data:=d", "data-ascii:=d", "data-raw:", "data-binary:",
	"user-agent:=A", "referer:=e", "output:=o", "max-time:=m", "write-out:=w", "connect-timeout:", "max-redirs:",
	"url:", "http1.0=0", "http1.1", "http2", "http2-prior-knowledge", "insecure=k", "cacert:", "user:=u", "upload-file:=T", "resolve:",
	"json:", "data-urlencode:", "cookie:=b", "range:=r", "no-progress-meter", "hold:",
	"form:=F", "form-string:", "url-query:", "request-target:", "path-as-is", "oauth2-bearer:", "basic=N", "continue-at:=C",
	"globoff=g", "version=V", "compressed", "cookie-jar:=c", "junk-session-cookies=j", "dump-header:=D", "fail-with-body", "fail-early",
	"max-filesize:", "limit-rate:", "location-trusted", "post301", "post302", "post303", "no-buffer=N", "progress-bar=#",
	"proxy:=x", "proxy-user:=U", "noproxy:", "proxytunnel=p", "proxy-header:",
	"retry:", "retry-delay:", "retry-max-time:", "retry-connrefused", "retry-all-errors",
	"keepalive-time:", "no-keepalive", "tcp-nodelay=N", "haproxy-protocol", "interface:", "local-port:", "connect-to:",
}

func (e *Env) parseCurl(ctx context.Context, args []string) (*curlOptions, error) {
	o := &curlOptions{agent: "curl/" + curlVersion, maxMoves: 50}
	options, operands, err := getopt.Parse(args, curlShort, curlLong...)
	if err != nil {
		return nil, curlUsageError(err.(*getopt.Error))
	}
	proxyUser := ""
	flags := map[string]*bool{
		"s": &o.silent, "S": &o.show, "v": &o.verbose, "i": &o.include, "f": &o.failFast, "fail-with-body": &o.failLate,
		"fail-early": &o.failEarly, "L": &o.follow, "location-trusted": &o.trusted, "G": &o.get, "O": &o.remoteName, "k": &o.insecure,
		"j": &o.newSession, "g": &o.noGlob, "V": &o.version, "p": &o.tunnel, "path-as-is": &o.pathAsIs, "compressed": &o.compressed, "post301": &o.post301,
		"post302": &o.post302, "post303": &o.post303, "no-progress-meter": &o.noMeter, "no-keepalive": &o.noKeepAlive,
		"haproxy-protocol": &o.haproxy, "#": &o.bar, "retry-connrefused": &o.retry.refused, "retry-all-errors": &o.retry.all,
	}
	texts := map[string]*string{
		"X": &o.method, "request-target": &o.target, "A": &o.agent, "cacert": &o.authorities, "u": &o.user, "oauth2-bearer": &o.bearer,
		"r": &o.byteRange, "c": &o.cookieJar, "D": &o.dump, "T": &o.upload, "U": &proxyUser, "noproxy": &o.noProxy,
		"interface": &o.device,
	}
	lists := map[string]*[]string{
		"o": &o.outputs, "url": &o.urls, "url-query": &o.query, "proxy-header": &o.proxyHeaders, "connect-to": &o.connectTo,
	}
	times := map[string]*time.Duration{
		"m": &o.maxTime, "connect-timeout": &o.connectTimeout, "hold": &o.hold, "keepalive-time": &o.keepAlive,
		"retry-delay": &o.retry.delay, "retry-max-time": &o.retry.within,
	}
	for _, opt := range options {
		err = nil
		if p := flags[opt.Name]; p != nil {
			*p = true
		} else if p := texts[opt.Name]; p != nil {
			*p = opt.Value
		} else if p := lists[opt.Name]; p != nil {
			*p = append(*p, opt.Value)
		} else if p := times[opt.Name]; p != nil {
			*p, err = curlSeconds(opt)
		} else {
			err = o.take(ctx, e, opt)
		}
		if err == nil && o.failFast && o.failLate {
			err = curlBadUse(opt)
		}
		if err != nil {
			return nil, err
		}
	}
	o.follow = o.follow || o.trusted
	if o.json && !o.overridden("Content-Type") {
		o.headers = append(o.headers, "Content-Type: application/json")
	}
	if o.json && !o.overridden("Accept") {
		o.headers = append(o.headers, "Accept: application/json")
	}
	if o.proxy != nil && o.proxy.user == "" {
		o.proxy.user = proxyUser
	}
	if err := o.check(e); err != nil {
		return nil, err
	}
	if o.urls = append(o.urls, operands...); len(o.urls) == 0 && !o.version {
		return nil, fail(curlUsage, "curl: no URL specified!\n%s", curlTry)
	}
	return o, nil
}

// take takes an option that is more than a text.
func (o *curlOptions) take(ctx context.Context, e *Env, opt getopt.Option) (err error) {
	switch opt.Name {
	case "I":
		if o.head = true; o.form != nil {
			return curlBadUse(opt)
		}
	case "H":
		for line := range strings.Lines(e.curlText(ctx, o, opt.Value)) {
			o.headers = append(o.headers, strings.TrimRight(line, "\r\n"))
		}
	case "e":
		o.referer, o.autoReferer = strings.CutSuffix(opt.Value, ";auto")
	case "w":
		o.format = strings.NewReplacer("\r", "", "\n", "").Replace(e.curlText(ctx, o, opt.Value))
	case "0":
		o.http = curlHTTP10
	case "http1.1":
		o.http = curlHTTP11
	case "http2":
		o.http = curlAnyHTTP
	case "http2-prior-knowledge":
		o.http = curlHTTP2Only
	case "b":
		o.cookie(opt.Value)
	case "x":
		o.proxy, err = parseCurlProxy(opt.Value)
	case "resolve":
		err = o.resolveAs(opt.Value)
	case "F", "form-string":
		if o.head {
			return curlBadUse(opt)
		}
		err = o.addPart(opt)
	case "json":
		o.json = true
		e.addCurlData(ctx, o, opt)
	case "d", "data-raw", "data-binary", "data-urlencode":
		e.addCurlData(ctx, o, opt)
	case "C":
		if o.resume = curlResumeFile; opt.Value != "-" {
			var n int
			n, err = curlInt(opt)
			o.resume = int64(n)
		}
	case "local-port":
		o.firstPort, o.lastPort, err = curlPortRange(opt)
	case "max-redirs":
		o.maxMoves, err = curlInt(opt)
	case "retry":
		if o.retry.times, err = curlInt(opt); err == nil && o.retry.times < 0 {
			err = fail(curlUsage, "curl: option %s: expected a positive numerical parameter\n%s", optionName(opt), curlTry)
		}
	case "max-filesize":
		o.maxSize, err = curlBytes(opt)
	case "limit-rate":
		o.rate, err = curlBytes(opt)
	}
	return err
}

// check says which options do not go together.
func (o *curlOptions) check(e *Env) error {
	asked := func(kind, other string) error {
		if !o.silent {
			e.curlWarn("You can only select one HTTP request method! You asked for both " + kind + " and " + other + ".")
		}
		return exit(curlUsage)
	}
	const get, head, form = "GET (-G, --get)", "HEAD (-I, --head)", "multipart formpost (-F, --form)"
	const post, put = "POST (-d, --data)", "PUT (-T, --upload-file)"
	switch {
	case o.data != nil && !o.get && o.head:
		return asked(post, head)
	case o.data != nil && !o.get && o.form != nil:
		return asked(post, form)
	case o.data != nil && o.get && o.form != nil:
		return asked(get, form)
	case o.upload != "" && o.data != nil && !o.get:
		return asked(put, post)
	case o.upload != "" && o.form != nil:
		return asked(put, form)
	case o.upload != "" && o.head:
		return asked(put, head)
	}
	return nil
}

// curlWarn prints a warning, in lines of at most 79 characters as curl does, which
// counts the end of the last one.
func (e *Env) curlWarn(text string) {
	const begin, width = "Warning: ", 79
	for room := width - len(begin); len(text) >= room; {
		cut := strings.LastIndexByte(text[:room], ' ') + 1
		if cut == 0 {
			cut = room
		}
		e.errorf("%s%s\n", begin, text[:cut])
		text = text[cut:]
	}
	e.errorf("%s%s\n", begin, text)
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

// optionName returns an option as it is written.
func optionName(o getopt.Option) string {
	if len(o.Name) == 1 {
		return "-" + o.Name
	}
	return "--" + o.Name
}

func curlNumber(o getopt.Option) error {
	return fail(curlUsage, "curl: option %s: expected a proper numerical parameter\n%s", optionName(o), curlTry)
}

func curlBadUse(o getopt.Option) error {
	return fail(curlUsage, "curl: option %s: is badly used here\n%s", optionName(o), curlTry)
}

func curlInt(o getopt.Option) (int, error) {
	n, err := strconv.Atoi(o.Value)
	if err != nil {
		return 0, curlNumber(o)
	}
	return n, nil
}

// curlPortRange reads a port or two, with a dash between them.
func curlPortRange(o getopt.Option) (first, last uint16, err error) {
	from, to, ranged := strings.Cut(o.Value, "-")
	if !ranged {
		to = from
	}
	a, errA := strconv.ParseUint(from, 10, 16)
	b, errB := strconv.ParseUint(to, 10, 16)
	if errA != nil || errB != nil || b < a {
		return 0, 0, curlBadUse(o)
	}
	return uint16(a), uint16(b), nil
}

// curlBytes reads a number of bytes, with a k, m or g behind it.
func curlBytes(o getopt.Option) (int64, error) {
	text, shift := strings.ToLower(o.Value), 0
	for i, unit := range []string{"k", "m", "g"} {
		if t, ok := strings.CutSuffix(text, unit); ok {
			text, shift = t, 10*(i+1)
		}
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || n > 1<<62>>shift {
		return 0, curlBadUse(o)
	}
	return n << shift, nil
}

func curlSeconds(o getopt.Option) (time.Duration, error) {
	d, ok := parseSeconds(o.Value, time.Second)
	if !ok {
		return 0, curlNumber(o)
	}
	return d, nil
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
