//go:build linux

package packetdrill

import (
	"encoding/binary"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"thinnet/wire"
)

// rig is a host, and the peer that a script would be.
type rig struct {
	*Host
	t         *testing.T
	local     netip.AddrPort
	remote    netip.AddrPort
	seq, ack  uint32 // of the peer's next segment
	listening int
}

func newRig(t *testing.T) *rig {
	t.Helper()
	runtime.LockOSThread() // the host tells its callers by their threads
	t.Cleanup(runtime.UnlockOSThread)
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "tcp_timestamps"), []byte("0\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	h, err := New(netip.MustParsePrefix("192.168.0.1/16"), root)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Close)
	return &rig{
		Host: h, t: t,
		local: netip.MustParseAddrPort("192.168.0.1:8080"), remote: netip.MustParseAddrPort("192.0.2.1:40000"),
		seq: 1000,
	}
}

// want checks the result of a call.
func (r *rig) want(what string, got, want int) {
	r.t.Helper()
	if got != want {
		r.t.Fatalf("%s: got %d, want %d", what, got, want)
	}
}

// inject sends a segment of n bytes to the host.
func (r *rig) inject(flags wire.TCPFlags, n int) {
	const tcpAt = wire.IPv4MinLen
	b := make([]byte, tcpAt+wire.TCPMinLen+n)
	wire.PutIPv4(b, &wire.IPv4Fields{
		TotalLen: uint16(len(b)), TTL: 64, Protocol: wire.ProtocolTCP, Src: r.remote.Addr(), Dst: r.local.Addr(),
	})
	seg := b[tcpAt:]
	wire.PutTCP(seg, &wire.TCPFields{
		SrcPort: r.remote.Port(), DstPort: r.local.Port(), Seq: r.seq, Ack: r.ack, Flags: flags, Window: 30000,
	}, 0)
	sum := wire.PseudoHeader(r.remote.Addr(), r.local.Addr(), wire.ProtocolTCP, len(seg))
	wire.TCP(seg).SetChecksum(^wire.Fold(wire.Sum(seg, sum)))
	r.seq += uint32(n)
	if flags&(wire.FlagSYN|wire.FlagFIN) != 0 {
		r.seq++
	}
	r.Send(b)
}

// expect receives a segment and checks its flags and length.
func (r *rig) expect(flags wire.TCPFlags, n int) (usec int64) {
	r.t.Helper()
	b := make([]byte, 2048)
	k, usec := r.Receive(b)
	ip, err := wire.ParseIPv4(b[:k])
	if err != nil {
		r.t.Fatal(err)
	}
	tcp, err := wire.ParseTCP(b[ip.HeaderLen():k])
	if err != nil {
		r.t.Fatal(err)
	}
	got := k - ip.HeaderLen() - tcp.HeaderLen()
	if tcp.Flags() != flags || got != n {
		r.t.Fatalf("got a segment with flags %v and %d bytes, want %v and %d", tcp.Flags(), got, flags, n)
	}
	r.ack = tcp.Seq() + uint32(got)
	if flags&(wire.FlagSYN|wire.FlagFIN) != 0 {
		r.ack++
	}
	return usec
}

// listen makes a listening socket.
func (r *rig) listen() {
	r.listening = r.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	r.want("bind", r.Bind(r.listening, netip.AddrPortFrom(netip.IPv4Unspecified(), r.local.Port())), 0)
	r.want("listen", r.Listen(r.listening, 1), 0)
}

// shake makes the peer open a connection.
func (r *rig) shake() {
	r.inject(wire.FlagSYN, 0)
	r.expect(wire.FlagSYN|wire.FlagACK, 0)
	r.inject(wire.FlagACK, 0)
}

// accepted returns a connected socket.
func (r *rig) accepted() int {
	r.t.Helper()
	r.listen()
	r.shake()
	remote, fd := r.Accept(r.listening)
	if fd < FirstFD || remote != r.remote {
		r.t.Fatalf("accept: got %d from %v, want a descriptor and %v", fd, remote, r.remote)
	}
	return fd
}

