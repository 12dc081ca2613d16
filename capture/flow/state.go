package flow

import "thinnet/wire"

// State is the state of one end of a TCP connection (RFC 9293, section 3.3.2).
type State uint8

// States.
const (
	Closed State = iota
	Listen
	SynSent
	SynReceived
	Established
	FinWait1
	FinWait2
	CloseWait
	Closing
	LastAck
	TimeWait
)

var stateNames = [...]string{
	"CLOSED", "LISTEN", "SYN-SENT", "SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2",
	"CLOSE-WAIT", "CLOSING", "LAST-ACK", "TIME-WAIT",
}

// String returns RFC 9293's name, such as SYN-SENT.
func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return "?"
}

// Kind says how a segment follows those that its side sent before.
type Kind uint8

// Kinds.
const (
	InOrder       Kind = iota // it starts where the one before ended, or takes no room
	Retransmitted             // it starts before that
	KeepAlive                 // it repeats the last byte, to hear an acknowledgement
	AfterGap                  // it starts behind that: some bytes were not captured, or come later
)

// States follows the states of a stream's two ends by the segments between them.
// What an end did that no segment tells is not known: whether a segment arrived,
// unless the capture says, or that TIME-WAIT has ended. The zero States is that
// of two ends before their first segment.
type States struct {
	// Ends are the states of A and B.
	Ends [2]State

	started bool
	sides   [2]progress
}

// progress is how far one side has come.
type progress struct {
	started bool
	next    uint32 // behind the last number that was used
}

// Begin makes the states those before the first segment, which is h. Where the
// stream's beginning was not captured, they are what it must have led to.
func (s *States) Begin(h *Headers) {
	if s.started {
		return
	}
	s.started = true
	switch h.TCP.Flags() & (wire.FlagSYN | wire.FlagACK | wire.FlagRST) {
	case wire.FlagSYN:
		s.Ends = [2]State{Closed, Listen}
	case wire.FlagSYN | wire.FlagACK:
		s.Ends = [2]State{SynSent, SynReceived}
	default:
		s.Ends = [2]State{Established, Established}
	}
}

// Step takes a segment, and says how it follows those of its side that arrived.
// lost says that it never did: only its sender's state changes by it then.
func (s *States) Step(h *Headers, from Side, lost bool) Kind {
	s.Begin(h)
	flags := h.TCP.Flags()
	s.sent(flags, from)
	if lost {
		// Its numbers do not count: who captures at the other end is told of it
		// before what was sent earlier, and is still on its way, comes in.
		return InOrder
	}
	kind := s.sides[from].advance(h, flags)
	s.received(h, flags, from.Other(), kind)
	return kind
}

// advance takes what a side sent.
func (p *progress) advance(h *Headers, flags wire.TCPFlags) Kind {
	seq, length := h.TCP.Seq(), uint32(max(h.PayloadLen, 0))
	if flags&wire.FlagSYN != 0 {
		length++
	}
	if flags&wire.FlagFIN != 0 {
		length++
	}
	if flags&wire.FlagRST != 0 {
		return InOrder
	}
	if !p.started {
		p.started, p.next = true, seq
	}
	kind, ahead := InOrder, int32(seq-p.next)
	switch {
	case ahead == -1 && length <= 1 && flags&(wire.FlagSYN|wire.FlagFIN) == 0:
		return KeepAlive
	case ahead > 0:
		kind = AfterGap
	case ahead < 0 && length > 0:
		kind = Retransmitted
	}
	if end := seq + length; int32(end-p.next) >= 0 {
		p.next = end
	}
	return kind
}

// sent is what sending a segment makes of its sender.
func (s *States) sent(flags wire.TCPFlags, from Side) {
	state := &s.Ends[from]
	switch {
	case flags&wire.FlagRST != 0:
		*state = Closed
	case flags&wire.FlagSYN != 0 && (*state == Closed || *state == Listen):
		*state = SynSent
	case flags&wire.FlagFIN == 0:
	case *state == Established || *state == SynReceived:
		*state = FinWait1
	case *state == CloseWait:
		*state = LastAck
	}
}

// received is what a segment makes of who gets it.
func (s *States) received(h *Headers, flags wire.TCPFlags, to Side, kind Kind) {
	state := &s.Ends[to]
	if flags&wire.FlagRST != 0 {
		*state = Closed
		return
	}
	if flags&wire.FlagSYN != 0 && (*state == Listen || *state == SynSent) {
		*state = SynReceived
		if flags&wire.FlagACK != 0 {
			*state = Established
		}
	}
	mine := &s.sides[to]
	if flags&wire.FlagACK != 0 && mine.started && int32(h.TCP.Ack()-mine.next) >= 0 {
		switch *state {
		case SynReceived:
			if flags&wire.FlagSYN == 0 {
				*state = Established
			}
		case FinWait1:
			*state = FinWait2
		case Closing:
			*state = TimeWait
		case LastAck:
			*state = Closed
		}
	}
	if flags&wire.FlagFIN == 0 || kind == AfterGap {
		return
	}
	switch *state {
	case SynReceived, Established:
		*state = CloseWait
	case FinWait1:
		*state = Closing
	case FinWait2:
		*state = TimeWait
	}
}
