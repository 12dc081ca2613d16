//go:build !linux

package live

import (
	"errors"

	"thinnet/capture"
	"thinnet/capture/tcpdump"
)

var errNotHere = errors.New("capturing on interfaces of this operating system is not supported: want Linux, or a file (-r)")

// Open returns an error: this is not Linux.
func Open(string, tcpdump.CaptureOptions) (tcpdump.Live, error) { return nil, errNotHere }

// Devices returns an error: this is not Linux.
func Devices() ([]tcpdump.Device, error) { return nil, errNotHere }

// LinkTypes returns an error: this is not Linux.
func LinkTypes(string) ([]capture.LinkType, error) { return nil, errNotHere }
