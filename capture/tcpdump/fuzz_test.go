package tcpdump_test

import (
	"bytes"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"thinnet/capture/tcpdump"
)

// Whatever the command line and the file, the command ends with code 0 or 1, and
// with a word about it if it is 1. It opens nothing but standard input.
func FuzzRun(f *testing.F) {
	sampleBytes, err := os.ReadFile(sample)
	if err != nil {
		f.Fatal(err)
	}
	for _, args := range []string{
		"-nvvvXX -r -", "-c 1 --skip 2 -r - tcp port 80", "-C 1k -G 1 -W 2 -w %H -r -", "--count -r - arp",
		"-d host 1.2.3.4", "-V - -e", "--print-sampling=2 -ttttt -#r-", "-F x -D -L", "-s 0x60 -T vxlan",
		"--follow 0 -X -r -", "--conv -r -", "--ladder=0 -r - -w x",
	} {
		f.Add(args, sampleBytes)
	}
	f.Fuzz(func(t *testing.T, line string, stdin []byte) {
		var stderr strings.Builder
		e := &tcpdump.Env{
			Stdin: bytes.NewReader(stdin), Stdout: io.Discard, Stderr: &stderr,
			Open:   func(string) (io.ReadCloser, error) { return nil, os.ErrNotExist },
			Create: func(string) (io.WriteCloser, error) { return discard{io.Discard}, nil },
			Now:    func() time.Time { return time.Unix(1e9, 0) },
		}
		code := tcpdump.Run(t.Context(), e, strings.Fields(line))
		if code != 0 && (code != 1 || stderr.Len() == 0) {
			t.Errorf("tcpdump %s: exit code %d, %q", line, code, stderr.String())
		}
	})
}

type discard struct{ io.Writer }

func (discard) Close() error { return nil }
