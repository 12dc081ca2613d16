package tap

import (
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// Who may not open the kernel's device is not sent to look for a module.
func TestOpenError(t *testing.T) {
	for err, want := range map[error]string{
		unix.EACCES: "CAP_NET_ADMIN", unix.EPERM: "CAP_NET_ADMIN",
		unix.ENOENT: "module tun", unix.ENODEV: "module tun",
	} {
		if got := openError(err).Error(); !strings.Contains(got, want) {
			t.Errorf("%v: %s, want %q", err, got, want)
		}
	}
}
