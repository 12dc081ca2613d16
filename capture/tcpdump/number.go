package tcpdump

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// number reads the number of an option, as strtol does in a base (0: as the
// prefix says).
func number(what, text string, low, high int64, base int) (int64, error) {
	v, err := strconv.ParseInt(strings.TrimLeft(text, " \t\n\v\f\r"), base, 64)
	switch {
	case errors.Is(err, strconv.ErrRange), err == nil && (v < low || v > high):
		return 0, fail("invalid %s %s (must be >= %d and <= %d)", what, text, low, high)
	case err != nil:
		return 0, fail("invalid %s \"%s\" (not a valid number)", what, text)
	}
	return v, nil
}

// fileSize reads the argument of -C: millions of bytes, or with a letter
// kibibytes, mebibytes or gibibytes.
func fileSize(text string) (int64, error) {
	digits := strings.TrimRight(text, "kKmMgGabcdefhijlnopqrstuvwxyzABCDEFHIJLNOPQRSTUVWXYZ")
	size, err := number("file size", digits, 1, math.MaxInt64, 10)
	if err != nil {
		return 0, fail("invalid file size \"%s\" (not a valid number)", text)
	}
	unit := int64(1000000)
	switch strings.ToLower(text[len(digits):]) {
	case "":
	case "k":
		unit = 1 << 10
	case "m":
		unit = 1 << 20
	case "g":
		unit = 1 << 30
	default:
		return 0, fail("invalid file size %s (invalid units)", text)
	}
	if size > math.MaxInt64/unit {
		return 0, fail("file size %s is too large", text)
	}
	return size * unit, nil
}
