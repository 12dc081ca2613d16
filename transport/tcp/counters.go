package tcp

// Counters counts what the connections of one host did, under the names of
// Linux's nstat without the prefixes Tcp and TcpExt.
type Counters struct {
	ActiveOpens, PassiveOpens, AttemptFails, EstabResets uint64

	InSegs, OutSegs, RetransSegs, InErrs, OutRsts, InCsumErrors uint64

	ListenOverflows, ListenDrops, EmbryonicRsts      uint64
	SyncookiesSent, SyncookiesRecv, SyncookiesFailed uint64
	TCPReqQFullDoCookies, TCPReqQFullDrop            uint64

	DelayedACKs, DelayedACKLost uint64
	TCPPureAcks                 uint64

	TCPTimeouts, TCPFastRetrans, TCPSackRecovery, TCPRenoRecovery uint64
	TCPSACKReneging, TCPSACKDiscard                               uint64
	TCPSlowStartRetrans, TCPPartialAcks                           uint64
	TCPLossProbes, TCPLossProbeRecovery                           uint64
	TCPFullUndo, TCPSpuriousRTOs, TCPDSACKRecv, TCPDSACKOldSent   uint64
	TCPDSACKOfoSent, IPCEReceived                                 uint64

	TCPOFOQueue, TCPOFODrop, TCPOFOMerge uint64

	TCPChallengeACK, TCPSYNChallenge, TCPACKSkipped uint64
	PAWSEstab, TCPAbortOnData, TCPAbortOnClose      uint64
	TCPAbortOnTimeout                               uint64
	TCPZeroWindowProbes, TCPKeepAlive               uint64
	TCPToZeroWindowAdv, TCPFromZeroWindowAdv        uint64
	TCPTimeWaitRecycled, TW                         uint64
	TCPFastOpenActive, TCPFastOpenActiveFail        uint64
	TCPFastOpenPassive, TCPFastOpenPassiveFail      uint64
	TCPFastOpenListenOverflow, TCPFastOpenBlackhole uint64
	TCPFastOpenCookieReqd                           uint64
	TCPMTUPSuccess, TCPMTUPFail                     uint64
	OutOfWindowIcmps                                uint64
	TCPMemoryPressures, TCPAbortOnMemory            uint64
	PruneCalled, OfoPruned                          uint64
	TCPRcvCollapsed, TCPRcvQDrop, TCPWqueueTooBig   uint64
	TCPTimeWaitOverflow                             uint64
	// BadOptions counts segments with an option of an impossible length.
	BadOptions uint64
	// NoTimestamp counts segments that lacked the timestamp both ends agreed upon.
	NoTimestamp uint64
	// OutOfWindow counts segments with no byte in the window.
	OutOfWindow uint64
}
