//go:debug randseednop=0
package compat

import (
	"bytes"
	"fmt"
	"io"
	mathrand "math/rand"
	"math/rand/v2"
	"net"
	"net/netip"
	"runtime"
	"runtime/debug"
	"slices"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/raft"

	"thinnet"
	"thinnet/clock"
	"thinnet/link/monitor"
	"thinnet/packet"
	"thinnet/socket"
	"thinnet/thinnettest"
)

const (
	raftPartitions = 50
	raftPeriod     = 10 * time.Second // from one partition to the next
	raftPort       = ":7000"
)

// TestRaft takes three nodes through partitions, and holds that what they said was
// committed is in the logs of all three, and that one seed gives one sequence of
// packets.
//
// raft does not make the latter easy. All nodes draw their timeouts from math/rand's
// own source, which the test seeds, and a leader's two replications draw from it at
// one instant: whoever is first. So one goroutine runs at a time here, no garbage is
// collected, and the timeout that follows on the walk through a map (CommitTimeout)
// is longer than the test. What is left is that the Go runtime may still interrupt a
// goroutine of a busy computer, so two runs of a few must be the same. The race
// detector runs goroutines in random order on purpose: with it no two are.
func TestRaft(t *testing.T) {
	var runs [][3][]byte
	for range 4 {
		thinnettest.Run(t, func(t *testing.T, n *thinnet.Network) {
			runs = append(runs, raftThroughPartitions(t, n, 1))
		})
		last := runs[len(runs)-1]
		for _, before := range runs[:len(runs)-1] {
			if slices.EqualFunc(before[:], last[:], bytes.Equal) {
				return
			}
		}
		if raceEnabled || t.Failed() {
			return
		}
	}
	for l := range runs[0] {
		same(t, fmt.Sprintf("link %d, for the last time", l), runs[len(runs)-1][l], runs[0][l])
	}
}

// raftThroughPartitions returns what went over the three links.
func raftThroughPartitions(t *testing.T, n *thinnet.Network, seed int64) (packets [3][]byte) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	mathrand.Seed(seed) //nolint:staticcheck // raft has no other source
	hosts := raftTriangle(t, n, &packets)
	nodes := make([]*raftNode, len(hosts))
	for i, h := range hosts {
		nodes[i] = startRaft(t, h, hosts)
		defer nodes[i].stop(t)
		time.Sleep(time.Millisecond) // so that no two draw from the source at one instant
	}

	random := rand.New(rand.NewPCG(uint64(seed), 0))
	faults := make([]thinnettest.Fault, raftPartitions)
	for i := range faults {
		alone := random.IntN(len(hosts))
		others := []*thinnet.Host{hosts[(alone+1)%3], hosts[(alone+2)%3]}
		faults[i] = thinnettest.Fault{
			At:   raftPeriod*time.Duration(i+1) + time.Duration(random.Int64N(int64(time.Second))),
			For:  time.Second + time.Duration(random.Int64N(int64(5*time.Second))),
			What: thinnettest.Partition(n, hosts[alone:alone+1], others),
		}
	}
	thinnettest.Schedule(t, n, faults...)

	var committed [][]byte
	for end := time.Now().Add(raftPeriod * (raftPartitions + 2)); time.Now().Before(end); time.Sleep(333 * time.Millisecond) {
		command := fmt.Appendf(nil, "command %d", len(committed))
		for _, node := range nodes {
			if node.State() == raft.Leader && node.Apply(command, time.Second).Error() == nil {
				committed = append(committed, command)
				break
			}
		}
	}
	if least := raftPartitions * 10; len(committed) < least {
		t.Errorf("%d commands were committed, want %d at least", len(committed), least)
	}
	for i, node := range nodes {
		node.holds(t, i, committed)
	}
	return packets
}

