package compat

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/ssh"

	"thinnet"
)

// TestSSH runs a command that sends its input back, and forwards a port to a
// service of the server's.
func TestSSH(t *testing.T) {
	lossy(t, func(t *testing.T, client, server *thinnet.Host) {
		_, key, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		signer, err := ssh.NewSignerFromKey(key)
		if err != nil {
			t.Fatal(err)
		}
		l := roomy{server}.listen(t, ":22")
		defer l.Close()
		behind := listen(t, server, ":7777")
		defer behind.Close()
		var serving sync.WaitGroup
		defer serving.Wait()
		serving.Go(func() { serveSSH(t, server, l, signer) })
		serving.Go(func() { // the service that is forwarded to
			c, err := behind.Accept()
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			io.Copy(c, c)
		})

		raw, err := roomy{client}.DialContext(t.Context(), "tcp", "server:22")
		if err != nil {
			t.Fatal(err)
		}
		conn, channels, requests, err := ssh.NewClientConn(raw, "server:22", &ssh.ClientConfig{
			User:            "user",
			Auth:            []ssh.AuthMethod{ssh.Password("password")},
			HostKeyCallback: ssh.FixedHostKey(signer.PublicKey()),
		})
		if err != nil {
			t.Fatal(err)
		}
		c := ssh.NewClient(conn, channels, requests)
		defer c.Close()

		session, err := c.NewSession()
		if err != nil {
			t.Fatal(err)
		}
		in, out := noise(1, 300_000), new(bytes.Buffer)
		session.Stdin, session.Stdout = bytes.NewReader(in), out
		if err := session.Run("cat"); err != nil {
			t.Error(err)
		}
		same(t, "exec", out.Bytes(), in)

		session, err = c.NewSession()
		if err != nil {
			t.Fatal(err)
		}
		var status *ssh.ExitError
		if err := session.Run("exit 3"); !errors.As(err, &status) || status.ExitStatus() != 3 {
			t.Errorf("%v, want exit status 3", err)
		}

		forwarded, err := c.Dial("tcp", "10.0.0.2:7777")
		if err != nil {
			t.Fatal(err)
		}
		serving.Go(func() {
			forwarded.Write(in)
			forwarded.(interface{ CloseWrite() error }).CloseWrite()
		})
		same(t, "port forward", readAll(t, forwarded), in)
		forwarded.Close()
	})
}

// serveSSH serves one connection: "cat" and "exit STATUS", and ports forwarded.
func serveSSH(t *testing.T, h *thinnet.Host, l net.Listener, key ssh.Signer) {
	raw, err := l.Accept()
	if err != nil {
		t.Error(err)
		return
	}
	config := &ssh.ServerConfig{PasswordCallback: func(c ssh.ConnMetadata, password []byte) (*ssh.Permissions, error) {
		if c.User() != "user" || string(password) != "password" {
			return nil, fmt.Errorf("%s with %q, want user with the password", c.User(), password)
		}
		return nil, nil
	}}
	config.AddHostKey(key)
	c, channels, requests, err := ssh.NewServerConn(raw, config)
	if err != nil {
		t.Error(err)
		return
	}
	defer c.Close()
	go ssh.DiscardRequests(requests)
	var wg sync.WaitGroup
	defer wg.Wait()
	for offered := range channels {
		wg.Go(func() {
			switch offered.ChannelType() {
			case "session":
				serveSession(t, offered)
			case "direct-tcpip":
				serveForward(t, h, offered)
			default:
				offered.Reject(ssh.UnknownChannelType, offered.ChannelType())
			}
		})
	}
}

// serveSession runs the one command of a session.
func serveSession(t *testing.T, offered ssh.NewChannel) {
	ch, requests, err := offered.Accept()
	if err != nil {
		t.Error(err)
		return
	}
	defer ch.Close()
	for r := range requests {
		var exec struct{ Command string }
		if r.Type != "exec" || ssh.Unmarshal(r.Payload, &exec) != nil {
			r.Reply(false, nil)
			continue
		}
		r.Reply(true, nil)
		var exit struct{ Status uint32 }
		if status, ok := strings.CutPrefix(exec.Command, "exit "); ok {
			n, err := strconv.ParseUint(status, 10, 32)
			if err != nil {
				t.Error(err)
			}
			exit.Status = uint32(n)
		} else if _, err := io.Copy(ch, ch); err != nil {
			t.Error(err)
		}
		if _, err := ch.SendRequest("exit-status", false, ssh.Marshal(&exit)); err != nil {
			t.Error(err)
		}
		return
	}
}

// serveForward joins a channel with the address that it asks for (RFC 4254,
// section 7.2).
func serveForward(t *testing.T, h *thinnet.Host, offered ssh.NewChannel) {
	var to struct {
		Host       string
		Port       uint32
		Origin     string
		OriginPort uint32
	}
	if err := ssh.Unmarshal(offered.ExtraData(), &to); err != nil {
		t.Error(err)
		return
	}
	c, err := h.Dial("tcp", net.JoinHostPort(to.Host, fmt.Sprint(to.Port)))
	if err != nil {
		t.Error(err)
		offered.Reject(ssh.ConnectionFailed, err.Error())
		return
	}
	defer c.Close()
	ch, requests, err := offered.Accept()
	if err != nil {
		t.Error(err)
		return
	}
	defer ch.Close()
	go ssh.DiscardRequests(requests)
	var wg sync.WaitGroup
	wg.Go(func() {
		io.Copy(c, ch)
		c.(interface{ CloseWrite() error }).CloseWrite()
	})
	if _, err := io.Copy(ch, c); err != nil {
		t.Error(err)
	}
	ch.CloseWrite()
	wg.Wait()
}
