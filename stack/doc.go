// Package stack is one host: it owns the lock, the timers and the machines of
// the layers, and moves packets between them and the devices.
//
// There is no resident goroutine. Whoever brings work (a device that delivers, a
// user who writes, a timer that fires) takes the host's lock and does what there is
// to do, which is called to pump:
//
//	lock ─▶ work off the inbox, due timers and connections with something to
//	        send ─▶ is there something to go out by a device that nobody is
//	        writing to? take it ─▶ unlock ─▶ hand it to the device ─▶ lock
//	        ─▶ is there more? ─▶ … ─▶ unlock
//
// The lock is never held across a call to a device or to a user. A device may run
// the host at its other end in the same call, which may write back: what comes
// back is worked off there and then, and what goes out because of it is taken along
// by the one who is writing. Users that wait do so on a sync.Cond of the host's lock.
//
// The inbox has a lock of its own, and who delivers leaves the work to one who
// attends and will look into the inbox before he lets go of the host's lock, or waits:
// who works already or, on a real clock, a user who copies what he reads, or lets
// others run before he waits to read (on a host that moves little: beside those who
// move much it may be long until it is his turn again). So each of two hosts may be
// worked for by a processor of its own.
package stack