// raftTriangle adds three hosts, and a cable between each two, so that what two
// of them say has no order against what others say at the same instant.
func raftTriangle(t *testing.T, n *thinnet.Network, packets *[3][]byte) []*thinnet.Host {
	t.Helper()
	hosts := make([]*thinnet.Host, 3)
	for i := range hosts {
		var err error
		if hosts[i], err = n.AddHost(fmt.Sprintf("node%d", i), thinnet.HostOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range hosts {
		var ends [2]*thinnet.Interface
		for k, h := range []*thinnet.Host{hosts[i], hosts[(i+1)%3]} {
			addr := netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, byte(i), byte(k + 1)}), 24)
			var err error
			if ends[k], err = h.AddInterface(fmt.Sprintf("eth%d", k), addr); err != nil {
				t.Fatal(err)
			}
		}
		link, err := n.Connect(ends[0], ends[1], thinnet.LinkOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if err := link.SetDelay(time.Duration(10+i) * time.Millisecond); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		frame := make([]byte, 1<<16)
		link.Tap(func(_ clock.Time, dir monitor.Direction, p *packet.Packet) {
			n := monitor.Flatten(frame, p)
			packets[i] = fmt.Appendf(packets[i], "%v %v %x\n", time.Since(start), dir, frame[:n])
		})
	}
	return hosts
}

// raftNode is a node of the cluster, whose log is in memory.
type raftNode struct {
	*raft.Raft
	log       *raft.InmemStore
	transport *raft.NetworkTransport
}

func startRaft(t *testing.T, h *thinnet.Host, all []*thinnet.Host) *raftNode {
	t.Helper()
	l, err := h.Listen("tcp", raftPort)
	if err != nil {
		t.Fatal(err)
	}
	n := &raftNode{log: raft.NewInmemStore()}
	n.transport = raft.NewNetworkTransportWithConfig(&raft.NetworkTransportConfig{
		Stream: raftLayer{l, h}, MaxPool: 3, Timeout: time.Second, Logger: hclog.NewNullLogger(),
	})
	var cluster raft.Configuration
	for _, h := range all {
		cluster.Servers = append(cluster.Servers, raft.Server{
			ID: raft.ServerID(h.Name()), Address: raft.ServerAddress(h.Name() + raftPort),
		})
	}
	c := raft.DefaultConfig()
	c.LocalID = raft.ServerID(h.Name())
	c.Logger = hclog.NewNullLogger()
	c.SnapshotInterval = 24 * time.Hour
	c.CommitTimeout = time.Hour
	snapshots := raft.NewInmemSnapshotStore()
	if err := raft.BootstrapCluster(c, n.log, n.log, snapshots, n.transport, cluster); err != nil {
		t.Fatal(err)
	}
	if n.Raft, err = raft.NewRaft(c, raftMachine{}, n.log, n.log, snapshots, n.transport); err != nil {
		t.Fatal(err)
	}
	return n
}

func (n *raftNode) stop(t *testing.T) {
	if err := n.Shutdown().Error(); err != nil {
		t.Error(err)
	}
	if err := n.transport.Close(); err != nil {
		t.Error(err)
	}
}

// holds fails the test unless the node's log has all commands in their order.
func (n *raftNode) holds(t *testing.T, node int, commands [][]byte) {
	t.Helper()
	last, err := n.log.LastIndex()
	if err != nil {
		t.Error(err)
	}
	found := 0
	for i := uint64(1); i <= last && found < len(commands); i++ {
		var entry raft.Log
		if err := n.log.GetLog(i, &entry); err != nil {
			t.Fatal(err)
		}
		if entry.Type == raft.LogCommand && bytes.Equal(entry.Data, commands[found]) {
			found++
		}
	}
	if found < len(commands) {
		t.Errorf("node %d lacks %q, which was committed", node, commands[found])
	}
}

// raftLayer is raft's network on a host. Servers are called by their hosts' names.
type raftLayer struct {
	net.Listener
	host *thinnet.Host
}

// Dial implements [raft.StreamLayer].
func (l raftLayer) Dial(address raft.ServerAddress, timeout time.Duration) (net.Conn, error) {
	d := socket.Dialer{Net: l.host.Sockets(), Timeout: timeout}
	return d.Dial("tcp", string(address))
}

// Addr implements [net.Listener].
func (l raftLayer) Addr() net.Addr { return raftAddr(l.host.Name() + raftPort) }

type raftAddr string

// Network implements [net.Addr].
func (raftAddr) Network() string { return "tcp" }

// String implements [net.Addr].
func (a raftAddr) String() string { return string(a) }

// raftMachine is a state machine without state: the log is what counts.
type raftMachine struct{}

// Apply implements [raft.FSM].
func (raftMachine) Apply(*raft.Log) any { return nil }

// Snapshot implements [raft.FSM].
func (raftMachine) Snapshot() (raft.FSMSnapshot, error) { return nil, raft.ErrNothingNewToSnapshot }

// Restore implements [raft.FSM].
func (raftMachine) Restore(from io.ReadCloser) error { return from.Close() }
