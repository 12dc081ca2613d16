package command

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"thinnet/getopt"
)

// curlMaxData is the longest body that curl takes from a file, in bytes.
const curlMaxData = 64 << 20

// errCurlRead is a file that cannot be read.
func errCurlRead() error {
	return fail(curlReadFailed, "curl: (%d) Failed to open/read local data from file/application", curlReadFailed)
}

// curlFile returns what a file holds, or what the input does, which is the file -.
func (e *Env) curlFile(ctx context.Context, name string) ([]byte, error) {
	r := e.stdin(ctx)
	if name != "-" {
		f, err := e.open(name)
		if err != nil {
			return nil, errCurlRead()
		}
		defer f.Close()
		r = f
	}
	b, err := io.ReadAll(io.LimitReader(r, curlMaxData+1))
	if err != nil || len(b) > curlMaxData {
		return nil, errCurlRead()
	}
	return b, nil
}

// curlText returns a text, or what the file behind an @ holds, or nothing with a warning.
func (e *Env) curlText(ctx context.Context, o *curlOptions, s string) string {
	name, isFile := strings.CutPrefix(s, "@")
	if !isFile {
		return s
	}
	b, err := e.curlFile(ctx, name)
	if err != nil && !o.silent {
		e.curlWarn("Failed to open " + name + "!")
	}
	return string(b)
}

// addCurlData adds the data of -d or one of its variants, which @ takes from a file.
func (e *Env) addCurlData(ctx context.Context, o *curlOptions, opt getopt.Option) {
	b := []byte(opt.Value)
	name, isFile := strings.CutPrefix(opt.Value, "@")
	switch {
	case opt.Name == "data-urlencode":
		b = []byte(e.curlEncoded(ctx, o, opt.Value))
	case isFile && opt.Name == "d":
		b, _, _ = bytes.Cut(e.curlDataFile(ctx, o, name), []byte{0}) // as a C string ends
		b = slices.DeleteFunc(b, func(c byte) bool { return c == '\r' || c == '\n' })
	case isFile && opt.Name != "data-raw":
		b = e.curlDataFile(ctx, o, name)
	}
	if n := len(o.data); opt.Name == "json" && n > 0 {
		o.data[n-1] = append(o.data[n-1], b...)
		return
	}
	o.data = append(o.data, b)
}

// curlDataFile returns what a file holds, or nothing with a warning.
func (e *Env) curlDataFile(ctx context.Context, o *curlOptions, name string) []byte {
	b, err := e.curlFile(ctx, name)
	if err != nil && !o.silent {
		e.curlWarn(fmt.Sprintf("Couldn't read data from file \"%s\", this makes an empty POST.", name))
	}
	return b
}

// curlEncoded returns the data of a --data-urlencode: content, =content, name=content,
// @file or name@file, of which the content is encoded.
func (e *Env) curlEncoded(ctx context.Context, o *curlOptions, s string) string {
	name, content := "", s
	if i := strings.IndexAny(s, "=@"); i >= 0 {
		name, content = s[:i], s[i+1:]
		if s[i] == '@' {
			content = string(e.curlDataFile(ctx, o, content))
		}
	}
	content = strings.ReplaceAll(url.QueryEscape(content), "+", "%20")
	if name != "" {
		content = name + "=" + content
	}
	return content
}

// curlQuery returns what --url-query adds: encoded as --data-urlencode does, but with a
// + for a blank and small digits, or as it is behind a +.
func curlQuery(s string) string {
	if plain, ok := strings.CutPrefix(s, "+"); ok {
		return plain
	}
	name, content, ok := strings.Cut(s, "=")
	if !ok {
		name, content = "", s
	}
	content = curlHex.ReplaceAllStringFunc(url.QueryEscape(content), strings.ToLower)
	if name != "" {
		content = name + "=" + content
	}
	return content
}

var curlHex = regexp.MustCompile("%[0-9A-F]{2}")

// curlBody is what a request sends.
type curlBody struct {
	kind    string // the method that goes with it; "": there is none
	bytes   []byte
	typ     string // Content-Type; "": none is told
	unsized bool   // its length is not known when it begins: it is sent in chunks
}

// curlExpect is the longest body of a POST that is sent without asking whether it may
// be, in bytes.
const curlExpect = 1 << 20

// asks reports whether Expect: 100-continue goes with it.
func (b *curlBody) asks() bool {
	return b.unsized || b.kind == "PUT" && len(b.bytes) > 0 || len(b.bytes) > curlExpect
}

// read makes the body from the options and the files that they name.
func (o *curlOptions) read(ctx context.Context, e *Env) (b curlBody, err error) {
	switch {
	case o.form != nil:
		b.kind = "POST"
		b.bytes, b.typ, err = e.curlForm(ctx, o.form)
	case o.upload != "":
		b.kind, b.unsized = "PUT", o.upload == "-" || o.upload == "."
		if b.unsized {
			b.bytes, err = e.curlFile(ctx, "-")
			break
		}
		if b.bytes, err = e.curlFile(ctx, o.upload); err != nil {
			e.errorf("curl: Can't open '%s'!\n%s\n", o.upload, curlTry)
			err = errCurlRead()
		}
	case o.data != nil && !o.get:
		b = curlBody{kind: "POST", bytes: bytes.Join(o.data, []byte("&")), typ: "application/x-www-form-urlencoded"}
	}
	return b, err
}
