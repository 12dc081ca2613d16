package command

import (
	"bufio"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
	"net/http"
	"strings"
)

// curlCodings are the content codings of --compressed, as they are asked for.
const curlCodings = "deflate, gzip"

// codingError is a body that is not coded as its head says, in zlib's words.
type codingError struct{ error }

// decoded returns the body of a response as it was before its Content-Encoding, if
// --compressed asks for that.
func (c *curler) decoded(r *http.Response, body io.Reader, moving bool) (io.Reader, *curlError) {
	coding := strings.ToLower(r.Header.Get("Content-Encoding"))
	if !c.compressed || moving || c.head || coding == "" || coding == "identity" {
		return body, nil
	}
	switch coding {
	case "gzip", "x-gzip", "deflate":
		return &decoder{coding: coding, body: bufio.NewReader(body)}, nil
	}
	return nil, &curlError{code: curlBadEncoding, message: "Unrecognized content encoding type. libcurl understands " + curlCodings + " content encodings."}
}

// decoder decodes a body, whose beginning it looks at when it is read.
type decoder struct {
	coding string
	body   *bufio.Reader
	r      io.Reader
}

// Read reads what was coded. An empty body is none that is wrong.
func (d *decoder) Read(p []byte) (int, error) {
	if d.r == nil {
		if _, err := d.body.Peek(1); err != nil {
			return 0, err
		}
		r, err := d.open()
		if err != nil {
			return 0, codingError{errors.New("incorrect header check")}
		}
		d.r = r
	}
	n, err := d.r.Read(p)
	var corrupt flate.CorruptInputError
	switch {
	case errors.As(err, &corrupt):
		err = codingError{errors.New("invalid block type")}
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, zlib.ErrChecksum):
		err = codingError{errors.New("incorrect data check")}
	}
	return n, err
}

// open reads the head of what is coded. Some servers mean bare flate by deflate, and
// not zlib (RFC 9110, section 8.4.1.2).
func (d *decoder) open() (io.Reader, error) {
	if d.coding != "deflate" {
		return gzip.NewReader(d.body)
	}
	if b, err := d.body.Peek(2); err == nil && b[0]&0x0f == 8 && (int(b[0])<<8|int(b[1]))%31 == 0 {
		return zlib.NewReader(d.body)
	}
	return flate.NewReader(d.body), nil
}
