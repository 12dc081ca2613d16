package pcapfilter

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"thinnet/capture"
	"thinnet/capture/pcapfile"
)

// The vectors are libpcap's own tests, beside the repository.
const vectorDir = "../../../shared/vectors/pcap-filter"

// notYet lists vectors that fail, by file and by link type and expression. One that
// passes does not belong here, and fails the test.
var notYet = map[string][]string{}

type vector struct {
	Name, DLT, Expr, Savefile, ErrStr string
	SnapLen                           uint32
	Netmask, Offline                  *string
	Opt, Unopt                        []string
	Results                           []uint32
}

func (v vector) options(t *testing.T) Options {
	t.Helper()
	link, err := capture.ParseLinkType(v.DLT)
	if err != nil {
		t.Fatal(err)
	}
	o := Options{LinkType: link, SnapLen: v.SnapLen, Optimize: true}
	if v.Netmask != nil {
		o.Netmask = netip.MustParseAddr(*v.Netmask)
	}
	if v.Offline != nil {
		o.Source = map[string]Source{"unswapped": SourceFile, "swapped": SourceSwappedFile}[*v.Offline]
	}
	return o
}

// eachVector runs a check on every line of a file of vectors, and reports how many passed.
func eachVector(t *testing.T, file string, check func(v vector) error) {
	f, err := os.Open(filepath.Join(vectorDir, file))
	if err != nil {
		t.Skipf("libpcap's test vectors are not here: %v", err)
	}
	defer f.Close()
	passed, failed := 0, 0
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var v vector
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		err := check(v)
		known := slices.Contains(notYet[file], v.DLT+" "+v.Expr)
		if err == nil {
			passed++
		} else {
			failed++
		}
		switch {
		case err == nil && known:
			t.Errorf("%s: %s %q passes: take it off the list", file, v.DLT, v.Expr)
		case err != nil && !known:
			t.Errorf("%s: %s %q: %v", file, v.DLT, v.Expr, err)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	fmt.Printf("pcapfilter %s: %d passed, %d failed\n", file, passed, failed)
}

func TestVectorsReject(t *testing.T) {
	eachVector(t, "reject.jsonl", func(v vector) error {
		_, err := Compile(v.Expr, v.options(t))
		switch {
		case err == nil:
			return errors.New("compiles")
		case !strings.Contains(err.Error(), v.ErrStr):
			return fmt.Errorf("error is %q, want %q", err, v.ErrStr)
		}
		return nil
	})
}

func TestVectorsApply(t *testing.T) {
	eachVector(t, "apply.jsonl", func(v vector) error {
		for _, optimize := range []bool{true, false} {
			packets, snapLen := readCapture(t, filepath.Join(vectorDir, "pcap", v.Savefile))
			o := v.options(t)
			o.SnapLen, o.Optimize = snapLen, optimize
			p, err := Compile(v.Expr, o)
			if err != nil {
				return err
			}
			var got []uint32
			for _, packet := range packets {
				got = append(got, p.Run(packet.Data, packet.OrigLen))
			}
			if !slices.Equal(got, v.Results) {
				return fmt.Errorf("optimized %v: results %v, want %v", optimize, got, v.Results)
			}
		}
		return nil
	})
}

// TestVectorsAccept holds our programs against libpcap's on the packets of all
// captures, in the form of the link type, and on packets mutated from them.
func TestVectorsAccept(t *testing.T) {
	frames := captureFrames(t)
	random := rand.New(rand.NewPCG(1, 2))
	total, longer := 0, 0
	eachVector(t, "accept.jsonl", func(v vector) error {
		total++
		o := v.options(t)
		want, err := assemble(v.Opt)
		if err != nil {
			return err
		}
		got, err := Compile(v.Expr, o)
		if v.Opt == nil {
			if err == nil || err.Error() != "expression rejects all packets" {
				return fmt.Errorf("error is %v, want that it rejects all packets", err)
			}
		} else {
			if err != nil {
				return err
			}
			if len(got.Instructions()) > len(want.Instructions()) {
				longer++
				t.Logf("%s %q: %d instructions, libpcap's have %d", v.DLT, v.Expr,
					len(got.Instructions()), len(want.Instructions()))
			}
			if err := sameResults(got, want, frames[o.LinkType], random, true); err != nil {
				return err
			}
		}
		if want, err = assemble(v.Unopt); err != nil {
			return err
		}
		o.Optimize = false
		if got, err = Compile(v.Expr, o); err != nil {
			return fmt.Errorf("not optimized: %w", err)
		}
		if err := sameResults(got, want, frames[o.LinkType], random, true); err != nil {
			return fmt.Errorf("not optimized: %w", err)
		}
		return nil
	})
	if total == 0 {
		return
	}
	fmt.Printf("pcapfilter accept.jsonl: %d of %d programs no longer than libpcap's\n", total-longer, total)
	if longer*10 > total {
		t.Errorf("%d of %d programs are longer than libpcap's", longer, total)
	}
}

// sameResults runs both programs on the frames and on mutations of them, some of
// which may be cut short.
func sameResults(got, want *Program, frames [][]byte, random *rand.Rand, cut bool) error {
	for _, frame := range frames {
		variants := [][]byte{frame}
		for range 3 {
			f := mutate(frame, want.Instructions(), random)
			if cut && len(f) > 0 && random.IntN(3) == 0 {
				f = f[:random.IntN(len(f))]
			}
			variants = append(variants, f)
		}
		for _, f := range variants {
			wireLen := len(f)
			if g, w := got.Run(f, wireLen), want.Run(f, wireLen); g != w {
				return fmt.Errorf("result %d, want %d, for %x by\n%s", g, w, f, got.Disassemble())
			}
		}
	}
	return nil
}

// mutate changes a frame. Besides random bytes it puts the constants that a
// program looks for where it looks for them, or most packets would end at its
// first test.
func mutate(frame []byte, program []Instruction, random *rand.Rand) []byte {
	f := slices.Clone(frame)
	x := 20
	if random.IntN(2) == 0 {
		x = random.IntN(64)
	}
	var load Instruction
	for _, i := range program {
		switch {
		case i.Op&7 == classLoadA:
			load = i
		case i.Op&7 == classJump && i.Op&operandX == 0 && i.Op != opJumpAlways && random.IntN(8) > 0:
			at := int(load.K)
			if load.Op&0xe0 == modeIndirect {
				at += x
			}
			put(f, at, load.Op, i.K)
		}
	}
	for range random.IntN(3) {
		if len(f) > 0 {
			f[random.IntN(len(f))] = byte(random.Uint32())
		}
	}
	return f
}

func put(f []byte, at int, op uint16, k uint32) {
	size := map[uint16]int{sizeByte: 1, sizeHalf: 2, sizeWord: 4}[op&0x18]
	if at < 0 || at+size > len(f) {
		return
	}
	for i := range size {
		f[at+i] = byte(k >> (8 * (size - 1 - i)))
	}
}

// assemble reads a program as tcpdump -d prints it.
func assemble(lines []string) (*Program, error) {
	var code []Instruction
	for n, line := range lines {
		i, err := assembleLine(n, line)
		if err != nil {
			return nil, err
		}
		if image := strings.TrimSpace(i.image(n)); image != line {
			return nil, fmt.Errorf("%q is read as %q", line, image)
		}
		code = append(code, i)
	}
	return newProgram(code), nil
}

func assembleLine(n int, line string) (i Instruction, err error) {
	fields := strings.Fields(line)
	name, operand := fields[1], strings.Join(fields[2:], " ")
	if at := strings.Index(operand, " jt "); at >= 0 {
		var jt, jf int
		if _, err := fmt.Sscanf(operand[at:], " jt %d jf %d", &jt, &jf); err != nil {
			return i, err
		}
		operand, i.Jt, i.Jf = operand[:at], uint8(jt-n-1), uint8(jf-n-1)
	}
	number := func(format string) bool {
		var k int64
		_, err := fmt.Sscanf(operand, format, &k)
		i.K = uint32(k)
		return err == nil && fmt.Sprintf(format, k) == operand
	}
	ops := map[string]uint16{
		"ld": 0, "ldh": sizeHalf, "ldb": sizeByte, "ldx": classLoadX, "ldxb": opLoadHeader, "st": classStoreA,
		"stx": classStoreX, "ret": opReturn, "tax": opTAX, "txa": opTXA, "neg": opNegative, "ja": opJumpAlways,
	}
	for op, s := range aluNames {
		ops[s] = classALU | uint16(op)
	}
	for j, s := range jumpNames {
		ops[s] = classJump | uint16(j)
	}
	op, ok := ops[name]
	if !ok {
		return i, fmt.Errorf("no instruction %q", line)
	}
	i.Op = op
	switch {
	case operand == "":
	case operand == "#pktlen":
		i.Op |= modeLength
	case operand == "x":
		i.Op |= operandX
	case number("#%d") || number("#0x%x") || number("4*([%d]&0xf)"):
	case number("M[%d]"):
		if op == classLoadA || op == classLoadX {
			i.Op |= modeMemory
		}
	case number("[%d]"):
		i.Op |= modeAbsolute
	case number("[x + %d]"):
		i.Op |= modeIndirect
	case name == "ja" && number("%d"):
		i.K -= uint32(n + 1)
	default:
		return i, fmt.Errorf("no operand %q", line)
	}
	return i, nil
}

func readCapture(t *testing.T, path string) (packets []capture.Packet, snapLen uint32) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := pcapfile.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	for {
		p, err := r.Next()
		if err == io.EOF {
			return packets, uint32(r.Interfaces()[0].SnapLen)
		}
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		p.Data = slices.Clone(p.Data)
		packets = append(packets, p)
	}
}

