package tcpdump_test

import (
	"bufio"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"thinnet/capture"
	"thinnet/capture/pcapfile"
	"thinnet/capture/tcpdump"
)

// benchPackets is how many packets the file of the benchmarks has.
const benchPackets = 1_500_000

// generate writes a capture of a thousand connections, some UDP and pings.
func generate(w io.Writer, n int) error {
	buffered := bufio.NewWriterSize(w, 1<<20)
	out, err := pcapfile.NewWriter(buffered, capture.LinkTypeEthernet, 0, pcapfile.Micro)
	if err != nil {
		return err
	}
	r := rand.New(rand.NewPCG(1, 2))
	be := binary.BigEndian
	var seq [2000]uint32
	b := make([]byte, 2048)
	for i := range n {
		clear(b)
		c, direction, payload := r.IntN(1000), r.IntN(2), []int{0, 0, 100, 512, 1448}[r.IntN(5)]
		copy(b, "\x02\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x02\x08\x00\x45")
		ip := b[14:]
		copy(ip[4:], []byte{byte(i >> 8), byte(i), 0x40, 0, 64})
		client, server := ip[12:16], ip[16:20]
		from, to := uint16(32768+c), uint16([]int{80, 443, 22, 5432}[c%4])
		if direction == 1 {
			client, server, from, to = server, client, to, from
		}
		copy(client, []byte{10, 0, byte(c >> 8), byte(c)})
		copy(server, []byte{10, 1, 0, byte(c)})
		l4, length := ip[20:], 0
		switch kind := r.IntN(100); {
		case kind < 85:
			ip[9], length = 6, 32+payload
			be.PutUint16(l4, from)
			be.PutUint16(l4[2:], to)
			k := 2*c + direction
			be.PutUint32(l4[4:], seq[k])
			be.PutUint32(l4[8:], seq[k^1])
			seq[k] += uint32(payload)
			copy(l4[12:], []byte{0x80, 0x10, 1, 0xf5})
			copy(l4[20:], []byte{1, 1, 8, 10})
			be.PutUint32(l4[24:], uint32(i))
		case kind < 97:
			ip[9], length = 17, 8+payload
			be.PutUint16(l4, uint16(32768+c))
			be.PutUint16(l4[2:], 9999)
			be.PutUint16(l4[4:], uint16(length))
		default:
			ip[9], length = 1, 64
			l4[0] = 8
		}
		be.PutUint16(ip[2:], uint16(20+length))
		data := b[:34+length]
		p := capture.Packet{Time: time.Unix(1.7e9, int64(i)*10_000), Data: data, OrigLen: len(data), LinkType: capture.LinkTypeEthernet}
		if err := out.WritePacket(&p); err != nil {
			return err
		}
	}
	return buffered.Flush()
}

// Beside the programs that are here, on one file, in one run:
//
//	go test -run - -bench Beside -benchtime 3x ./capture/tcpdump
func BenchmarkBeside(b *testing.B) {
	name := filepath.Join(b.TempDir(), "bench.pcap")
	f, err := os.Create(name)
	if err != nil {
		b.Fatal(err)
	}
	if err := generate(f, benchPackets); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
	for _, args := range []string{"-nr", "--count -r", "-w /dev/null -r", "-w /dev/null tcp port 80 -r"} {
		args := append(strings.Fields(args), name)
		label := strings.Join(args[:len(args)-1], "_")
		rate := func(b *testing.B, processor time.Duration) {
			b.ReportMetric(benchPackets*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mpackets/s")
			// What a busy machine does not change much.
			b.ReportMetric(benchPackets*float64(b.N)/processor.Seconds()/1e6, "Mpackets/cpu-s")
		}
		b.Run(label+"/thinnet", func(b *testing.B) {
			null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
			if err != nil {
				b.Fatal(err)
			}
			defer null.Close()
			e := &tcpdump.Env{Stdout: null, Stderr: io.Discard,
				Open:   func(name string) (io.ReadCloser, error) { return os.Open(name) },
				Create: func(name string) (io.WriteCloser, error) { return os.Create(name) }}
			before := processorTime()
			for b.Loop() {
				if code := tcpdump.Run(b.Context(), e, args); code != 0 {
					b.Fatal(code)
				}
			}
			rate(b, processorTime()-before)
		})
		for _, program := range []string{"tcpdump", "tshark"} {
			if program == "tshark" && args[0] != "-nr" {
				continue
			}
			b.Run(label+"/"+program, func(b *testing.B) {
				if _, err := exec.LookPath(program); err != nil {
					b.Skip(err)
				}
				processor := time.Duration(0)
				for b.Loop() {
					c := exec.Command(program, args...)
					if err := c.Run(); err != nil {
						b.Fatal(err)
					}
					processor += c.ProcessState.UserTime() + c.ProcessState.SystemTime()
				}
				rate(b, processor)
			})
		}
	}
}