func TestConnection(t *testing.T) {
	r := newRig(t)
	fd := r.accepted()
	const none = -int(syscall.EAGAIN)
	b := make([]byte, 100)
	r.want("recv", r.Recv(fd, b, syscall.MSG_DONTWAIT), none)
	r.inject(wire.FlagACK|wire.FlagPSH, 30)
	r.expect(wire.FlagACK, 0)
	v, n := r.Ioctl(fd, siocINQ)
	r.want("SIOCINQ", n, 0)
	r.want("bytes to read", int(v), 30)
	r.want("recv", r.Recv(fd, b, 0), 30)
	r.want("send", r.Write(fd, b, 0, netip.AddrPort{}), 100)
	r.expect(wire.FlagACK|wire.FlagPSH, 100)
	r.inject(wire.FlagACK, 0)
	r.want("shutdown", r.Shutdown(fd, syscall.SHUT_WR), 0)
	r.expect(wire.FlagACK|wire.FlagFIN, 0)
	r.want("send", r.Write(fd, b, 0, netip.AddrPort{}), -int(syscall.EPIPE))
	r.inject(wire.FlagACK|wire.FlagFIN, 0)
	r.want("recv", r.Recv(fd, b, 0), 0)
	r.want("close", r.CloseFile(fd), 0)
	r.want("close again", r.CloseFile(fd), -int(syscall.EBADF))
}

// An error of a connection is told once.
func TestReset(t *testing.T) {
	r := newRig(t)
	fd := r.accepted()
	r.inject(wire.FlagRST, 0)
	b := make([]byte, 100)
	r.want("recv", r.Recv(fd, b, 0), -int(syscall.ECONNRESET))
	r.want("recv", r.Recv(fd, b, 0), 0)
	r.want("send", r.Write(fd, b, 0, netip.AddrPort{}), -int(syscall.EPIPE))
}

func TestConnect(t *testing.T) {
	r := newRig(t)
	fd := r.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK, 0)
	r.want("connect", r.Connect(fd, r.remote), -int(syscall.EINPROGRESS))
	r.want("connect", r.Connect(fd, r.remote), -int(syscall.EALREADY))
	r.want("send", r.Write(fd, make([]byte, 1), 0, netip.AddrPort{}), -int(syscall.EAGAIN))
	b := make([]byte, 100)
	n, _ := r.Receive(b)
	r.local = netip.AddrPortFrom(r.local.Addr(), wire.TCP(b[wire.IPv4MinLen:n]).SrcPort())
	r.ack = wire.TCP(b[wire.IPv4MinLen:n]).Seq() + 1
	r.inject(wire.FlagSYN|wire.FlagACK, 0)
	r.expect(wire.FlagACK, 0)
	r.want("connect", r.Connect(fd, r.remote), 0)
	r.want("connect", r.Connect(fd, r.remote), -int(syscall.EISCONN))
}

// A SYN is sent again after a second, to the microsecond, and the script's clock
// says so.
func TestTime(t *testing.T) {
	r := newRig(t)
	start := r.Now()
	r.want("a look at the clock, µs", int(r.Now()-start), 1)
	r.Sleep(500)
	r.want("sleep, µs", int(r.Now()-start), 502)
	fd := r.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK, 0)
	r.Connect(fd, r.remote)
	first := r.expect(wire.FlagSYN, 0)
	r.want("the second SYN, µs", int(r.expect(wire.FlagSYN, 0)-first), 1e6)
	r.CloseFile(fd)
	n, _ := r.Receive(make([]byte, 2048))
	r.want("nothing to receive", n, 0)
}

// A call that blocks on another thread ends at the instant of what it waited
// for, whatever is done meanwhile.
func TestBlocking(t *testing.T) {
	r := newRig(t)
	r.listen()
	type result struct {
		fd int
		at int64
	}
	arrived, done := make(chan struct{}, 100), make(chan result)
	r.Arrived = func() { arrived <- struct{}{} }
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		_, fd := r.Accept(r.listening)
		done <- result{fd, r.Now()}
	}()
	<-arrived
	r.Sleep(1000)
	r.inject(wire.FlagSYN, 0)
	r.expect(wire.FlagSYN|wire.FlagACK, 0)
	r.Sleep(2000)
	before := r.Now()
	r.inject(wire.FlagACK, 0)
	r.Sleep(5000)
	got := <-done
	if got.fd < FirstFD {
		t.Fatalf("accept: got %d, want a descriptor", got.fd)
	}
	r.want("accept's end, µs after the segment", int(got.at-before), 0)
	if r.Ended() == 0 {
		t.Error("nobody is told that a blocking call has ended")
	}
}

