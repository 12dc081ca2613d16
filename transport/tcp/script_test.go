package tcp_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"thinnet/internal/tcpscript"
	"thinnet/packet"
)

// The scripts of testdata, each with sequence numbers that begin where they are
// small, where they wrap in the handshake, soon after it, and where the sign of
// their difference to 0 changes.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*/*.script")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.ToSlash(file), ".script")
		t.Run(strings.TrimPrefix(name, "testdata/"), func(t *testing.T) {
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, start := range []tcpscript.Start{
				{ISS: 1000, IRS: 2000},
				{ISS: 0xffffffff, IRS: 0xffffffff},
				{ISS: 0xfffffe00, IRS: 0xffffff00},
				{ISS: 0x7ffffff0, IRS: 0x80000000},
			} {
				live := packet.Live()
				if err := tcpscript.Run(file, string(src), start); err != nil {
					t.Fatalf("starting at %#x and %#x: %v", start.ISS, start.IRS, err)
				}
				if n := packet.Live() - live; n != 0 {
					t.Errorf("%d slabs are still in use", n)
				}
			}
		})
	}
}
