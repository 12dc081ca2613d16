package kernel

import (
	"context"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// namespace is a network namespace that has no name: it ends with the test, or
// with the process, whichever is first.
type namespace struct {
	t  testing.TB
	fd int
}

// needs skips the test, or fails it if it must not be skipped, where a program
// is missing.
func needs(t testing.TB, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			unable(t, "needs the program %s: %v", p, err)
		}
	}
}

// unable skips the test with a reason, or fails it if it must not be skipped.
func unable(t testing.TB, format string, args ...any) {
	t.Helper()
	if os.Getenv("THINNET_REQUIRE_KERNEL") == "1" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

// newNamespace makes a namespace whose loopback interface is up. It skips the
// test where there can be none.
func newNamespace(t testing.TB) *namespace {
	t.Helper()
	if os.Geteuid() != 0 {
		unable(t, "needs root: a network namespace and a TAP interface")
	}
	if _, err := os.Stat("/dev/net/tun"); err != nil {
		unable(t, "needs TAP interfaces: %v", err)
	}
	needs(t, "ip", "curl", "ping", "tcpdump")
	n := &namespace{t: t, fd: -1}
	var err error
	onThread(func() {
		if err = unix.Unshare(unix.CLONE_NEWNET); err == nil {
			n.fd, err = unix.Open("/proc/thread-self/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0)
		}
	})
	if err != nil {
		unable(t, "needs a network namespace: %v", err)
	}
	t.Cleanup(func() { unix.Close(n.fd) })
	n.run("ip", "link", "set", "lo", "up")
	return n
}

// onThread runs f in a thread of its own, which ends with it: what f does to the
// thread nobody else meets.
func onThread(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // and never unlocked
		f()
	}()
	<-done
}

// do runs f in the namespace: sockets that it opens and programs that it starts
// belong there.
func (n *namespace) do(f func()) {
	onThread(func() {
		if err := unix.Setns(n.fd, unix.CLONE_NEWNET); err != nil {
			panic(err)
		}
		f()
	})
}

// run runs a program in the namespace and returns what it wrote to standard
// output. The test fails if the program does.
func (n *namespace) run(name string, args ...string) string {
	n.t.Helper()
	var stdout, stderr strings.Builder
	cmd := exec.Command(name, args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := n.start(cmd); err == nil {
		err = cmd.Wait()
		if err == nil {
			return stdout.String()
		}
		n.t.Fatalf("%v: %v\n%s%s", cmd, err, stdout.String(), stderr.String())
	} else {
		n.t.Fatalf("%v: %v", cmd, err)
	}
	return ""
}

func (n *namespace) start(cmd *exec.Cmd) (err error) {
	n.do(func() { err = cmd.Start() })
	return err
}

// listen opens a listening socket of the kernel's.
func (n *namespace) listen(address string) net.Listener {
	n.t.Helper()
	var l net.Listener
	var err error
	n.do(func() { l, err = net.Listen("tcp4", address) })
	if err != nil {
		n.t.Fatal(err)
	}
	return l
}

// dial connects a socket of the kernel's. The address must be numeric, so that
// Dial needs no goroutine beside this one.
func (n *namespace) dial(ctx context.Context, network, address string) (c net.Conn, err error) {
	n.do(func() { c, err = new(net.Dialer).DialContext(ctx, network, address) })
	return c, err
}
