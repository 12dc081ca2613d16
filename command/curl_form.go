package command

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"hash/fnv"
	"path"
	"strings"

	"thinnet/getopt"
)

// curlPart is a -F: a part of a form (RFC 7578).
type curlPart struct {
	name    string
	content string         // if it has no files
	files   []curlPartFile // more than one make a part of parts
	typ     string         // of the content
}

// curlPartFile is a file of a part.
type curlPartFile struct {
	path, name, typ string
	inline          bool // <: what it holds is the content, and nobody is told its name
}

// addPart takes a -F name=content, where content is a text, @ and files, or < and a
// file, and ;type= and ;filename= may be behind each; or a --form-string, which is a
// text whatever it looks like.
func (o *curlOptions) addPart(opt getopt.Option) error {
	name, content, ok := strings.Cut(opt.Value, "=")
	if !ok {
		return curlBadUse(opt)
	}
	p := curlPart{name: name, content: content}
	first := strings.IndexByte("@<", append([]byte(content), 0)[0])
	switch {
	case opt.Name == "form-string":
	case first < 0:
		p.content, p.typ, _, _ = curlPartWords(content, "")
	default:
		for rest := content[1:]; ; {
			f := curlPartFile{inline: content[0] == '<'}
			f.path, f.typ, f.name, rest = curlPartWords(rest, ",")
			if f.name == "" {
				f.name = path.Base(f.path)
			}
			if p.files = append(p.files, f); rest == "" {
				break
			}
		}
	}
	o.form = append(o.form, p)
	return nil
}

// curlPartWords takes a value apart from the parameters behind it, and from what is
// behind a separator.
func curlPartWords(s, separator string) (value, typ, filename, rest string) {
	value, rest = curlWord(s, ";"+separator)
	for strings.HasPrefix(rest, ";") {
		key, after, _ := strings.Cut(strings.TrimLeft(rest[1:], " "), "=")
		switch strings.ToLower(key) {
		case "type":
			typ, rest = curlWord(after, ";"+separator)
			typ = strings.TrimSpace(typ)
		case "filename":
			filename, rest = curlWord(after, ";"+separator)
		default:
			_, rest = curlWord(rest[1:], ";"+separator) // curl skips it, too
		}
	}
	return value, typ, filename, strings.TrimPrefix(rest, separator)
}

// curlWord returns the beginning of s up to one of the ends, and the rest from there.
// A word may be in double quotes, with backslashes before quotes and backslashes.
func curlWord(s, ends string) (word, rest string) {
	if quoted, ok := strings.CutPrefix(s, `"`); ok {
		var b strings.Builder
		for i := 0; i < len(quoted); i++ {
			c := quoted[i]
			switch {
			case c == '"':
				rest = quoted[i+1:]
				if end := strings.IndexAny(rest, ends); end >= 0 {
					return b.String(), rest[end:]
				}
				return b.String(), ""
			case c == '\\' && i+1 < len(quoted) && strings.IndexByte(`\"`, quoted[i+1]) >= 0:
				i++
				c = quoted[i]
			}
			b.WriteByte(c)
		}
	}
	if end := strings.IndexAny(s, ends); end >= 0 {
		return s[:end], s[end:]
	}
	return s, ""
}

// curlForm returns a form as a body, and its type.
func (e *Env) curlForm(ctx context.Context, form []curlPart) (body []byte, typ string, err error) {
	var parts [][]byte
	for _, p := range form {
		disposition := "Content-Disposition: form-data"
		if p.name != "" {
			disposition += fmt.Sprintf("; name=\"%s\"", curlPartEscaper.Replace(p.name))
		}
		var b []byte
		if len(p.files) > 1 {
			b, err = e.curlMixed(ctx, disposition, p.files)
		} else {
			b, err = e.curlFormPart(ctx, disposition, p)
		}
		if err != nil {
			return nil, "", err
		}
		parts = append(parts, b)
	}
	body, boundary := curlMultipart(parts)
	return body, "multipart/form-data; boundary=" + boundary, nil
}

// curlPartEscaper writes a name in quotes as browsers do.
var curlPartEscaper = strings.NewReplacer(`"`, "%22", "\r", "%0D", "\n", "%0A")

// curlFormPart returns a part with a text or one file.
func (e *Env) curlFormPart(ctx context.Context, disposition string, p curlPart) ([]byte, error) {
	if len(p.files) == 1 {
		return e.curlFilePart(ctx, disposition, p.files[0])
	}
	return curlPartBytes(disposition, p.typ, []byte(p.content)), nil
}

// curlFilePart returns a part with a file.
func (e *Env) curlFilePart(ctx context.Context, disposition string, f curlPartFile) ([]byte, error) {
	b, err := e.curlFile(ctx, f.path)
	if err != nil {
		return nil, err
	}
	if f.inline {
		return curlPartBytes(disposition, f.typ, b), nil
	}
	if f.typ == "" {
		f.typ = cmp.Or(curlTypeOf(f.name), curlTypeOf(f.path), "application/octet-stream")
	}
	return curlPartBytes(fmt.Sprintf("%s; filename=\"%s\"", disposition, curlPartEscaper.Replace(f.name)), f.typ, b), nil
}

// curlMixed returns a part with several files, each a part of it (RFC 2388, section
// 4.2, which RFC 7578 no longer has, but curl does).
func (e *Env) curlMixed(ctx context.Context, disposition string, files []curlPartFile) ([]byte, error) {
	var parts [][]byte
	for _, f := range files {
		b, err := e.curlFilePart(ctx, "Content-Disposition: attachment", f)
		if err != nil {
			return nil, err
		}
		parts = append(parts, b)
	}
	body, boundary := curlMultipart(parts)
	return curlPartBytes(disposition, "multipart/mixed; boundary="+boundary, body), nil
}

func curlPartBytes(disposition, typ string, content []byte) []byte {
	head := disposition + "\r\n"
	if typ != "" {
		head += "Content-Type: " + typ + "\r\n"
	}
	return append([]byte(head+"\r\n"), content...)
}

// curlMultipart joins parts with a boundary that none of them has (RFC 2046, section
// 5.1.1). It is drawn from what they say, so that the same form is the same bytes.
func curlMultipart(parts [][]byte) (body []byte, boundary string) {
	whole := bytes.Join(parts, []byte("\r\n"))
	h := fnv.New64a()
	_, _ = h.Write(whole)
	for boundary == "" || bytes.Contains(whole, []byte(boundary)) {
		_, _ = h.Write([]byte{0})
		boundary = fmt.Sprintf("------------------------%016x", h.Sum64())
	}
	for _, p := range parts {
		body = fmt.Appendf(body, "--%s\r\n%s\r\n", boundary, p)
	}
	return fmt.Appendf(body, "--%s--\r\n", boundary), boundary
}

// curlTypeOf guesses the type of a file as curl does, which knows few, or returns "".
func curlTypeOf(name string) string {
	switch strings.ToLower(path.Ext(name)) {
	case ".gif":
		return "image/gif"
	case ".jpg", ".jpeg":
		return "image/jpeg"
	case ".png":
		return "image/png"
	case ".svg":
		return "image/svg+xml"
	case ".txt":
		return "text/plain"
	case ".htm", ".html":
		return "text/html"
	case ".pdf":
		return "application/pdf"
	case ".xml":
		return "application/xml"
	}
	return ""
}
