// Package udp is UDP (RFC 768) without the network below it: which socket a
// datagram is for, and the bounded queue in which it waits to be read. A
// datagram that finds the queue full is dropped and counted; nothing is sent
// again.
//
// It is pure: its owner calls it under a lock of his own.
package udp
