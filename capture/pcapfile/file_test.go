package pcapfile

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"thinnet/capture"
	"thinnet/capture/pcapfile/zstd"
)

// frame is an Ethernet frame that any program can print.
func frame(n int) []byte {
	b := make([]byte, n)
	copy(b, "\x02\x00\x00\x00\x00\x02\x02\x00\x00\x00\x00\x01\x88\xb5")
	for i := 14; i < n; i++ {
		b[i] = byte(i)
	}
	return b
}

func sample() []capture.Packet {
	at := time.Date(2026, 3, 4, 5, 6, 7, 123456789, time.UTC)
	return []capture.Packet{
		{Time: at, Data: frame(60), OrigLen: 60, LinkType: capture.LinkTypeEthernet},
		{Time: at.Add(time.Second), Data: frame(61), OrigLen: 1500, LinkType: capture.LinkTypeEthernet,
			Direction: capture.Inbound, Comment: "dropped: firewall FORWARD rule 3"},
		{Time: at.Add(2 * time.Second), Data: frame(1514), OrigLen: 1514, Interface: 1, LinkType: capture.LinkTypeEthernet,
			Direction: capture.Outbound},
		{Time: at.Add(time.Hour), Data: frame(62), OrigLen: 62, Interface: 1, LinkType: capture.LinkTypeEthernet, Comment: "é"},
	}
}

