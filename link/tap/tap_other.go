//go:build !linux

package tap

import (
	"errors"
	"fmt"
	"runtime"

	"thinnet/link"
)

// Device is a device of the operating system's. There is none here.
type Device struct{ link.Device }

// Open returns an error that wraps [errors.ErrUnsupported].
func Open(cfg Config) (*Device, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	return nil, fmt.Errorf("TAP needs Linux, this is %s: %w", runtime.GOOS, errors.ErrUnsupported)
}

// OpenPacket returns an error that wraps [errors.ErrUnsupported].
func OpenPacket(string) (*Device, error) {
	return nil, fmt.Errorf("a packet socket needs Linux, this is %s: %w", runtime.GOOS, errors.ErrUnsupported)
}

// Name returns the interface's name.
func (d *Device) Name() string { return "" }
