package thinnettest_test

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"thinnet"
	"thinnet/lab"
	"thinnet/thinnettest"
)

// page asks the lab of handshake.yaml for a page.
func page(t *testing.T, l *lab.Lab, path string) {
	t.Helper()
	tr := &http.Transport{DialContext: l.Network().Host("client").DialContext, DisableKeepAlives: true}
	res, err := (&http.Client{Transport: tr}).Get("http://server" + path)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if _, err := io.ReadAll(res.Body); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Second)
}

const topology = "../examples/handshake.yaml"

func TestGolden(t *testing.T) {
	thinnettest.RunLab(t, topology, func(t *testing.T, l *lab.Lab) {
		page(t, l, "/")
		thinnettest.Golden(t, l.Network(), "page.pcapng", l.Network().Links()...)
	})
}

// Test names that TestGoldenDiffers runs in another process.
func TestOtherPath(t *testing.T) {
	onlyWhenAsked(t)
	thinnettest.RunLab(t, topology, func(t *testing.T, l *lab.Lab) {
		page(t, l, "/x")
		thinnettest.Golden(t, l.Network(), "page.pcapng")
	})
}

func TestOtherLink(t *testing.T) {
	onlyWhenAsked(t)
	thinnettest.RunLab(t, topology, func(t *testing.T, l *lab.Lab) {
		if err := l.Network().Links()[0].SetDelay(time.Second); err != nil {
			t.Fatal(err)
		}
		page(t, l, "/")
		thinnettest.Golden(t, l.Network(), "page.pcapng")
	})
}

func TestNoFile(t *testing.T) {
	onlyWhenAsked(t)
	thinnettest.Run(t, func(t *testing.T, n *thinnet.Network) { thinnettest.Golden(t, n, "missing.pcapng") })
}

func TestGoldenDiffers(t *testing.T) {
	for _, test := range []struct {
		name string
		want []string
	}{
		{"TestOtherPath", []string{"tcp.seq", ", 0s client:ens33 out: "}},
		{"TestOtherLink", []string{"time               2s, want 0s\n", " more differ\n"}},
		{"TestNoFile", []string{"-thinnet.update makes it"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			said, _ := again(t, 1, test.name)
			for _, want := range test.want {
				if !strings.Contains(said, want) {
					t.Errorf("it does not say %q:\n%s", want, said)
				}
			}
		})
	}
}

// What differs in one packet is told by field, and what no field shows by byte.
func TestGoldenFields(t *testing.T) {
	file := filepath.Join("testdata", "page.pcapng")
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	change := func(at, with string) []byte {
		got := strings.Replace(string(want), at, with, 1)
		if got == string(want) {
			t.Fatalf("no %q in %s", at, file)
		}
		return []byte(got)
	}
	diff := func(got []byte) string {
		t.Helper()
		d, err := thinnettest.Compare(got, want)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	if d := diff(want); d != "" {
		t.Errorf("a file differs from itself:\n%s", d)
	}
	if d := diff(change("Three segments open", "Four. segments open")); !strings.Contains(d, `from byte `) || !strings.Contains(d, "Four. segments") {
		t.Errorf("another payload:\n%s", d)
	}
	if d := diff(change("client:ens33", "client:ens34")); !strings.Contains(d, "interface          client:ens34, want client:ens33\n") {
		t.Errorf("another interface:\n%s", d)
	}
	if _, err := thinnettest.Compare([]byte("nonsense"), want); err == nil {
		t.Error("nonsense is compared")
	}
}
