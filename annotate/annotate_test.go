package annotate_test

import (
	"errors"
	"io"
	"testing"

	"thinnet/annotate"
)

func TestError(t *testing.T) {
	err := annotate.Error("host a", annotate.Error("route 10.0.0.0/8", io.ErrUnexpectedEOF))
	if got, want := err.Error(), "host a: route 10.0.0.0/8: unexpected EOF"; got != want {
		t.Errorf("it says %q, want %q", got, want)
	}
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error("the error that it is about is not found in it")
	}
}
