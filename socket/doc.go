// Package socket is net.Conn, net.Listener and net.PacketConn over a host, so that
// programs written for package net run on it unchanged. Its errors are
// [*net.OpError] around the errors that programs test for.
package socket
