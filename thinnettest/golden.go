package thinnettest

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"thinnet"
	"thinnet/capture"
	"thinnet/capture/pcapfile"
	"thinnet/capture/tcpdump"
)

var update = flag.Bool("thinnet.update", false, "Golden writes its files instead of comparing")

// Golden compares what has gone over links so far, all of them if none are given,
// with the pcapng file testdata/NAME: every packet, its time since the first, the
// link and the direction. What differs is an error of the test, field by field.
// With -thinnet.update it writes the file instead.
func Golden(t *testing.T, n *thinnet.Network, name string, links ...*thinnet.Link) {
	t.Helper()
	v, ok := trials.Load(n)
	if !ok {
		t.Fatal("Golden wants a network of Run or RunLab")
	}
	s := v.(*trial)
	if err := s.recording.Flush(); err != nil {
		t.Fatal(err)
	}
	if s.packets.dropped > 0 {
		t.Fatalf("Golden: there were more packets than are kept, %d bytes", maxHistory)
	}
	var names []string
	for _, l := range links {
		a, _ := l.Ends()
		names = append(names, a.String())
	}
	var got bytes.Buffer
	err := s.packets.write(&got, func(i int) bool { return len(links) == 0 || slices.Contains(names, s.packets.names[i]) })
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join("testdata", name)
	if *update {
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o777), os.WriteFile(file, got.Bytes(), 0o666)); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("%v; -thinnet.update makes it", err)
	} else if err != nil {
		t.Fatal(err)
	}
	diff, err := compare(got.Bytes(), want)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	if diff != "" {
		t.Errorf("other packets than in %s (-thinnet.update takes them):\n%s", file, diff)
	}
}

// maxDiffs is how many packets that differ are shown.
const maxDiffs = 5

// compare returns what differs between two captures, "" if nothing does.
func compare(got, want []byte) (string, error) {
	g, err := frames(got)
	if err != nil {
		return "", err
	}
	w, err := frames(want)
	if err != nil {
		return "", err
	}
	var diff strings.Builder
	differ := 0
	for i := range min(len(g), len(w)) {
		d := g[i].compare(&w[i])
		if d == "" {
			continue
		}
		if differ++; differ <= maxDiffs {
			fmt.Fprintf(&diff, "packet %d, %s:\n%s", i+1, g[i].text(), d)
		}
	}
	if differ > maxDiffs {
		fmt.Fprintf(&diff, "and %d packets more differ\n", differ-maxDiffs)
	}
	if len(g) == len(w) {
		return diff.String(), nil
	}
	fmt.Fprintf(&diff, "%d packets, want %d", len(g), len(w))
	if len(g) > len(w) {
		fmt.Fprintf(&diff, "; the first beyond: %s\n", g[len(w)].text())
	} else {
		fmt.Fprintf(&diff, "; the first that is missing: %s\n", w[len(g)].text())
	}
	return diff.String(), nil
}

// frame is a packet and what its headers say.
type frame struct {
	data   []byte
	fields map[string]string // such as tcp.seq
}

// text is tcpdump's line.
func (f *frame) text() string {
	return fmt.Sprintf("%s %s %s: %s", f.fields["time"], f.fields["interface"], f.fields["direction"], f.fields["text"])
}

// frames reads a capture.
func frames(file []byte) ([]frame, error) {
	r, err := pcapfile.NewReader(bytes.NewReader(file))
	if err != nil {
		return nil, err
	}
	var packets []capture.Packet
	for {
		p, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		p.Data = bytes.Clone(p.Data)
		packets = append(packets, p)
	}
	var lines, errs bytes.Buffer
	e := &tcpdump.Env{Stdin: bytes.NewReader(file), Stdout: &lines, Stderr: &errs}
	if code := tcpdump.Run(context.Background(), e, []string{"--json", "-nNeS", "-r", "-"}); code != 0 {
		return nil, errors.New(errs.String())
	}
	d := json.NewDecoder(&lines)
	d.UseNumber()
	list := make([]frame, len(packets))
	for i, p := range packets {
		var object map[string]any
		if err := d.Decode(&object); err != nil {
			return nil, err
		}
		list[i] = frame{p.Data, make(map[string]string)}
		flatten(list[i].fields, "", object)
		list[i].fields["time"] = p.Time.Sub(packets[0].Time).Round(time.Nanosecond).String()
		delete(list[i].fields, "number")
	}
	return list, nil
}

// flatten names each value of an object by its path.
func flatten(to map[string]string, path string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for k, v := range v {
			flatten(to, strings.TrimPrefix(path+"."+k, "."), v)
		}
	default:
		to[path] = fmt.Sprint(v)
	}
}

// compare returns a line for each field that differs, "" if the packets are alike.
func (f *frame) compare(want *frame) string {
	fields := make(map[string]bool)
	for _, m := range []map[string]string{f.fields, want.fields} {
		for k := range m {
			fields[k] = true
		}
	}
	var diff strings.Builder
	for _, k := range slices.Sorted(maps.Keys(fields)) {
		if got, want := f.fields[k], want.fields[k]; got != want && k != "text" {
			fmt.Fprintf(&diff, "\t%-18s %s, want %s\n", k, cmp.Or(got, "none"), cmp.Or(want, "none"))
		}
	}
	if diff.Len() > 0 || bytes.Equal(f.data, want.data) {
		return diff.String()
	}
	// No header says what is different: the payload, or a checksum.
	at := 0
	for at < min(len(f.data), len(want.data)) && f.data[at] == want.data[at] {
		at++
	}
	return fmt.Sprintf("\tfrom byte %d on    %q, want %q\n", at, excerpt(f.data, at), excerpt(want.data, at))
}

// excerpt is some bytes from one on.
func excerpt(b []byte, at int) []byte { return b[at:min(at+32, len(b))] }
