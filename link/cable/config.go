package cable

import (
	"errors"
	"strconv"
	"time"

	"thinnet/annotate"
	"thinnet/clock"
	"thinnet/link"
	"thinnet/packet"
)

// Direction is a way through a cable.
type Direction uint8

// The two directions.
const (
	AToB Direction = iota
	BToA
)

// String returns the direction in words.
func (d Direction) String() string {
	if d == AToB {
		return "A to B"
	}
	return "B to A"
}

// Limits of an [Impairment].
const (
	// MaxDelay is the longest Delay and Jitter.
	MaxDelay = 24 * time.Hour
	// MaxQueueLimit is the largest QueueLimit, in frames.
	MaxQueueLimit = 1 << 20
	// MaxQueueBytes is the largest QueueBytes.
	MaxQueueBytes = 256 << 20
	// DefaultQueueLimit stands for a QueueLimit of 0, as Linux's netem.
	DefaultQueueLimit = 1000
	// DefaultQueueBytes stands for QueueBytes of 0.
	DefaultQueueBytes = 16 << 20
)

// Impairment is what one direction of a cable does to the frames that it
// carries. The words are those of Linux's tc-netem(8). The zero Impairment is a
// perfect wire.
type Impairment struct {
	// Delay is how long a frame travels, 0 to MaxDelay. Jitter spreads it
	// evenly over Delay-Jitter to Delay+Jitter, not below 0. A frame with a
	// shorter delay does not overtake: it arrives together with the one ahead.
	Delay, Jitter time.Duration
	// Rate is the speed of the transmitter in bits per second, 0 for infinite.
	// A frame's bytes are counted from the link header on, without preamble
	// and check sequence.
	Rate int64
	// Loss, Duplicate and Corrupt are probabilities, 0 to 1. A duplicate is a
	// second frame right behind the first; of a frame both lost and duplicated
	// one arrives. A corrupted frame has one bit turned over, anywhere in it.
	Loss, Duplicate, Corrupt float64
	// Reorder is the probability, 0 to 1, that a frame skips Delay and Jitter
	// and so overtakes those on their way. It needs a Delay.
	Reorder float64
	// QueueLimit and QueueBytes bound what the direction holds, in frames and
	// in bytes: what waits for the transmitter and what is on its way, as
	// netem's limit. A frame beyond is dropped. 0 means DefaultQueueLimit and
	// DefaultQueueBytes.
	QueueLimit, QueueBytes int
}

// Perfect reports whether frames pass as they came and take no time.
func (i Impairment) Perfect() bool {
	i.QueueLimit, i.QueueBytes = 0, 0
	return i == Impairment{}
}

// Check returns an error that names the first value out of its range.
func (i Impairment) Check() error {
	for _, d := range []struct {
		name string
		v    time.Duration
	}{{"delay", i.Delay}, {"jitter", i.Jitter}} {
		if d.v < 0 || d.v > MaxDelay {
			return errors.New(d.name + " " + d.v.String() + ": want 0 to " + MaxDelay.String())
		}
	}
	for _, p := range []struct {
		name string
		v    float64
	}{{"loss", i.Loss}, {"duplicate", i.Duplicate}, {"corrupt", i.Corrupt}, {"reorder", i.Reorder}} {
		if !(p.v >= 0 && p.v <= 1) { // NaN is out of range as well
			return errors.New(p.name + " " + float(p.v) + ": want a probability from 0 to 1")
		}
	}
	if i.Rate < 0 {
		return errors.New("rate " + strconv.FormatInt(i.Rate, 10) + ": want bits per second, or 0 for infinite")
	}
	if i.Reorder > 0 && i.Delay == 0 {
		return errors.New("reorder " + float(i.Reorder) + " without a delay: a frame overtakes only frames that are delayed")
	}
	if i.QueueLimit < 0 || i.QueueLimit > MaxQueueLimit {
		return errors.New("queue limit " + strconv.Itoa(i.QueueLimit) + ": want 1 to " + strconv.Itoa(MaxQueueLimit) +
			" frames, or 0 for " + strconv.Itoa(DefaultQueueLimit))
	}
	if i.QueueBytes < 0 || i.QueueBytes > MaxQueueBytes {
		return errors.New("queue bytes " + strconv.Itoa(i.QueueBytes) + ": want 1 to " + strconv.Itoa(MaxQueueBytes) +
			", or 0 for " + strconv.Itoa(DefaultQueueBytes))
	}
	return nil
}

// float returns x as it is written.
func float(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

// Config says how a cable is made. The zero Config is a perfect cable with
// Ethernet's MTU.
type Config struct {
	// MTU is the longest network packet in bytes, 68 to 65535 (RFC 791); 0
	// means link.DefaultMTU.
	MTU int
	// Impairments are those of the two directions, by Direction.
	Impairments [2]Impairment
	// Strict makes even a perfect cable carry frames as a wire does: no longer
	// than the MTU, with checksums.
	Strict bool
	// Seed determines the fate of every frame, together with the order in which
	// frames are written.
	Seed uint64
	// Sources name the two directions, by Direction, to an ordered clock.
	Sources [2]clock.Source
	// Dropped, if not nil, is shown each frame that is dropped. It is called with
	// the cable's lock held, and neither keeps nor changes p.
	Dropped func(d Direction, p *packet.Packet, why link.DropReason)
}

func (c *Config) check() error {
	if c.MTU == 0 {
		c.MTU = link.DefaultMTU
	}
	if c.MTU < 68 || c.MTU > 65535 {
		return errors.New("cable: MTU " + strconv.Itoa(c.MTU) + ": want 68 to 65535 bytes")
	}
	for d, i := range c.Impairments {
		if err := i.Check(); err != nil {
			return annotate.Error("cable: "+Direction(d).String(), err)
		}
	}
	return nil
}
