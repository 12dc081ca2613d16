package tcp

// prr is Proportional Rate Reduction (RFC 9937): during a reduction it lets out
// about as much as was delivered, times the factor of the reduction, so that the
// flight shrinks to the threshold smoothly.
type prr struct {
	delivered int  // prr_delivered: bytes delivered since the reduction began
	out       int  // prr_out: bytes sent since
	flight    int  // RecoverFS: bytes in flight when it began
	force     bool // one segment goes whatever the sums say (RFC 6582)
}

// begin starts a reduction with flight bytes outstanding.
func (p *prr) begin(flight int) { *p = prr{flight: max(flight, 1)} }

// allowance returns how many bytes may be sent now, for an acknowledgement that
// delivered bytes, with pipe on the way. safe says that it acknowledged new data
// and told of no further loss.
func (p *prr) allowance(delivered, pipe, threshold, mss int, safe bool) int {
	p.delivered += delivered
	var n int
	if pipe > threshold {
		// The product of two windows needs 64 bits, also where an int has 32.
		n = int((int64(p.delivered)*int64(threshold)+int64(p.flight)-1)/int64(p.flight)) - p.out
	} else {
		n = max(p.delivered-p.out, delivered)
		if safe {
			n += mss
		}
		n = min(threshold-pipe, n)
	}
	if p.force && n < mss {
		n = mss // the fast retransmit always goes
	}
	p.force = false
	return max(n, 0)
}
