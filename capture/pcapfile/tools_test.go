package pcapfile

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// tool returns the path of a program that people have, and skips without it:
// where the real parts are required, that is a failure.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err == nil {
		return path
	}
	if os.Getenv("THINNET_REQUIRE_KERNEL") == "1" {
		t.Fatalf("%s is required: %v", name, err)
	}
	t.Skipf("%s is not installed: %v", name, err)
	return ""
}

// run returns what a program prints; it must exit with 0, and print nothing that
// sounds like a complaint.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := exec.Command(name, args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	cmd.Env = append(os.Environ(), "TZ=GMT0", "LC_ALL=C")
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, errs.String())
	}
	for _, bad := range []string{"truncated", "WARNING", "damaged", "corrupt"} {
		if strings.Contains(errs.String(), bad) {
			t.Errorf("%s complains: %s", cmd, errs.String())
		}
	}
	return out.String()
}

func files(t *testing.T) map[string]string {
	dir := t.TempDir()
	paths := map[string]string{}
	for name, file := range map[string][]byte{
		"micro.pcap": writeClassic(t, Micro),
		"nano.pcap":  writeClassic(t, Nano),
		"ng.pcapng":  writeNG(t),
	} {
		paths[name] = filepath.Join(dir, name)
		if err := os.WriteFile(paths[name], file, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return paths
}

// The real tcpdump prints every packet of our files, with its time and length.
func TestTcpdumpReadsOurFiles(t *testing.T) {
	tcpdump := tool(t, "tcpdump")
	for name, path := range files(t) {
		got := run(t, tcpdump, "-r", path, "-tt", "--nano", "-n", "-e", "-q")
		frac := "123456789"
		if name == "micro.pcap" {
			frac = "123456000"
		}
		for _, want := range []string{
			"1772600767." + frac + " 02:00:00:00:00:01 > 02:00:00:00:00:02, Unknown Ethertype (0x88b5), length 60: ",
			"1772600768." + frac + " ", "length 1500: ",
			"1772600769." + frac + " ", "length 1514: ",
			"1772604367." + frac + " ", "length 62: ",
		} {
			if !strings.Contains(got, want) {
				t.Errorf("%s: tcpdump does not print %q but\n%s", name, want, got)
			}
		}
	}
}

// Wireshark sees the interfaces, the directions and the comments.
func TestWiresharkReadsOurFiles(t *testing.T) {
	tshark := tool(t, "tshark")
	paths := files(t)
	for name, path := range paths {
		if got := run(t, tshark, "-r", path, "-T", "fields", "-e", "frame.len", "-e", "frame.cap_len"); got != "60\t60\n1500\t61\n1514\t1514\n62\t62\n" {
			t.Errorf("%s: tshark prints\n%s", name, got)
		}
	}
	got := run(t, tshark, "-r", paths["ng.pcapng"], "-T", "fields",
		"-e", "frame.interface_name", "-e", "frame.packet_flags_direction", "-e", "frame.comment")
	if want := "ens33\t\t\nens33\t0x00000001\tdropped: firewall FORWARD rule 3\nuplink\t0x00000002\t\nuplink\t\té\n"; got != want {
		t.Errorf("tshark prints\n%s\nwant\n%s", got, want)
	}
}

// The real tcpdump complains about a cut file in the same words.
func TestTcpdumpComplainsAlike(t *testing.T) {
	tcpdump := tool(t, "tcpdump")
	for name, file := range map[string][]byte{"pcap": writeClassic(t, Micro), "pcapng": writeNG(t)} {
		for _, cut := range []int{10, 20, 30, 101, len(file) - 30, len(file) - 1} {
			path := filepath.Join(t.TempDir(), "cut")
			if err := os.WriteFile(path, file[:cut], 0o644); err != nil {
				t.Fatal(err)
			}
			var e *Error
			if _, _, err := readAll(file[:cut]); !errors.As(err, &e) {
				t.Errorf("%s cut at %d: %v", name, cut, err)
				continue
			}
			said, err := exec.Command(tcpdump, "-n", "-r", path).CombinedOutput()
			if err == nil || !strings.Contains(string(said), e.Msg) {
				t.Errorf("%s cut at %d: we say %q, tcpdump\n%s", name, cut, e.Msg, said)
			}
		}
	}
}
