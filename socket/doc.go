// Package socket is net.Conn, net.Listener and net.PacketConn over a host, so that
// programs written for package net run on it unchanged. Its errors are
// [*net.OpError] around the errors that programs test for.
//
// [Dialer] and [ListenConfig] have the shape of package net's, and [TCPConn] the
// methods of [net.TCPConn], but for three: there is no descriptor of an operating
// system behind a connection, so there is no SyscallConn and no File, and options are
// set with methods and with the Control functions instead; and MultipathTCP is false
// without being asked.
//
// Close of a connection, a listener or a socket makes every call that waits on it
// return at once with [net.ErrClosed], and so does the end of its host. A call that
// waits for something else, such as [TCPConn.ReadFrom] for its reader, returns when
// that does.
package socket
