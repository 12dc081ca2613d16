package packet

import "sync/atomic"

// Doorbell is between one who hands over batches and the one who is handed them. While the
// receiver works on what came before, and will look for more himself, the sender need not
// ring for every packet: he keeps some, until they are worth it, and not for long. The
// receiver has them sent when he runs out of work. It is what virtio calls notification
// suppression (Virtual I/O Device 1.2, section 2.7.7).
type Doorbell struct {
	muted atomic.Uint64
	flush func()
}

// NewDoorbell returns a sender's doorbell. flush sends what he keeps; receivers call it,
// without locks that sending takes.
func NewDoorbell(flush func()) *Doorbell { return &Doorbell{flush: flush} }

// Mute says that the receiver will look for the packets of a flow himself, for which both
// have the same number; 0 says that he will not, and what is kept by then needs a Flush.
func (d *Doorbell) Mute(flow uint64) { d.muted.Store(flow) }

// Muted reports whether the receiver said so of a flow.
func (d *Doorbell) Muted(flow uint64) bool { return flow != 0 && d.muted.Load() == flow }

// Flush sends what is kept.
func (d *Doorbell) Flush() { d.flush() }
