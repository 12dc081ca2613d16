package compat

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"math/big"
	mathrand "math/rand/v2"
	"net"
	"testing"
	"time"

	"thinnet"
	"thinnet/socket"
	"thinnet/thinnettest"
)

// lossy runs f in virtual time with two hosts, client and server, between which
// frames travel for 20 ms and one in a hundred is lost.
func lossy(t *testing.T, f func(t *testing.T, client, server *thinnet.Host)) {
	t.Helper()
	thinnettest.Run(t, func(t *testing.T, n *thinnet.Network) {
		client, server := lossyPair(t, n)
		f(t, client, server)
	})
}

// roomy is a dialer and a listener of a host whose connections take 4 MiB before
// Write waits. Libraries that hold a sync.Mutex while they write need it in virtual
// time: who waits for a mutex does not count as waiting in a synctest bubble, so time
// stands still, and with it the network that the mutex's holder waits for.
type roomy struct{ *thinnet.Host }

// DialContext is [thinnet.Host.DialContext] with the large buffer.
func (r roomy) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := r.Host.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return c, c.(*socket.TCPConn).SetWriteBuffer(4 << 20)
}

// listen listens on a TCP address, and gives the large buffer to what is accepted.
func (r roomy) listen(t *testing.T, address string) net.Listener {
	t.Helper()
	return roomyListener{listen(t, r.Host, address)}
}

type roomyListener struct{ net.Listener }

// Accept implements [net.Listener].
func (l roomyListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return c, c.(*socket.TCPConn).SetWriteBuffer(4 << 20)
}

func lossyPair(t *testing.T, n *thinnet.Network) (client, server *thinnet.Host) {
	t.Helper()
	client, server, link := thinnettest.Pair(t, n)
	if err := link.SetDelay(20 * time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if err := link.SetLoss(0.01); err != nil {
		t.Fatal(err)
	}
	return client, server
}

// listen listens on a TCP address of a host.
func listen(t *testing.T, h *thinnet.Host, address string) net.Listener {
	t.Helper()
	l, err := h.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// dial connects to a TCP address from a host.
func dial(t *testing.T, h *thinnet.Host, address string) net.Conn {
	t.Helper()
	c, err := h.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// noise returns n bytes that look like nothing else, the same for the same seed.
func noise(seed byte, n int) []byte {
	b := make([]byte, n)
	mathrand.NewChaCha8([32]byte{seed}).Read(b)
	return b
}

// same fails the test unless got is want, without printing either.
func same(t *testing.T, what string, got, want []byte) {
	t.Helper()
	if bytes.Equal(got, want) {
		return
	}
	i := 0
	for i < len(got) && i < len(want) && got[i] == want[i] {
		i++
	}
	t.Errorf("%s: %d bytes, want %d; they differ from byte %d on", what, len(got), len(want), i)
}

// readAll reads r to its end.
func readAll(t *testing.T, r io.Reader) []byte {
	t.Helper()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Errorf("after %d bytes: %v", len(b), err)
	}
	return b
}

// identity makes a certificate for the host "server", and configurations of a
// server that has it and of a client that trusts it.
func identity(t *testing.T) (server, client *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "server"},
		DNSNames:              []string{"server"},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(time.Hour),
		BasicConstraintsValid: true,
		IsCA:                  true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(cert)
	server = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	return server, &tls.Config{RootCAs: roots, ServerName: "server"}
}
