package pcapfilter

import (
	"math/rand/v2"
	"strings"
	"testing"

	"golang.org/x/net/bpf"

	"thinnet/capture"
	"thinnet/capture/internal/capturetest"
)

// httpFrame is a TCP segment from port 80.
var httpFrame = append([]byte{
	0, 1, 2, 3, 4, 5, 2, 0, 0, 0, 0, 1, 8, 0, // Ethernet
	0x45, 0, 0, 60, 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, 9, 10, 1, 0, 2, // IPv4
	0, 80, 0xc0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x50, 0x10, 0, 0, 0, 0, 0, 0, // TCP
}, "HTTP/1.1 200 OK"...)

func BenchmarkMatch(b *testing.B) {
	for _, expr := range []string{
		"", "tcp", "tcp port 80", "tcp port 80 and not host 10.0.0.1", "udp port 53",
		"host 10.0.0.1 or host 10.0.0.2 or host 10.0.0.3",
		"tcp[tcpflags] & (tcp-syn|tcp-fin) != 0",
		"tcp[((tcp[12] & 0xf0) >> 2):4] = 0x48545450",
	} {
		p, err := Compile(expr, Options{LinkType: capture.LinkTypeEthernet, Optimize: true})
		if err != nil {
			b.Fatal(err)
		}
		b.Run(expr, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				p.Match(httpFrame, len(httpFrame))
			}
		})
	}
}

// TestMachineAgainstVM holds the machine against another one.
func TestMachineAgainstVM(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	for range 500 {
		expr := capturetest.Filters{Rand: random}.Expression(random.IntN(4))
		p, err := Compile(expr, Options{LinkType: capture.LinkTypeEthernet, Optimize: random.IntN(2) == 0})
		if err != nil || strings.Contains(p.Disassemble(), "ldx      #pktlen") {
			continue // the other one takes that instruction for "ld #pktlen"
		}
		var raw []bpf.RawInstruction
		for _, i := range p.Instructions() {
			raw = append(raw, bpf.RawInstruction{Op: i.Op, Jt: i.Jt, Jf: i.Jf, K: i.K})
		}
		code, ok := bpf.Disassemble(raw)
		if !ok {
			t.Fatalf("%q: an instruction that is none in\n%s", expr, p.Disassemble())
		}
		vm, err := bpf.NewVM(code)
		if err != nil {
			t.Fatalf("%q: %v in\n%s", expr, err, p.Disassemble())
		}
		for _, frame := range someFrames() {
			frame = mutate(frame, p.Instructions(), random)
			frame = frame[:random.IntN(len(frame)+1)]
			want, err := vm.Run(frame)
			if err != nil {
				t.Fatalf("%q: %v", expr, err)
			}
			if got := p.Run(frame, len(frame)); got != uint32(want) {
				t.Errorf("%q: result %d, want %d, for %x by\n%s", expr, got, want, frame, p.Disassemble())
			}
		}
	}
}

// TestProtochainEnds: two headers that point at each other are no chain.
func TestProtochainEnds(t *testing.T) {
	p, err := Compile("ip protochain 17", Options{LinkType: capture.LinkTypeIPv4, Optimize: true})
	if err != nil {
		t.Fatal(err)
	}
	if !p.Loops() {
		t.Errorf("a protochain that does not loop:\n%s", p.Disassemble())
	}
	// The authentication header at 20 says that it is 4*(3+2) bytes long, which
	// is where libpcap then looks for the next.
	packet := make([]byte, 64)
	packet[0], packet[9], packet[20], packet[21] = 0x45, ipAH, ipAH, 3
	if p.Match(packet, len(packet)) {
		t.Error("a loop matches")
	}
}

func TestMatchAllocatesNothing(t *testing.T) {
	p, err := Compile("tcp port 80 and host 10.0.0.9", Options{LinkType: capture.LinkTypeEthernet, Optimize: true})
	if err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(100, func() { p.Match(httpFrame, len(httpFrame)) }); n != 0 {
		t.Errorf("%v allocations a packet", n)
	}
}
