package http

import (
	"errors"
	"io"
	"net/http"
	"time"
)

// takeBody reads a request's body, of which the server makes nothing. A client that
// is too slow with it, or sends too much, is told so: it reports false then.
func takeBody(w http.ResponseWriter, r *http.Request) bool {
	if r.Body == http.NoBody {
		return true
	}
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(bodyTimeout)) // if it fails, so does Read
	_, err := io.Copy(io.Discard, http.MaxBytesReader(w, r.Body, maxBody))
	var long *http.MaxBytesError
	switch {
	case err == nil:
		_ = control.SetReadDeadline(time.Time{})
		return true
	case errors.As(err, &long):
		w.Header().Set("Connection", "close")
		http.Error(w, "the body is longer than 64 MiB", http.StatusRequestEntityTooLarge)
	default:
		w.Header().Set("Connection", "close")
		http.Error(w, "the body has no end, or not in time", http.StatusBadRequest)
	}
	return false
}

// stallWriter gives up a client that does not read its answer.
type stallWriter struct {
	http.ResponseWriter
	control *http.ResponseController
}

// Write writes to the client, for no longer than stallTimeout.
func (w *stallWriter) Write(b []byte) (int, error) {
	_ = w.control.SetWriteDeadline(time.Now().Add(stallTimeout)) // if it fails, so does Write
	return w.ResponseWriter.Write(b)
}

// Unwrap returns what it wraps, for [http.ResponseController].
func (w *stallWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
