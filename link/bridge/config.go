package bridge

import (
	"errors"
	"strconv"
	"time"

	"thinnet/clock"
)

// Defaults of a [Config].
const (
	DefaultTableSize  = 1024
	DefaultAging      = 300 * time.Second // IEEE 802.1Q-2018, table 8-6
	DefaultQueueLimit = 4096
	DefaultStormLimit = 100_000
	DefaultRate       = 2_000_000
)

// Config says how a bridge is made. Each zero stands for the default.
type Config struct {
	// TableSize is how many addresses the bridge knows at most.
	TableSize int
	// Aging is how long it knows an address that sends nothing.
	Aging time.Duration
	// QueueLimit is how many frames wait for the bridge at most.
	QueueLimit int
	// StormLimit is how many frames are flooded per second at most, counted
	// over tenths of a second. More are dropped.
	StormLimit int
	// Rate is how many frames are forwarded per second at most, counted over
	// tenths of a second. More wait.
	Rate int
	// Source names the bridge to an ordered clock.
	Source clock.Source
}

func (c *Config) check() error {
	for _, f := range []struct {
		name string
		v    *int
		def  int
	}{
		{"table size", &c.TableSize, DefaultTableSize},
		{"queue limit", &c.QueueLimit, DefaultQueueLimit},
		{"storm limit", &c.StormLimit, DefaultStormLimit},
		{"rate", &c.Rate, DefaultRate},
	} {
		if *f.v < 0 {
			return errors.New("bridge: " + f.name + " " + strconv.Itoa(*f.v) + ": want a positive number, or 0 for " + strconv.Itoa(f.def))
		}
		if *f.v == 0 {
			*f.v = f.def
		}
	}
	if c.Aging < 0 {
		return errors.New("bridge: aging " + c.Aging.String() + ": want a positive time, or 0 for " + DefaultAging.String())
	}
	if c.Aging == 0 {
		c.Aging = DefaultAging
	}
	return nil
}
