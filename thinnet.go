// Package thinnet is a whole TCP/IP network inside a program: hosts, switches
// and routers that speak real packets, without root.
//
//	n := thinnet.New(thinnet.Options{Seed: 1})
//	defer n.Close()
//	client, _ := n.AddHost("client", thinnet.HostOptions{})
//	server, _ := n.AddHost("server", thinnet.HostOptions{})
//	c, _ := client.AddInterface("eth0", netip.MustParsePrefix("10.0.0.1/24"))
//	s, _ := server.AddInterface("eth0", netip.MustParsePrefix("10.0.0.2/24"))
//	n.Connect(c, s, thinnet.LinkOptions{})
//	l, _ := server.Listen("tcp", ":80")
//	go http.Serve(l, handler)
//
// The sockets are net.Conn, net.Listener and net.PacketConn, so programs run on
// them unchanged. Inside a testing/synctest bubble the network lives in virtual
// time; see [Options.Settle].
package thinnet
