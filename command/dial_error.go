package command

import (
	"errors"
	"net"
)

// dialError returns what package net says of a connection that cannot be had,
// without what libraries have put before it, or err if there is nothing of the kind.
func dialError(err error) error {
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		return op
	}
	return err
}
