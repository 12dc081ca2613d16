package pcapfile

import "fmt"

// Error says what is wrong with a capture file, and where.
type Error struct {
	// Offset is where the record, block or header starts, in bytes from the
	// start of the file.
	Offset int64
	// Msg is what is wrong, in libpcap's words where it has any.
	Msg string
}

// Error returns the message and the offset.
func (e *Error) Error() string { return fmt.Sprintf("%s (at byte %d)", e.Msg, e.Offset) }