func TestOptions(t *testing.T) {
	r := newRig(t)
	fd := r.accepted()
	tests := []struct {
		level, name, set, get int
	}{
		{syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1, 1},
		{syscall.SOL_SOCKET, syscall.SO_SNDBUF, 5000, 10000},
		{syscall.IPPROTO_TCP, tcpNoDelay, 1, 1},
		{syscall.IPPROTO_TCP, tcpKeepIdle, 5, 5},
		{syscall.IPPROTO_IP, ipMTUDiscover, ipPMTUDiscDont, ipPMTUDiscDont},
		{syscall.IPPROTO_IP, syscall.IP_TOS, 4, 4},
	}
	for _, tt := range tests {
		v := binary.NativeEndian.AppendUint32(nil, uint32(tt.set))
		r.want("setsockopt", r.Setsockopt(fd, tt.level, tt.name, v), 0)
		r.want("getsockopt", r.Getsockopt(fd, tt.level, tt.name, v), 4)
		r.want("value", int(binary.NativeEndian.Uint32(v)), tt.get)
	}
	r.want("an option that there is not", r.Setsockopt(fd, syscall.IPPROTO_TCP, 999, make([]byte, 4)), -int(syscall.ENOPROTOOPT))
	r.want("an option without a value", r.Setsockopt(fd, syscall.IPPROTO_TCP, tcpNoDelay, nil), -int(syscall.EINVAL))
	r.want("default segment size", func() int {
		v := make([]byte, 4)
		r.Getsockopt(fd, syscall.IPPROTO_TCP, tcpMaxSeg, v)
		return int(binary.NativeEndian.Uint32(v))
	}(), 536)
}

// What Linux says of struct tcp_info's layout, on every machine.
func TestInfo(t *testing.T) {
	r := newRig(t)
	fd := r.accepted()
	v := make([]byte, 280)
	r.want("getsockopt", r.Getsockopt(fd, syscall.IPPROTO_TCP, tcpInfoOption, v), len(v))
	r.want("state", int(v[0]), 1)
	r.want("snd_mss", int(binary.NativeEndian.Uint32(v[16:])), 536)
	r.want("snd_cwnd", int(binary.NativeEndian.Uint32(v[80:])), 10)
	r.want("length of what is known", binary.Size(tcpInfo{}), 248)
	r.want("getsockopt", r.Getsockopt(r.listening, syscall.IPPROTO_TCP, tcpInfoOption, v[:1]), 1)
	r.want("state", int(v[0]), 10)
}

func TestPoll(t *testing.T) {
	r := newRig(t)
	fd := r.accepted()
	fds := []PollFD{{FD: int32(fd), Events: pollIN}}
	start := r.Now()
	r.want("poll", r.Poll(fds, 100), 0)
	r.want("poll's end, µs", int(r.Now()-start), 100_000+1)
	ep := r.EpollCreate()
	edge := EpollEvent{Events: pollIN | epollET, Data: 7}
	r.want("epoll_ctl", r.EpollCtl(ep, syscall.EPOLL_CTL_ADD, fd, edge), 0)
	r.want("epoll_ctl", r.EpollCtl(ep, syscall.EPOLL_CTL_ADD, fd, edge), -int(syscall.EEXIST))
	r.inject(wire.FlagACK, 10)
	r.want("poll", r.Poll(fds, -1), 1)
	r.want("revents", int(fds[0].Revents), pollIN)
	events := make([]EpollEvent, 4)
	r.want("epoll_wait", r.EpollWait(ep, events, 0), 1)
	if want := (EpollEvent{pollIN, 7}); events[0] != want {
		t.Errorf("got %+v, want %+v", events[0], want)
	}
	r.want("epoll_wait without a new edge", r.EpollWait(ep, events, 0), 0)
	fds[0].FD = 1
	r.want("poll of no descriptor", r.Poll(fds, 0), 1)
	r.want("revents", int(fds[0].Revents), pollNVAL)
}
