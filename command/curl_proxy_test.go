package command

import (
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"thinnet"
)

// tunnel is an HTTP proxy that connects to any port of the host.
func tunnel(h *thinnet.Host) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, port, _ := net.SplitHostPort(r.RequestURI)
		to, err := h.Dial("tcp", "127.0.0.1:"+port)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		w.WriteHeader(http.StatusOK)
		client, read, err := http.NewResponseController(w).Hijack()
		if err != nil {
			to.Close()
			return
		}
		go func() {
			io.Copy(to, read)
			to.Close()
		}()
		io.Copy(client, to)
		client.Close()
	}
}

// Pages over TLS, in HTTP/1.1 and 2, come through a proxy that cannot read them, and
// one connection serves for several.
func TestCurlTunnel(t *testing.T) {
	for _, tt := range []struct {
		args      string
		code      int
		out, said string
	}{
		{"https://far.away/a https://far.away/b", 0, "/a over HTTP/2.0 from far.away\n/b over HTTP/2.0 from far.away\n", ""},
		{"--http1.1 https://far.away/a https://far.away/b", 0, "/a over HTTP/1.1 from far.away\n/b over HTTP/1.1 from far.away\n", ""},
		{"https://far.away:1/", 56, "", "curl: (56) CONNECT tunnel failed, response 502\n"},
		{"-w %{http_connect}%{num_connects} https://far.away/a", 0, "/a over HTTP/2.0 from far.away\n2001", ""},
	} {
		onHost(t, func(t *testing.T, h *thinnet.Host) {
			now := time.Now()
			page := func(w http.ResponseWriter, r *http.Request) {
				io.WriteString(w, r.URL.Path+" over "+r.Proto+" from "+r.Host+"\n")
			}
			site := &http.Server{
				Handler:   http.HandlerFunc(page),
				TLSConfig: &tls.Config{Certificates: []tls.Certificate{secret(t, "far.away", now, now.Add(time.Hour))}},
			}
			proxy := &http.Server{Handler: tunnel(h)}
			for s, at := range map[*http.Server]string{site: "127.0.0.1:443", proxy: "127.0.0.1:3128"} {
				l := listen(t, h, at)
				defer s.Close()
				if s == site {
					go s.ServeTLS(l, "", "")
				} else {
					go s.Serve(l)
				}
			}
			var out, errs bytes.Buffer
			args := append([]string{"curl", "-sSk", "-x", "127.0.0.1:3128"}, strings.Fields(tt.args)...)
			if code := Run(t.Context(), &Env{Host: h, Stdout: &out, Stderr: &errs}, args); code != tt.code || out.String() != tt.out || errs.String() != tt.said {
				t.Errorf("%s: exit code %d, %q, %q", tt.args, code, out.String(), errs.String())
			}
		})
	}
}

// A proxy may say anything, or nothing.
func TestCurlHostileProxies(t *testing.T) {
	for _, tt := range []struct {
		answer string
		code   int
	}{
		{"", curlReceiveFailed},
		{"HTTP/1.1 200", curlEmptyReply},
		{"HTTP/1.1 407 Say who\r\nContent-Length: 5\r\n\r\n", curlReceiveFailed},
		{"\x00\x01\x02", curlBadProtocol},
		{"HTTP/1.1 200 OK\r\n" + strings.Repeat("A: b\r\n", 100_000), curlReceiveFailed},
		{"HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", 0}, // sooner than it was asked
	} {
		code, _, stderr := fetch(t, tt.answer, "-p", "-x", "127.0.0.1:80", "http://127.0.0.1/")
		if code != tt.code || (code == 0) != (stderr == "") {
			t.Errorf("%.40q: exit code %d, want %d; %q", tt.answer, code, tt.code, stderr)
		}
	}
	if _, err := parseCurlProxy("http://["); err == nil {
		t.Error("nonsense is a proxy")
	}
	if p, err := parseCurlProxy("me:pw@host"); err != nil || p.host != "host" || p.port != "1080" || p.user != "me:pw" {
		t.Errorf("%+v, %v", p, err)
	}
}
