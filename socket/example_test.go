package socket_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"time"

	"thinnet"
	"thinnet/socket"
	"thinnet/transport/tcp"
)

// A Dialer and a ListenConfig with options that must be set before the connection is
// opened.
func ExampleDialer() {
	n := thinnet.New(thinnet.Options{Seed: 1})
	defer n.Close()
	client, _ := n.AddHost("client", thinnet.HostOptions{})
	server, _ := n.AddHost("server", thinnet.HostOptions{})
	c, _ := client.AddInterface("eth0", netip.MustParsePrefix("10.0.0.1/24"))
	s, _ := server.AddInterface("eth0", netip.MustParsePrefix("10.0.0.2/24"))
	if _, err := n.Connect(c, s, thinnet.LinkOptions{}); err != nil {
		fmt.Println(err)
		return
	}
	lc := socket.ListenConfig{Net: server.Sockets(), Backlog: 16, ReusePort: true}
	l, err := lc.Listen(context.Background(), "tcp", ":80")
	if err != nil {
		fmt.Println(err)
		return
	}
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		io.WriteString(conn, "hello")
		conn.Close()
	}()
	d := socket.Dialer{
		Net:       client.Sockets(),
		Timeout:   5 * time.Second,
		LocalAddr: &net.TCPAddr{Port: 5000},
		Control: func(network, address string, set *tcp.Settings) error {
			set.CongestionControl = "reno"
			set.MaxSegment = 500
			return nil
		},
	}
	conn, err := d.Dial("tcp", "server:80")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer conn.Close()
	b, err := io.ReadAll(conn)
	i := conn.(*socket.TCPConn).Info()
	fmt.Printf("%s, %v, from %v by %s with MSS %d\n", b, err, conn.LocalAddr(), i.CongestionName, i.AdvMSS)
	// Output: hello, <nil>, from 10.0.0.1:5000 by reno with MSS 500
}
