package command

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"time"
)

// iperfState is a byte on the control connection: what both ends do next. The
// numbers are those of iperf3's iperf_api.h.
type iperfState int8

const (
	iperfTestStart       iperfState = 1
	iperfTestRunning     iperfState = 2
	iperfTestEnd         iperfState = 4
	iperfParamExchange   iperfState = 9
	iperfCreateStreams   iperfState = 10
	iperfServerTerminate iperfState = 11
	iperfClientTerminate iperfState = 12
	iperfExchangeResults iperfState = 13
	iperfDisplayResults  iperfState = 14
	iperfDone            iperfState = 16
	iperfAccessDenied    iperfState = -1
	iperfServerError     iperfState = -2
)

// iperfCookieSize is the size of what names a test, in bytes, its 0 included.
const iperfCookieSize = 37

type iperfCookie [iperfCookieSize]byte

// Bounds on a peer, who is anybody.
const (
	iperfMaxJSON    = 64 << 10         // bytes of parameters or results
	iperfPatience   = 30 * time.Second // for an answer on the control connection
	iperfMaxStreams = 128
	iperfMaxBlock   = 1 << 20 // bytes
	iperfMaxBlocks  = 1 << 40
	iperfMaxTime    = 86400 // seconds
	iperfMaxMSS     = 9216
	iperfMaxWindow  = 512 << 20
)

// iperfParams are what a client wants of a test, as iperf3 sends it.
type iperfParams struct {
	TCP        bool   `json:"tcp,omitempty"`
	UDP        bool   `json:"udp,omitempty"`
	Omit       int    `json:"omit"`
	Time       int    `json:"time"` // seconds; 0: no end but Num
	Num        int64  `json:"num"`  // bytes; 0: no end but Time
	Blocks     int64  `json:"blockcount"`
	MSS        int    `json:"MSS,omitempty"`
	NoDelay    bool   `json:"nodelay,omitempty"`
	Parallel   int    `json:"parallel"`
	Reverse    bool   `json:"reverse,omitempty"`
	Bidir      bool   `json:"bidirectional,omitempty"`
	Window     int    `json:"window,omitempty"` // bytes
	Len        int    `json:"len"`              // bytes of a block or datagram
	Bandwidth  int64  `json:"bandwidth,omitempty"`
	Congestion string `json:"congestion,omitempty"`
	Version    string `json:"client_version"`
}

// check says what is out of range, in iperf3's words.
func (p *iperfParams) check() error {
	smallest := 1
	if p.UDP {
		smallest = iperfUDPHeader
	}
	switch {
	case p.Time < 0 || p.Time > iperfMaxTime:
		return fmt.Errorf("test duration too long (maximum = %d seconds)", iperfMaxTime)
	case p.Parallel < 1 || p.Parallel > iperfMaxStreams:
		return fmt.Errorf("number of parallel streams too large (maximum = %d)", iperfMaxStreams)
	case p.UDP && p.Len != 0 && (p.Len < smallest || p.Len > 65507):
		return fmt.Errorf("block size invalid (minimum = %d bytes, maximum = 65507 bytes)", smallest)
	case p.Len < 0 || p.Len > iperfMaxBlock:
		return fmt.Errorf("block size too large (maximum = %d bytes)", iperfMaxBlock)
	case p.MSS != 0 && (p.MSS < 88 || p.MSS > iperfMaxMSS):
		return fmt.Errorf("TCP MSS too large (maximum = %d bytes)", iperfMaxMSS)
	case p.Window < 0 || p.Window > iperfMaxWindow:
		return fmt.Errorf("socket buffer size too large (maximum = %d bytes)", iperfMaxWindow)
	case p.Num < 0 || p.Blocks < 0 || p.Bandwidth < 0:
		return fmt.Errorf("a number is negative")
	case p.Blocks > iperfMaxBlocks:
		return fmt.Errorf("too many blocks (maximum = %d)", int64(iperfMaxBlocks))
	case p.Bidir && p.Reverse:
		return fmt.Errorf("cannot be both reverse and bidirectional")
	case p.Omit != 0:
		return fmt.Errorf("what this end does not know: --omit")
	}
	return nil
}

// iperfResults are what one end has counted.
type iperfResults struct {
	CPUTotal       float64             `json:"cpu_util_total"`
	CPUUser        float64             `json:"cpu_util_user"`
	CPUSystem      float64             `json:"cpu_util_system"`
	HasRetransmits float64             `json:"sender_has_retransmits"` // 1: it does; -1: it receives
	Congestion     string              `json:"congestion_used,omitempty"`
	Streams        []iperfStreamResult `json:"streams"`
}

// iperfStreamResult is what one end has counted of a stream. The numbers are
// JSON's: iperf3 sends -1 as 18446744073709551615.
type iperfStreamResult struct {
	ID          int     `json:"id"`
	Bytes       float64 `json:"bytes"`
	Retransmits float64 `json:"retransmits"`
	Jitter      float64 `json:"jitter"` // seconds
	Errors      float64 `json:"errors"`
	Packets     float64 `json:"packets"`
	Start       float64 `json:"start_time"`
	End         float64 `json:"end_time"` // seconds
}

// iperfControl is the connection that a test is steered by.
type iperfControl struct{ net.Conn }

func (c iperfControl) send(s iperfState) error {
	_, err := c.Write([]byte{byte(s)})
	return err
}

// state waits for what the peer does next, for good if patience is 0.
func (c iperfControl) state(patience time.Duration) (iperfState, error) {
	c.wait(patience)
	var b [1]byte
	_, err := io.ReadFull(c, b[:])
	return iperfState(b[0]), err
}

// wait bounds how long what is read next may take.
func (c iperfControl) wait(patience time.Duration) {
	deadline := time.Time{}
	if patience > 0 {
		deadline = time.Now().Add(patience)
	}
	_ = c.SetReadDeadline(deadline) // if it fails, so does Read
}

// sendJSON sends v behind its length.
func (c iperfControl) sendJSON(v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = c.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(text))), text...))
	return err
}

func (c iperfControl) readJSON(v any) error {
	c.wait(iperfPatience)
	var size [4]byte
	if _, err := io.ReadFull(c, size[:]); err != nil {
		return err
	}
	n := binary.BigEndian.Uint32(size[:])
	if n > iperfMaxJSON {
		return fmt.Errorf("%d bytes of JSON; at most %d are read", n, iperfMaxJSON)
	}
	text := make([]byte, n)
	if _, err := io.ReadFull(c, text); err != nil {
		return err
	}
	return json.Unmarshal(text, v)
}