// captureFrames are the packets of all captures of the vectors for each link type.
func captureFrames(t *testing.T) map[capture.LinkType][][]byte {
	files, err := filepath.Glob(filepath.Join(vectorDir, "pcap", "*"))
	if err != nil {
		t.Fatal(err)
	}
	frames := map[capture.LinkType][][]byte{}
	for _, file := range files {
		packets, _ := readCapture(t, file)
		for _, p := range packets {
			if n := tunnelLength(p.Data); n > 0 {
				ethernet := capture.LinkTypeEthernet
				frames[ethernet] = append(frames[ethernet], slices.Concat(p.Data[:n], p.Data))
			}
			for link, header := range linkHeaders(p.Data) {
				frames[link] = append(frames[link], slices.Concat(header, p.Data[14:]))
			}
		}
	}
	return frames
}

// tunnelLength is how long the headers of a VXLAN or Geneve packet over IPv4 are,
// so that a packet can be put into another; 0 for other packets.
func tunnelLength(frame []byte) int {
	if len(frame) < 50 || frame[12] != 8 || frame[14] != 0x45 || frame[23] != ipUDP {
		return 0
	}
	switch int(frame[36])<<8 | int(frame[37]) {
	case vxlanPort:
		return 50
	case genevePort:
		return min(50+4*int(frame[42]&0x3f), len(frame))
	}
	return 0
}

// linkHeaders are the headers of an Ethernet frame on each link type.
func linkHeaders(ethernet []byte) map[capture.LinkType][]byte {
	typ := ethernet[12:14]
	family := byte(familyIPv4)
	if typ[0] == 0x86 {
		family = familyIPv6BSD
	}
	return map[capture.LinkType][]byte{
		capture.LinkTypeEthernet:  ethernet[:14],
		capture.LinkTypeRaw:       nil,
		capture.LinkTypeIPv4:      nil,
		capture.LinkTypeIPv6:      nil,
		capture.LinkTypeNull:      {family, 0, 0, 0},
		capture.LinkTypeLoop:      {0, 0, 0, family},
		capture.LinkTypeLinuxSLL:  slices.Concat([]byte{0, family % 5, 0, 1, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0}, typ),
		capture.LinkTypeLinuxSLL2: slices.Concat(typ, []byte{0, 0, 0, 0, 0, 2, 0, 1, 4, 6, 1, 2, 3, 4, 5, 6, 0, 0}),
	}
}
