//go:build !js

package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/coder/websocket"

	"thinnet/getopt"
)

var ws = &Command{
	Name:    "ws",
	Summary: "talk to a WebSocket server: each line of the input is a message",
	Usage:   "[-b] [-C count] [-q seconds] [-v] [-H 'Name: value'] url",
	Help:    wsUsage,
	Example: `  ws ws://server/          send what is typed, a message a line, and print what comes
  ws -v -C 1 ws://server/  tell of the connection, and leave when a message has come`,
	Serves: true,
	Run:    runWS,
}

const wsUsage = `usage: ws [-b] [-C count] [-q seconds] [-v] [-H 'Name: value'] url
	url         such as ws://server/chat
	-b          send binary messages, not text
	-C count    leave when so many messages have come
	-q seconds  leave that long after the end of the input (default 1; -1: do not)
	-v          tell of the connection and its end on standard error
	-H header   of the request`

// wsOptions are the options of ws.
type wsOptions struct {
	typ     websocket.MessageType
	count   int           // 0: no limit
	quit    time.Duration // behind the input; -1: never
	verbose bool
	header  http.Header
	url     string
}

func parseWS(args []string) (*wsOptions, error) {
	o := &wsOptions{typ: websocket.MessageText, quit: time.Second, header: make(http.Header)}
	options, operands, err := getopt.Parse(args, "bC:q:vH:")
	if err != nil {
		return nil, fail(1, "ws: %v\n%s", err, wsUsage)
	}
	for _, opt := range options {
		ok := true
		switch opt.Name {
		case "b":
			o.typ = websocket.MessageBinary
		case "C":
			o.count, ok = parseCount(opt.Value, 1<<30)
		case "q":
			if o.quit = -1; !strings.HasPrefix(opt.Value, "-") {
				o.quit, ok = parseSeconds(opt.Value, time.Second)
			}
		case "v":
			o.verbose = true
		case "H":
			name, value, colon := strings.Cut(opt.Value, ":")
			o.header.Add(name, strings.TrimSpace(value))
			ok = colon
		}
		if !ok {
			return nil, fail(1, "ws: -%s %s is out of range\n%s", opt.Name, opt.Value, wsUsage)
		}
	}
	if len(operands) != 1 {
		return nil, fail(1, "%s", wsUsage)
	}
	o.url = operands[0]
	u, err := url.Parse(o.url)
	if err != nil || u.Host == "" || !slices.Contains([]string{"ws", "wss", "http", "https"}, u.Scheme) {
		return nil, fail(1, "ws: %q is not a url such as ws://server/chat", o.url)
	}
	return o, nil
}

func runWS(ctx context.Context, e *Env, args []string) error {
	o, err := parseWS(args)
	if err != nil {
		return err
	}
	transport := &http.Transport{DialContext: e.Host.DialContext}
	defer transport.CloseIdleConnections()
	conn, res, err := websocket.Dial(ctx, o.url, &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: transport}, HTTPHeader: o.header,
	})
	switch {
	case err != nil && res != nil && res.StatusCode != http.StatusSwitchingProtocols:
		return fmt.Errorf("the server answers %s, not 101 Switching Protocols", res.Status)
	case err != nil:
		return dialError(err)
	}
	defer func() { _ = conn.CloseNow() }() // mostly it is closed by then
	conn.SetReadLimit(maxLine)
	if o.verbose {
		e.errorf("* %s %s\n", res.Proto, res.Status)
	}
	e.ready()

	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		err := eachLine(e.stdin(ctx), func(line string) error { return conn.Write(ctx, o.typ, []byte(line)) })
		switch {
		case err != nil:
			cancel(err)
		case o.quit >= 0 && o.count == 0:
			if wait(ctx, o.quit) == nil {
				cancel(io.EOF)
			}
		}
	}()
	err = o.read(ctx, e, conn)
	if cause := context.Cause(ctx); cause != nil && cause != context.Canceled {
		err = cause
	}
	cancel(nil)
	if err == nil || errors.Is(err, io.EOF) {
		err = conn.Close(websocket.StatusNormalClosure, "")
	}
	<-sent
	return o.end(e, err)
}

// read prints what comes, until there was enough.
func (o *wsOptions) read(ctx context.Context, e *Env, conn *websocket.Conn) error {
	for n := 1; ; n++ {
		_, data, err := conn.Read(ctx)
		if err != nil {
			return err
		}
		e.printf("%s\n", data)
		if n == o.count {
			return nil
		}
	}
}

// end tells how the connection ended. That the server closed it is no error, if it
// says that nothing is wrong.
func (o *wsOptions) end(e *Env, err error) error {
	var closed websocket.CloseError
	if errors.As(err, &closed) {
		if o.verbose {
			e.errorf("* closed by the server: %d %s\n", int(closed.Code), closed.Reason)
		}
		if closed.Code == websocket.StatusNormalClosure || closed.Code == websocket.StatusGoingAway {
			return nil
		}
		return fmt.Errorf("the server closes the connection: %d %s", int(closed.Code), closed.Reason)
	}
	if o.verbose && err == nil {
		e.errorf("* closed\n")
	}
	return err
}
