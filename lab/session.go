package lab

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"time"

	"thinnet"
	"thinnet/command"
)

// Session runs commands on the hosts of a lab, one after the other or side by
// side.
type Session struct {
	lab     *Lab
	files   *os.Root
	verbose bool
	hold    bool
	out     output
	err     output
	jobs    []*job
}

// SessionOptions say what the commands of a session meet.
type SessionOptions struct {
	Stdout, Stderr io.Writer
	// Files is the folder where commands read and write files, such as
	// curl -o; nil: they have none. They do not get out of it.
	Files *os.Root
	// Verbose explains on Stderr what is done.
	Verbose bool
	// Hold keeps the network going when the last step has ended, until the
	// context does.
	Hold bool
}

// NewSession returns a session on the lab.
func (l *Lab) NewSession(o SessionOptions) *Session {
	d := new(display)
	return &Session{lab: l, files: o.Files, verbose: o.Verbose, hold: o.Hold, out: output{d, o.Stdout}, err: output{d, o.Stderr}}
}

// job is a command that runs, or has.
type job struct {
	host    *thinnet.Host
	line    Line
	cancel  context.CancelFunc
	done    chan struct{}
	code    int  // once done is closed
	stopped bool // it was interrupted by us
}

// start starts a command. It returns when the command has ended, or, if it is in
// the background, as soon as what happens next will not be missed.
func (s *Session) start(ctx context.Context, h *thinnet.Host, line Line, stdin command.Input) *job {
	ctx, cancel := context.WithCancel(ctx)
	j := &job{host: h, line: line, cancel: cancel, done: make(chan struct{})}
	ready := make(chan struct{})
	var once sync.Once
	go func() {
		defer close(j.done)
		defer cancel()
		stdout, stderr := &lines{output: s.out}, &lines{output: s.err}
		j.code = command.Run(ctx, &command.Env{
			Host: h, Stdin: stdin, Stdout: stdout, Stderr: stderr, Files: s.files,
			Ready: func() { once.Do(func() { close(ready) }) },
		}, line.Args)
		stdout.flush()
		stderr.flush()
	}()
	c := command.Find(line.Args[0])
	switch {
	case !line.Background:
		<-j.done
	case c != nil && c.Serves:
		select {
		case <-ready:
		case <-j.done:
		}
	}
	if line.Background {
		s.jobs = append(s.jobs, j)
	}
	return j
}

// running reports whether the command has not ended.
func (j *job) running() bool {
	select {
	case <-j.done:
		return false
	default:
		return true
	}
}

// stop interrupts the command as Ctrl-C does, and waits for its end.
func (j *job) stop() {
	if j.running() {
		j.stopped = true
		j.cancel()
	}
	<-j.done
}

// say prints a line of our own.
func (s *Session) say(format string, args ...any) {
	s.err.display.Lock()
	defer s.err.display.Unlock()
	fmt.Fprintf(s.err.w, s.err.display.lineEnd()+format+"\n", args...)
}

// Close interrupts what runs in the background and waits for its end. It says if services
// have had too many connections.
func (s *Session) Close() {
	for _, j := range s.jobs {
		j.stop()
	}
	s.jobs = nil
	for _, line := range s.lab.turnedAway() {
		s.say("%s", line)
	}
}

// The last packets of an exchange, a delayed acknowledgement or a FIN, come when
// the commands have ended. They are given until the network has been quiet for
// as long as the longest ordinary delay, and no longer than a second.
const (
	graceQuiet = 250 * time.Millisecond
	graceLimit = time.Second
	gracePoll  = 25 * time.Millisecond
)

// breath is how long commands in the background may print what they have seen
// before the next one begins, so that a capture does not lag behind.
const breath = 5 * time.Millisecond

func (s *Session) breathe() {
	if slices.ContainsFunc(s.jobs, (*job).running) {
		time.Sleep(breath)
	}
}

// settle waits until the network is quiet, if there is anybody to see it.
func (s *Session) settle(ctx context.Context) {
	if !s.lab.recorded.Load() && !slices.ContainsFunc(s.jobs, (*job).running) {
		return
	}
	limit := time.NewTimer(graceLimit)
	defer limit.Stop()
	poll := time.NewTicker(gracePoll)
	defer poll.Stop()
	seen, quiet := s.lab.frames(), time.Duration(0)
	for quiet < graceQuiet {
		select {
		case <-poll.C:
		case <-limit.C:
			return
		case <-ctx.Done():
			return
		}
		if now := s.lab.frames(); now == seen {
			quiet += gracePoll
		} else {
			seen, quiet = now, 0
		}
	}
}

// frames counts what the hosts have sent and received.
func (l *Lab) frames() uint64 {
	var n uint64
	for _, h := range l.net.Hosts() {
		for _, i := range h.Stack().Interfaces() {
			n += i.Device.RxPackets + i.Device.TxPackets
		}
	}
	return n
}
