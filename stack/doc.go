// Package stack is one host: it owns the lock, the timers and the machines of
// the layers, and moves packets between them and the devices.
//
// There is no resident goroutine. Whoever brings work (a device that delivers, a
// user who writes, a timer that fires) takes the host's lock and, unless somebody
// is at it already, becomes the loop:
//
//	lock ─▶ work off the inbox, due timers and connections with something to
//	        send ─▶ take what is to go out ─▶ unlock ─▶ hand it to the devices
//	        ─▶ lock ─▶ again, until nothing is left ─▶ unlock
//
// The lock is never held across a call to a device or to a user. A device may run
// the host at its other end in the same call, which may write back: what comes
// back finds the loop running, is put into the inbox, and is worked off when the
// loop comes round. Users that wait do so on a sync.Cond of the host's lock.
//
// On a real clock, who delivers leaves the work also to a user who attends: one who
// copies what he reads or writes, or lets others run before he waits to read, and will
// become the loop when he is done. So each of two hosts may be worked for by a
// processor of its own, and who delivers does not wait for the host's lock: the inbox
// has its own.
package stack
