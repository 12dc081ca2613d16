package command

import (
	"bytes"
	"crypto/ed25519"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"thinnet"
)

// secret is a certificate of a server, good for its name and between the two times.
func secret(t *testing.T, name string, from, to time.Time) tls.Certificate {
	t.Helper()
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name}, NotBefore: from, NotAfter: to,
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(nil, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// A server is trusted if --cacert knows it, the name is its own and its time has not
// passed; with -k it is anyway.
func TestCurlTrust(t *testing.T) {
	epoch := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) // when a bubble's time begins
	good := secret(t, "a", epoch.Add(-time.Hour), epoch.Add(time.Hour))
	old := secret(t, "a", epoch.Add(-2*time.Hour), epoch.Add(-time.Hour))
	pemOf := func(c tls.Certificate) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[0]}))
	}
	tests := []struct {
		name, authorities, args string
		certificate             tls.Certificate
		code                    int
		said                    string
	}{
		{"unknown", "", "", good, 60, "SSL certificate problem: self-signed certificate"},
		{"known", pemOf(good), "", good, 0, ""},
		{"another is known", pemOf(old), "", good, 60, "SSL certificate problem: "},
		{"expired", pemOf(old), "", old, 60, "SSL certificate problem: certificate has expired"},
		{"no certificate in the file", "nonsense", "", good, 77, "error setting certificate file: ca.pem"},
		{"whatever", "", "-k", old, 0, ""},
		{"another name", pemOf(good), "--resolve other:443:127.0.0.1 https://other/", good, 60,
			"SSL: no alternative certificate subject name matches target host name 'other'"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			files := t.TempDir()
			if err := os.WriteFile(files+"/ca.pem", []byte(tt.authorities), 0o600); err != nil {
				t.Fatal(err)
			}
			onHost(t, func(t *testing.T, h *thinnet.Host) {
				server := &http.Server{
					TLSConfig: &tls.Config{Certificates: []tls.Certificate{tt.certificate}},
					Handler:   http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "page") }),
				}
				defer server.Close()
				go server.ServeTLS(listen(t, h, "127.0.0.1:443"), "", "")
				folder, err := os.OpenRoot(files)
				if err != nil {
					t.Fatal(err)
				}
				defer folder.Close()
				args := []string{"curl", "-sS", "--resolve", "a:443:127.0.0.1"}
				if tt.authorities != "" {
					args = append(args, "--cacert", "ca.pem")
				}
				args = append(args, strings.Fields(tt.args)...)
				if !strings.Contains(tt.args, "https:") {
					args = append(args, "https://a/")
				}
				var out, errs bytes.Buffer
				code := Run(t.Context(), &Env{Host: h, Files: folder, Stdout: &out, Stderr: &errs}, args)
				if code != tt.code || !strings.Contains(errs.String(), tt.said) || (code == 0) != (out.String() == "page") {
					t.Errorf("exit code %d, want %d: %q, %q", code, tt.code, out.String(), errs.String())
				}
			})
		})
	}
}

// What answers is not always HTTP/2, or TLS, though it was asked for.
func TestCurlHostileStreams(t *testing.T) {
	const http2 = "--http2-prior-knowledge http://127.0.0.1/"
	tests := []struct {
		name, answer, args string
		code               int
	}{
		{"HTTP/1.1", "HTTP/1.1 200 OK\r\n\r\n", http2, 16},
		{"nothing", "", http2, 16},
		{"a frame of 2^24 bytes", "\xff\xff\xff\x04\x00\x00\x00\x00\x00", http2, 16},
		{"end of all streams", "\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\x08\x07\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01", http2, 16},
		{"no TLS", "HTTP/1.1 200 OK\r\n\r\n", "-k --resolve b:80:127.0.0.1 https://b:80/", 35},
		{"half a record", "\x16\x03\x03\x40\x00", "-k https://127.0.0.1:80/", 35},
		{"no answer", "", "-k https://127.0.0.1:80/", 35},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if code, _, stderr := fetch(t, tt.answer, strings.Fields(tt.args)...); code != tt.code {
				t.Errorf("exit code %d, want %d: %s", code, tt.code, stderr)
			}
		})
	}
}
