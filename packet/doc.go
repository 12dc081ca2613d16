// Package packet holds one frame on its way through a network, and says who
// owns its bytes.
//
//	            Packet (a value, moved from array to array)
//	┌──────────────────────────────────────────────────┬──────┬──────┬──────────┐
//	│ head: 192 bytes inside the packet                │frag 0│frag 1│ offload  │
//	│ ┊ headroom ┊ Eth │ IP │ TCP │ small payload ┊ …  │  │   │  │   │ state    │
//	└──────────────────────────────────────────────────┴──┼───┴──┼───┴──────────┘
//	                                                      ▼      ▼
//	                                     Slab: pooled bytes, counted references
//
// The bytes of a frame are Head(), then the bytes of its fragments. Headers
// always lie in the head, which no other packet shares: whoever holds the packet
// may rewrite them. Fragments refer to slabs, which others may hold as well
// (the sender's retransmission queue, a flooded copy): their bytes are read-only
// from the moment a second reference exists.
//
// A Packet that is not empty owns one reference on the slab of each fragment.
// Handing it on ([Batch.Move], a device's WriteBatch) hands the references on
// with it; whoever ends a packet's journey calls [Packet.Release]. A plain
// assignment p = *q copies the value but not the references, so one of the two
// must then be forgotten; use [Packet.CloneTo] for a second packet.
package packet