// writeNG writes the sample as pcapng.
func writeNG(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := NewNGWriter(&b)
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{"ens33", "uplink"} {
		if got := w.AddInterface(name, capture.LinkTypeEthernet, 0); got != i {
			t.Fatalf("interface %q has index %d", name, got)
		}
	}
	err = w.WriteNames([]capture.Name{
		{Addr: netip.MustParseAddr("192.168.190.1"), Name: "client"},
		{Addr: netip.MustParseAddr("2001:db8::1"), Name: "server"},
	})
	if err != nil {
		t.Fatal(err)
	}
	packets := sample()
	for i := range packets {
		if err := w.WritePacket(&packets[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.WriteStatistics(1, packets[3].Time, capture.Statistics{Received: 7, Dropped: 3}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// writeClassic writes the sample as pcap.
func writeClassic(t testing.TB, p Precision) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := NewWriter(&b, capture.LinkTypeEthernet, 65535, p)
	if err != nil {
		t.Fatal(err)
	}
	packets := sample()
	for i := range packets {
		if err := w.WritePacket(&packets[i]); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

// readAll returns the packets before the error, with bytes of their own.
func readAll(file []byte) (*Reader, []capture.Packet, error) {
	r, err := NewReader(bytes.NewReader(file))
	if err != nil {
		return nil, nil, err
	}
	var all []capture.Packet
	for {
		p, err := r.Next()
		if err != nil {
			if _, again := r.Next(); again != err {
				return r, all, errors.New("the error does not stay")
			}
			return r, all, err
		}
		p.Data = bytes.Clone(p.Data)
		p.Time = p.Time.UTC()
		all = append(all, p)
	}
}

func TestNGRoundTrip(t *testing.T) {
	file := writeNG(t)
	if !bytes.Equal(file, writeNG(t)) {
		t.Error("two equal captures are two different files")
	}
	r, got, err := readAll(file)
	if err != io.EOF {
		t.Fatal(err)
	}
	if want := sample(); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	ifaces := []capture.Interface{
		{Name: "ens33", LinkType: capture.LinkTypeEthernet, SnapLen: capture.MaxSnapLen},
		{Name: "uplink", LinkType: capture.LinkTypeEthernet, SnapLen: capture.MaxSnapLen},
	}
	if !reflect.DeepEqual(r.Interfaces(), ifaces) {
		t.Errorf("interfaces %+v", r.Interfaces())
	}
	for addr, want := range map[string]string{"192.168.190.1": "client", "2001:db8::1": "server", "::": ""} {
		if got := r.HostName(netip.MustParseAddr(addr)); got != want {
			t.Errorf("%s is %q, want %q", addr, got, want)
		}
	}
	if s, ok := r.Statistics(1); !ok || s != (capture.Statistics{Received: 7, Dropped: 3}) {
		t.Errorf("statistics %+v, %v", s, ok)
	}
	if _, ok := r.Statistics(0); ok {
		t.Error("interface 0 has statistics")
	}
}

// What pcap has no place for is gone, and time is in its unit.
func TestClassicRoundTrip(t *testing.T) {
	for _, c := range []struct {
		precision Precision
		unit      time.Duration
	}{{Micro, time.Microsecond}, {Nano, time.Nanosecond}} {
		want := sample()
		for i := range want {
			want[i].Time = want[i].Time.Truncate(c.unit)
			want[i].Interface, want[i].Direction, want[i].Comment = 0, 0, ""
		}
		_, got, err := readAll(writeClassic(t, c.precision))
		if err != io.EOF || !reflect.DeepEqual(got, want) {
			t.Errorf("precision %d: %v\ngot  %+v\nwant %+v", c.precision, err, got, want)
		}
	}
}

func TestCompressed(t *testing.T) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write(writeNG(t))
	z.Close()
	gz := b.Bytes()
	// A frame without sizes, of one block that is stored as it is.
	zs := append([]byte{0x28, 0xb5, 0x2f, 0xfd, 0, 0x40}, 1, 0, 0)
	ng := writeNG(t)
	binary.LittleEndian.PutUint16(zs[6:], uint16(len(ng)<<3|1))
	zs = append(zs, ng...)
	for _, file := range [][]byte{gz, zs} {
		if _, got, err := readAll(file); err != io.EOF || !reflect.DeepEqual(got, sample()) {
			t.Errorf("%v\n%+v", err, got)
		}
		var e *Error
		if _, got, err := readAll(file[:len(file)-40]); !errors.As(err, &e) || len(got) >= len(sample()) {
			t.Errorf("cut: %d packets, %v", len(got), err)
		}
	}
	zs[len(zs)-len(ng)-3] |= 6 // a reserved type of block
	var e *zstd.Error
	if _, _, err := readAll(zs); !errors.As(err, &e) {
		t.Errorf("corrupt: %v", err)
	}
}

// classicFile makes a pcap file by hand: fields as the record says, then bytes.
func classicFile(order binary.AppendByteOrder, magic uint32, minor uint16, record []uint32, data int) []byte {
	b := order.AppendUint32(nil, magic)
	b = order.AppendUint16(b, 2)
	b = order.AppendUint16(b, minor)
	for _, v := range []uint32{0, 0, 100, 1} {
		b = order.AppendUint32(b, v)
	}
	for _, v := range record {
		b = order.AppendUint32(b, v)
	}
	return append(b, make([]byte, data)...)
}

func TestClassicVariants(t *testing.T) {
	le, be := binary.LittleEndian, binary.BigEndian
	for _, c := range []struct {
		name      string
		file      []byte
		nsec, bad uint64
		n, orig   int
	}{
		{"little", classicFile(le, magicMicro, 4, []uint32{5, 6, 60, 70}, 60), 6000, 0, 60, 70},
		{"big", classicFile(be, magicMicro, 4, []uint32{5, 6, 60, 70}, 60), 6000, 0, 60, 70},
		{"little nano", classicFile(le, magicNano, 4, []uint32{5, 6, 60, 70}, 60), 6, 0, 60, 70},
		{"big nano", classicFile(be, magicNano, 4, []uint32{5, 6, 60, 70}, 60), 6, 0, 60, 70},
		{"modified", classicFile(be, magicModified, 4, []uint32{5, 6, 60, 70, 9, 9}, 60), 6000, 0, 60, 70},
		{"lengths swapped", classicFile(le, magicMicro, 2, []uint32{5, 6, 70, 60}, 60), 6000, 0, 60, 70},
		{"lengths perhaps swapped", classicFile(le, magicMicro, 3, []uint32{5, 6, 70, 60}, 60), 6000, 0, 60, 70},
		{"lengths perhaps not swapped", classicFile(le, magicMicro, 3, []uint32{5, 6, 60, 70}, 60), 6000, 0, 60, 70},
		{"more than the snapshot length", classicFile(le, magicMicro, 4, []uint32{5, 6, 120, 120}, 120), 6000, 0, 100, 120},
		{"impossible fraction", classicFile(le, magicMicro, 4, []uint32{5, 1000001, 60, 60}, 60), 1000001000, 1000001000, 60, 60},
	} {
		_, got, err := readAll(c.file)
		if err != io.EOF || len(got) != 1 {
			t.Errorf("%s: %v, %d packets", c.name, err, len(got))
			continue
		}
		p := got[0]
		if want := time.Unix(5, int64(c.nsec)); !p.Time.Equal(want) || p.BadFraction != c.bad || len(p.Data) != c.n || p.OrigLen != c.orig {
			t.Errorf("%s: %+v", c.name, p)
		}
	}
}

// A packet with an impossible time is written as it was read.
func TestBadFractionIsKept(t *testing.T) {
	in := classicFile(binary.LittleEndian, magicMicro, 4, []uint32{5, 2 << 30, 60, 60}, 60)
	_, packets, _ := readAll(in)
	var out bytes.Buffer
	w, err := NewWriter(&out, capture.LinkTypeEthernet, 100, Micro)
	if err == nil {
		err = w.WritePacket(&packets[0])
	}
	if err != nil || !bytes.Equal(out.Bytes(), in) {
		t.Errorf("%v\ngot  %x\nwant %x", err, out.Bytes(), in)
	}
}

// ngBlock makes a block by hand.
func ngBlock(order binary.AppendByteOrder, typ uint32, body []byte) []byte {
	n := uint32(len(body) + 12)
	b := order.AppendUint32(nil, typ)
	b = order.AppendUint32(b, n)
	b = append(b, body...)
	return order.AppendUint32(b, n)
}

func ngWords(order binary.AppendByteOrder, v ...uint32) (b []byte) {
	for _, x := range v {
		b = order.AppendUint32(b, x)
	}
	return b
}

func ngSection(order binary.AppendByteOrder) []byte {
	b := order.AppendUint32(nil, byteOrderMagic)
	b = order.AppendUint16(b, 1)
	b = order.AppendUint16(b, 0)
	return ngBlock(order, blockSection, append(b, bytes.Repeat([]byte{0xff}, 8)...))
}

// ngIface makes an interface; resol and offset may be absent.
func ngIface(order binary.AppendByteOrder, link uint16, snap uint32, resol byte, offset int64) []byte {
	b := order.AppendUint16(nil, link)
	b = order.AppendUint16(b, 0)
	b = order.AppendUint32(b, snap)
	if resol != 0 {
		b = order.AppendUint16(b, ifTSResol)
		b = order.AppendUint16(b, 1)
		b = append(b, resol, 0, 0, 0)
	}
	if offset != 0 {
		b = order.AppendUint16(b, ifTSOffset)
		b = order.AppendUint16(b, 8)
		b = order.AppendUint64(b, uint64(offset))
	}
	return ngBlock(order, blockInterface, b)
}

// Sections of either byte order, interfaces of all kinds, blocks that nobody knows.
func TestNGVariants(t *testing.T) {
	le, be := binary.LittleEndian, binary.BigEndian
	data := ngWords(le, 0x01020304, 0x05060708)
	file := bytes.Join([][]byte{
		ngSection(le),
		ngIface(le, 1, 0, 0, 0),
		ngIface(le, 101, 96, 3, -10),
		ngIface(le, 101, 96, 0x80|10, 0),
		ngBlock(le, 0x0bad, ngWords(le, 1, 2, 3)),
		ngBlock(le, blockEnhanced, append(ngWords(le, 0, 0, 2_000_001, 8, 8), data...)),
		ngBlock(le, blockEnhanced, append(ngWords(le, 1, 0, 20_005, 7, 9), data...)),
		ngBlock(le, blockEnhanced, append(ngWords(le, 2, 0, 3<<10|1<<9, 8, 8), data...)),
		ngBlock(le, blockPacket, append(ngWords(le, 1, 0, 20_005, 8, 9), data...)),
		ngBlock(le, blockSimple, append(ngWords(le, 8), data...)),
		ngSection(be),
		ngIface(be, 12, 4, 9, 0),
		ngBlock(be, blockSimple, append(ngWords(be, 8), data[:4]...)),
		ngBlock(be, blockEnhanced, append(ngWords(be, 0, 1, 0, 4, 4), data[:4]...)),
	}, nil)
	r, got, err := readAll(file)
	if err != io.EOF {
		t.Fatal(err)
	}
	want := []capture.Packet{
		{Time: time.Unix(2, 1000), Data: data, OrigLen: 8, LinkType: capture.LinkTypeEthernet},
		{Time: time.Unix(10, 5e6), Data: data[:7], OrigLen: 9, Interface: 1, LinkType: capture.LinkTypeRaw},
		{Time: time.Unix(3, 5e8), Data: data, OrigLen: 8, Interface: 2, LinkType: capture.LinkTypeRaw},
		{Time: time.Unix(10, 5e6), Data: data, OrigLen: 9, Interface: 1, LinkType: capture.LinkTypeRaw},
		{Time: time.Unix(0, 0), Data: data, OrigLen: 8, LinkType: capture.LinkTypeEthernet},
		{Time: time.Unix(0, 0), Data: data[:4], OrigLen: 8, Interface: 3, LinkType: capture.LinkTypeRaw},
		{Time: time.Unix(4, 294967296), Data: data[:4], OrigLen: 4, Interface: 3, LinkType: capture.LinkTypeRaw},
	}
	for i := range want {
		want[i].Time = want[i].Time.UTC()
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if n := len(r.Interfaces()); n != 4 {
		t.Errorf("%d interfaces", n)
	}
}

// A file cut anywhere gives what was read, and then tcpdump's words.
func TestCutAnywhere(t *testing.T) {
	for _, c := range []struct {
		name string
		file []byte
	}{{"pcap", writeClassic(t, Micro)}, {"pcapng", writeNG(t)}} {
		_, all, _ := readAll(c.file)
		whole, ends := 0, 0
		for n := range c.file {
			_, got, err := readAll(c.file[:n])
			if len(got) < whole {
				t.Fatalf("%s cut at %d: %d packets, and %d before", c.name, n, len(got), whole)
			}
			whole = len(got)
			if whole > 0 && !reflect.DeepEqual(got, all[:whole]) {
				t.Fatalf("%s cut at %d: other packets", c.name, n)
			}
			var e *Error
			switch {
			case err == io.EOF:
				ends++
			case !errors.As(err, &e):
				t.Fatalf("%s cut at %d: %v", c.name, n, err)
			case n >= 24 && !strings.HasPrefix(e.Msg, "truncated "):
				t.Fatalf("%s cut at %d: %v", c.name, n, err)
			case e.Offset > int64(n):
				t.Fatalf("%s cut at %d: error at %d", c.name, n, e.Offset)
			}
		}
		if whole != len(all)-1 && c.name == "pcap" || ends == 0 {
			t.Errorf("%s: %d packets, %d clean ends", c.name, whole, ends)
		}
	}
}

func TestErrors(t *testing.T) {
	le := binary.LittleEndian
	ng := func(blocks ...[]byte) []byte {
		return bytes.Join(append([][]byte{ngSection(le), ngIface(le, 1, 96, 0, 0)}, blocks...), nil)
	}
	badTrailer := ngBlock(le, 77, make([]byte, 8))
	badTrailer[len(badTrailer)-4] = 99
	for _, c := range []struct {
		name string
		file []byte
		want string
	}{
		{"empty", nil, "truncated dump file; tried to read 4 file header bytes, only got 0 (at byte 0)"},
		{"text", []byte("hello, world of text files"), "unknown file format (at byte 0)"},
		{"short header", writeClassic(t, Micro)[:20], "truncated dump file; tried to read 24 file header bytes, only got 16 (at byte 0)"},
		{"version", classicFile(le, magicMicro, 5, nil, 0), "unsupported pcap savefile version 2.5 (at byte 4)"},
		{"short record", classicFile(le, magicMicro, 4, []uint32{1}, 0), "truncated dump file; tried to read 16 header bytes, only got 4 (at byte 24)"},
		{"short packet", classicFile(le, magicMicro, 4, []uint32{1, 1, 60, 60}, 9), "truncated dump file; tried to read 60 captured bytes, only got 9 (at byte 24)"},
		{"huge packet", classicFile(le, magicMicro, 4, []uint32{1, 1, 1 << 31, 60}, 9), "invalid packet capture length 2147483648, bigger than snaplen of 100 (at byte 24)"},
		{"magic without order", append(ngWords(le, blockSection, 28, 5), make([]byte, 16)...), "unknown file format (at byte 0)"},
		{"block too short", ng(ngWords(le, 77, 8, 8)), "block in pcapng dump file has a length of 8 < 12 (at byte 48)"},
		{"block odd", ng(ngWords(le, 77, 13, 8, 8)), "block in pcapng dump file has a length of 13 that is not a multiple of 4 (at byte 48)"},
		{"block huge", ng(ngWords(le, 77, 1<<31, 8)), "pcapng block size 2147483648 > maximum 16777216 (at byte 48)"},
		{"block cut", ng(ngWords(le, 77, 1<<20, 8)), "truncated pcapng dump file; tried to read 1048568 bytes, only got 4 (at byte 48)"},
		{"trailer", ng(badTrailer), "block total length in header 20 and trailer 99 don't match (at byte 48)"},
		{"no interface", append(ngSection(le), ngBlock(le, blockEnhanced, make([]byte, 20))...),
			"the capture file has a packet block before any Interface Description Blocks (at byte 28)"},
		{"wrong interface", ng(ngBlock(le, blockEnhanced, ngWords(le, 1, 0, 0, 0, 0))),
			"a packet arrived on interface 1, but there's no Interface Description Block for that interface (at byte 48)"},
		{"packet longer than snaplen", ng(ngBlock(le, blockEnhanced, ngWords(le, 0, 0, 0, 97, 97))),
			"invalid packet capture length 97, bigger than snaplen of 96 (at byte 48)"},
		{"packet longer than block", ng(ngBlock(le, blockEnhanced, ngWords(le, 0, 0, 0, 8, 8, 0))),
			"block of type 6 in pcapng dump file is too short (at byte 48)"},
		{"time resolution", ng(ngIface(le, 1, 96, 20, 0)),
			"Interface Description Block if_tsresol option resolution 10^-20 is too high (at byte 64)"},
	} {
		_, _, err := readAll(c.file)
		if err == nil || err.Error() != c.want {
			t.Errorf("%s: %v\nwant %s", c.name, err, c.want)
		}
	}
}

// A file that promises more interfaces than anybody has costs no memory to speak of.
func TestInterfacesAreBounded(t *testing.T) {
	iface := ngIface(binary.LittleEndian, 1, 96, 0, 0)
	file := append(ngSection(binary.LittleEndian), bytes.Repeat(iface, maxInterfaces+1)...)
	r, _, err := readAll(file)
	if err == nil || !strings.HasPrefix(err.Error(), "more than 65536 interfaces in the file") || len(r.Interfaces()) != maxInterfaces {
		t.Error(err)
	}
}

// one byte a call: as from a slow pipe.
type dribble struct{ b []byte }

func (d *dribble) Read(p []byte) (int, error) {
	if len(d.b) == 0 {
		return 0, io.EOF
	}
	p[0] = d.b[0]
	d.b = d.b[1:]
	return 1, nil
}

func TestSlowReader(t *testing.T) {
	r, err := NewReader(&dribble{writeNG(t)})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range sample() {
		if p, err := r.Next(); err != nil || !bytes.Equal(p.Data, want.Data) {
			t.Fatalf("%v %x", err, p.Data)
		}
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error)  { return 0, f.err }
func (f failing) Write([]byte) (int, error) { return 0, f.err }

// The errors of the files below come through.
func TestInputOutputErrors(t *testing.T) {
	disk := errors.New("disk on fire")
	whole := writeClassic(t, Micro)
	r, err := NewReader(io.MultiReader(bytes.NewReader(whole), failing{disk}))
	for err == nil {
		_, err = r.Next()
	}
	if !errors.Is(err, disk) {
		t.Errorf("reader: %v", err)
	}
	if _, err := NewWriter(failing{disk}, capture.LinkTypeEthernet, 0, Micro); !errors.Is(err, disk) {
		t.Errorf("pcap writer: %v", err)
	}
	if _, err := NewNGWriter(failing{disk}); !errors.Is(err, disk) {
		t.Errorf("pcapng writer: %v", err)
	}
}

func TestCallersMistakes(t *testing.T) {
	if _, err := NewWriter(io.Discard, capture.LinkTypeEthernet, -1, Micro); err == nil {
		t.Error("snapshot length beyond the limit")
	}
	w, _ := NewNGWriter(io.Discard)
	if err := w.WritePacket(&capture.Packet{}); !errors.Is(err, errNoInterface) {
		t.Errorf("packet without an interface: %v", err)
	}
	w.AddInterface("x", capture.LinkTypeEthernet, 96)
	if err := w.WritePacket(&capture.Packet{Time: time.Date(1950, 1, 1, 0, 0, 0, 0, time.UTC)}); err == nil {
		t.Error("a packet of 1950 was written")
	}
	w.AddInterface("y", capture.LinkTypeEthernet, -1)
	if err := w.WritePacket(&capture.Packet{Time: time.Unix(0, 0)}); err == nil {
		t.Error("a negative snapshot length was taken")
	}
}

// Neither reading nor writing allocates for a packet.
func TestAllocations(t *testing.T) {
	var file bytes.Buffer
	packets := sample()[:1]
	w, _ := NewNGWriter(&file)
	w.AddInterface("ens33", capture.LinkTypeEthernet, 0)
	c, _ := NewWriter(io.Discard, capture.LinkTypeEthernet, 0, Nano)
	file.Grow(1 << 20)
	if n := testing.AllocsPerRun(1000, func() { w.WritePacket(&packets[0]); c.WritePacket(&packets[0]) }); n != 0 {
		t.Errorf("%v allocations to write a packet", n)
	}
	r, err := NewReader(&file)
	if err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(1000, func() {
		if _, err := r.Next(); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations to read a packet", n)
	}
}

func BenchmarkReadClassic(b *testing.B) {
	file := bytes.Repeat(writeClassic(b, Micro)[fileHeaderLen:], 1000)
	head := writeClassic(b, Micro)[:fileHeaderLen]
	b.SetBytes(int64(len(file)) / 4000)
	b.ReportAllocs()
	var r *Reader
	for b.Loop() {
		if r != nil {
			if _, err := r.Next(); err == nil {
				continue
			}
		}
		r, _ = NewReader(io.MultiReader(bytes.NewReader(head), bytes.NewReader(file)))
	}
}

func FuzzReader(f *testing.F) {
	f.Add(writeClassic(f, Nano))
	f.Add(writeNG(f))
	f.Add(classicFile(binary.BigEndian, magicModified, 2, []uint32{5, 6, 60, 70, 9, 9}, 60))
	f.Fuzz(func(t *testing.T, file []byte) {
		r, packets, err := readAll(file)
		if err == nil {
			t.Fatal("a file without an end")
		}
		if r == nil {
			return
		}
		for _, p := range packets {
			if len(p.Data) > len(file) || p.OrigLen < 0 || p.Interface >= len(r.Interfaces()) {
				t.Fatalf("%+v", p)
			}
		}
	})
}
