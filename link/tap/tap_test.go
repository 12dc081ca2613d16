package tap_test

import (
	"errors"
	"runtime"
	"strings"
	"testing"

	"thinnet/link/tap"
)

func TestBadNames(t *testing.T) {
	for _, name := range []string{"sixteen-bytes-xx", "a/b", "a b", "a:b", ".", ".."} {
		_, err := tap.Open(tap.Config{Name: name})
		if err == nil || !strings.Contains(err.Error(), "want at most 15 bytes") {
			t.Errorf("%q: error %v", name, err)
		}
	}
}

func TestBadQueues(t *testing.T) {
	for _, n := range []int{-1, 257} {
		if _, err := tap.Open(tap.Config{Queues: n}); err == nil || !strings.Contains(err.Error(), "want 0 to 256") {
			t.Errorf("%d queues: error %v", n, err)
		}
	}
}

func TestNeedsLinux(t *testing.T) {
	if runtime.GOOS == "linux" {
		t.Skip("this is Linux")
	}
	if _, err := tap.Open(tap.Config{}); !errors.Is(err, errors.ErrUnsupported) || !strings.Contains(err.Error(), "TAP needs Linux") {
		t.Errorf("error %v", err)
	}
	if _, err := tap.OpenPacket("eth0"); !errors.Is(err, errors.ErrUnsupported) || !strings.Contains(err.Error(), "needs Linux") {
		t.Errorf("error %v", err)
	}
}
