//go:build linux

package packetdrill

import (
	"encoding/binary"
	"math"
	"time"

	"thinnet/transport/tcp"
)

// tcpInfo is Linux's struct tcp_info (uapi/linux/tcp.h).
type tcpInfo struct {
	State, CAState, Retransmits, Probes, Backoff, Options uint8
	Wscale                                                uint8 // of the sender in the low half, of the receiver in the high one
	Flags                                                 uint8

	RTO, ATO                       uint32 // µs
	SndMSS, RcvMSS                 uint32
	Unacked, Sacked, Lost, Retrans uint32
	Fackets                        uint32
	LastDataSent, LastAckSent      uint32 // ms
	LastDataRecv, LastAckRecv      uint32 // ms
	PMTU, RcvSsthresh              uint32
	RTT, RTTVar                    uint32 // µs
	SndSsthresh, SndCwnd           uint32
	AdvMSS, Reordering             uint32
	RcvRTT, RcvSpace               uint32
	TotalRetrans                   uint32
	PacingRate, MaxPacingRate      uint64
	BytesAcked, BytesReceived      uint64
	SegsOut, SegsIn                uint32
	NotSent, MinRTT                uint32
	DataSegsIn, DataSegsOut        uint32
	DeliveryRate                   uint64
	BusyTime, RwndLimited          uint64
	SndbufLimited                  uint64
	Delivered, DeliveredCE         uint32
	BytesSent, BytesRetrans        uint64
	DSACKDups, ReordSeen, RcvOOO   uint32
	SndWnd, RcvWnd, Rehash         uint32
	TotalRTO, TotalRTORecoveries   uint16
	TotalRTOTime                   uint32
}

// linuxStates are Linux's numbers of the states (net/tcp_states.h).
var linuxStates = map[tcp.State]uint8{
	tcp.Established: 1, tcp.SynSent: 2, tcp.SynReceived: 3, tcp.FinWait1: 4, tcp.FinWait2: 5,
	tcp.TimeWait: 6, tcp.Closed: 7, tcp.CloseWait: 8, tcp.LastAck: 9, tcp.Listen: 10, tcp.Closing: 11,
}

// flagAppLimited is tcpi_delivery_rate_app_limited.
const flagAppLimited = 1

// Bits of tcpInfo.Options.
const (
	optTimestamps = 1 << iota
	optSACK
	optWscale
	optECN
	optECNSeen
	optSynData
)

// encode returns the bytes of i as Linux lays them out.
func encodeInfo(i *tcp.Info) []byte {
	micro := func(d time.Duration) uint32 { return uint32(d / time.Microsecond) }
	milli := func(d time.Duration) uint32 { return uint32(d / time.Millisecond) }
	t := tcpInfo{
		State:       linuxStates[i.State],
		CAState:     i.CAState,
		Retransmits: uint8(i.Retransmits),
		Probes:      uint8(i.Probes),
		Backoff:     uint8(i.Backoff),
		Wscale:      i.SndWscale&0xf | i.RcvWscale<<4,
		RTO:         micro(i.RTO), ATO: micro(i.ATO),
		SndMSS: uint32(i.SndMSS), RcvMSS: uint32(i.RcvMSS),
		Unacked: uint32(i.Unacked), Sacked: uint32(i.Sacked), Lost: uint32(i.Lost), Retrans: uint32(i.Retrans),
		LastDataSent: milli(i.LastDataSent), LastDataRecv: milli(i.LastDataReceived), LastAckRecv: milli(i.LastAckReceived),
		RTT: micro(i.RTT), RTTVar: micro(i.RTTVar), MinRTT: micro(i.MinRTT),
		SndSsthresh: uint32(i.SndSsthresh), SndCwnd: uint32(i.SndCwnd),
		AdvMSS: uint32(i.AdvMSS), Reordering: uint32(i.Reordering),
		RcvSpace: uint32(i.RcvSpace), TotalRetrans: uint32(i.TotalRetrans),
		BytesAcked: i.BytesAcked, BytesReceived: i.BytesReceived,
		Delivered: uint32(i.Delivered),
		BytesSent: i.BytesSent, BytesRetrans: i.BytesRetrans,
		SegsOut: uint32(i.SegsOut), SegsIn: uint32(i.SegsIn),
		NotSent:    uint32(i.NotSent),
		PacingRate: uint64(i.PacingRate), MaxPacingRate: math.MaxUint64, DeliveryRate: uint64(i.DeliveryRate),
		RcvRTT: micro(i.RcvRTT), PMTU: uint32(i.PMTU),
		RcvSsthresh: uint32(i.RcvSsthresh), SndWnd: uint32(i.SndWnd), RcvWnd: uint32(i.RcvWnd),
		DataSegsIn: uint32(i.DataSegsIn), DataSegsOut: uint32(i.DataSegsOut),
		BusyTime: uint64(i.BusyTime / time.Microsecond), RwndLimited: uint64(i.RwndLimited / time.Microsecond),
		SndbufLimited: uint64(i.SndbufLimited / time.Microsecond),
		DeliveredCE:   uint32(i.DeliveredCE), DSACKDups: uint32(i.DSACKDups), ReordSeen: uint32(i.ReordSeen),
		RcvOOO: uint32(i.RcvOOOPack), TotalRTO: uint16(i.TotalRTO), TotalRTORecoveries: uint16(i.TotalRTORecoveries),
		TotalRTOTime: milli(i.TotalRTOTime),
	}
	if i.AppLimited {
		t.Flags |= flagAppLimited
	}
	if i.Options.Timestamps {
		t.Options |= optTimestamps
	}
	if i.Options.SACK {
		t.Options |= optSACK
	}
	if i.Options.WindowScale {
		t.Options |= optWscale
	}
	if i.Options.ECN {
		t.Options |= optECN
	}
	if i.Options.ECNSeen {
		t.Options |= optECNSeen
	}
	if i.Options.SynData {
		t.Options |= optSynData
	}
	b, err := binary.Append(nil, binary.NativeEndian, &t)
	if err != nil {
		panic(err) // every field has a size
	}
	return b
}
