package compat

import (
	"crypto/tls"
	"io"
	"testing"

	"thinnet"
)

// TestTLS sends as much both ways as does not fit into the buffers of the two
// hosts, with each version, and ends each way with close_notify.
func TestTLS(t *testing.T) {
	for name, version := range map[string]uint16{"1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13} {
		t.Run(name, func(t *testing.T) {
			lossy(t, func(t *testing.T, client, server *thinnet.Host) {
				of, trust := identity(t)
				of.MinVersion, of.MaxVersion = version, version
				l := tls.NewListener(listen(t, server, ":443"), of)
				defer l.Close()
				up, down := noise(1, 1<<20), noise(2, 1<<20)

				served := make(chan struct{})
				go func() {
					defer close(served)
					c, err := l.Accept()
					if err != nil {
						t.Error(err)
						return
					}
					defer c.Close()
					sendAndReceive(t, "up", c.(*tls.Conn), down, up)
				}()
				c := tls.Client(dial(t, client, "server:443"), trust)
				defer c.Close()
				sendAndReceive(t, "down", c, up, down)
				if got := c.ConnectionState().Version; got != version {
					t.Errorf("%s was agreed upon, want %s", tls.VersionName(got), tls.VersionName(version))
				}
				<-served
			})
		})
	}
}

// sendAndReceive writes all of out while it reads to the end, and holds what it
// read against in. The handshake comes first: crypto/tls has whoever else needs it
// wait for a sync.Mutex, which stops virtual time.
func sendAndReceive(t *testing.T, what string, c *tls.Conn, out, in []byte) {
	if err := c.Handshake(); err != nil {
		t.Error(err)
		return
	}
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		if _, err := c.Write(out); err != nil {
			t.Error(err)
		}
		if err := c.CloseWrite(); err != nil {
			t.Error(err)
		}
	}()
	same(t, what, readAll(t, c), in)
	<-sent
}

// TestTLSGarbage holds that a server which is sent garbage instead of a handshake,
// or a handshake that breaks off, says so and serves the next client.
func TestTLSGarbage(t *testing.T) {
	record := func(b ...byte) []byte { return b }
	for name, garbage := range map[string][]byte{
		"noise":                 noise(3, 4096),
		"another protocol":      []byte("GET / HTTP/1.1\r\nHost: server\r\n\r\n"),
		"nothing":               nil,
		"half a header":         record(22, 3, 1),
		"a record too long":     append(record(22, 3, 1, 0xff, 0xff), noise(4, 1<<16)...),
		"an empty record":       record(22, 3, 1, 0, 0),
		"an endless message":    append(record(22, 3, 1, 0x40, 0, 1, 0xff, 0xff, 0xff), noise(5, 1<<14)...),
		"an alert":              record(21, 3, 3, 0, 2, 2, 40),
		"data before handshake": record(23, 3, 3, 0, 1, 0),
	} {
		t.Run(name, func(t *testing.T) {
			lossy(t, func(t *testing.T, client, server *thinnet.Host) {
				of, trust := identity(t)
				l := tls.NewListener(listen(t, server, ":443"), of)
				defer l.Close()
				want := noise(6, 10_000)
				served := make(chan error, 2)
				go func() {
					for range 2 {
						c, err := l.Accept()
						if err != nil {
							served <- err
							return
						}
						_, err = c.Write(want)
						c.Close()
						served <- err
					}
				}()

				bad := dial(t, client, "server:443")
				bad.Write(garbage) // the server may have hung up before it has all
				if err := bad.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
					t.Log(err)
				}
				if err := <-served; err == nil {
					t.Error("the server took garbage for a handshake")
				}
				if b, _ := io.ReadAll(bad); len(b) > 7 {
					t.Errorf("%x: the server answers garbage with more than an alert", b)
				}
				bad.Close()

				good := tls.Client(dial(t, client, "server:443"), trust)
				defer good.Close()
				same(t, "the next client", readAll(t, good), want)
				if err := <-served; err != nil {
					t.Error(err)
				}
			})
		})
	}
}
