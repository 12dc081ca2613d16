package lab

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/signal"
	"strings"
	"sync"

	"golang.org/x/term"

	"thinnet/command"
)

// Script returns a console that reads command lines from r and shows no prompt.
func Script(r io.Reader) Console { return &script{bufio.NewScanner(r)} }

type script struct{ lines *bufio.Scanner }

func (s *script) ReadLine(string) (string, error) {
	if !s.lines.Scan() {
		if err := s.lines.Err(); err != nil {
			return "", err
		}
		return "", io.EOF
	}
	return s.lines.Text(), nil
}

// Input is empty: the input holds command lines.
func (s *script) Input() command.Input { return nil }

func (s *script) Interruptible(ctx context.Context) (context.Context, func()) { return ctx, func() {} }

// Terminal is a console on a terminal: lines are edited and remembered. While a
// command runs, the terminal is as it was, so that Ctrl-C is a signal.
type Terminal struct {
	fd   int
	term *term.Terminal
	keys *keys
}

// NewTerminal returns a console on the terminal in, which shows what is typed
// on out.
func NewTerminal(in *os.File, out io.Writer) *Terminal {
	k := &keys{in: in, chunks: make(chan []byte)}
	t := &Terminal{fd: int(in.Fd()), keys: k}
	t.term = term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{k, out}, "")
	return t
}

// ReadLine implements [Console].
func (t *Terminal) ReadLine(prompt string) (string, error) {
	state, err := term.MakeRaw(t.fd)
	if err != nil {
		return "", err
	}
	defer func() { _ = term.Restore(t.fd, state) }()
	if w, h, err := term.GetSize(t.fd); err == nil && w > 0 {
		_ = t.term.SetSize(w, h) // a line that is too wide looks odd, no more
	}
	line, fresh := strings.CutPrefix(prompt, "\n")
	if fresh {
		_, _ = t.term.Write([]byte("\n")) // if it fails, so does ReadLine
	}
	t.term.SetPrompt(line)
	return t.term.ReadLine()
}

// Input implements [Console]: what is typed while a command runs.
func (t *Terminal) Input() command.Input { return t.keys }

// Interruptible implements [Console].
func (t *Terminal) Interruptible(ctx context.Context) (context.Context, func()) {
	return signal.NotifyContext(ctx, os.Interrupt)
}

// keys hands what is typed to the prompt and to commands in turn. A read of a
// terminal cannot be called off, so one goroutine reads for all of them.
type keys struct {
	in     io.Reader
	start  sync.Once
	chunks chan []byte
	rest   []byte
}

// read sends what is typed; an empty chunk is an end of input, behind which a
// terminal goes on.
func (k *keys) read() {
	defer close(k.chunks)
	for {
		b := make([]byte, 4096)
		n, err := k.in.Read(b)
		k.chunks <- b[:n]
		if err != nil && err != io.EOF {
			return
		}
	}
}

// Key codes.
const (
	ctrlC = 0x03
	ctrlU = 0x15
)

// Read implements io.Reader for the prompt, where Ctrl-C gives up the line.
func (k *keys) Read(b []byte) (int, error) {
	n, err := k.ReadContext(context.Background(), b)
	for i := range b[:n] {
		if b[i] == ctrlC {
			b[i] = ctrlU
		}
	}
	return n, err
}

// ReadContext implements [command.Input].
func (k *keys) ReadContext(ctx context.Context, b []byte) (int, error) {
	k.start.Do(func() { go k.read() })
	if len(k.rest) == 0 {
		select {
		case chunk, ok := <-k.chunks:
			if !ok || len(chunk) == 0 {
				return 0, io.EOF
			}
			k.rest = chunk
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
	n := copy(b, k.rest)
	k.rest = k.rest[n:]
	return n, nil
}
