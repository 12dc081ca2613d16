package framing_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"

	"thinnet/framing"
)

// Three messages that arrive stuck together are three messages again.
func ExampleReader() {
	stream := bytes.NewBufferString("\x00\x03one\x00\x03two\x00\x05three")
	r := framing.NewReader(stream, framing.Length{Size: 2})
	for {
		msg, err := r.ReadMessage()
		if err == io.EOF {
			break
		}
		if err != nil {
			fmt.Println(err)
			break
		}
		fmt.Printf("%s\n", msg)
	}
	// Output:
	// one
	// two
	// three
}

// What a hostile peer promises is an error with its place, and takes no memory.
func ExampleError() {
	r := framing.NewReader(bytes.NewBufferString("\x00\x00\x00\x02ok\x7f\xff\xff\xff"), framing.Length{Size: 4})
	msg, _ := r.ReadMessage()
	_, err := r.ReadMessage()
	fmt.Printf("%s\n%v\n%v\n", msg, err, errors.Is(err, framing.ErrTooLong))
	// Output:
	// ok
	// framing: message at byte 6: message too long: 2147483647 bytes, at most 1048576
	// true
}

// Lines over a connection, each with one Write.
func ExampleWriter() {
	a, b := net.Pipe()
	go func() {
		w := framing.NewWriter(a, framing.Delimiter{End: "\r\n"})
		w.WriteMessage([]byte("EHLO thinnet"))
		w.WriteMessage([]byte("QUIT"))
		a.Close()
	}()
	sent, _ := io.ReadAll(b)
	fmt.Printf("%q\n", sent)
	// Output:
	// "EHLO thinnet\r\nQUIT\r\n"
}

// Many small messages share a Write, and so the segments that carry it.
func ExampleWriter_BufferMessage() {
	var sent bytes.Buffer
	w := framing.NewWriter(&sent, framing.Varint{})
	for _, m := range []string{"one", "two", "three"} {
		w.BufferMessage([]byte(m))
	}
	fmt.Println(sent.Len(), "bytes")
	w.Flush()
	fmt.Printf("%q\n", sent.String())
	// Output:
	// 0 bytes
	// "\x03one\x03two\x05three"
}

// A header of four bytes of length and two of type, as PHP's pack("Nn") has it, and
// what unpack gives back.
func ExamplePack() {
	text := "hello"
	msg, _ := framing.Pack("Nna*", 6+len(text), 1, text)
	fmt.Printf("% x\n", msg)
	fields, _ := framing.Unpack("Nlength/ntype/a*text", msg)
	for _, f := range fields {
		fmt.Println(f.Name, f.Value)
	}
	// Output:
	// 00 00 00 0b 00 01 68 65 6c 6c 6f
	// length 11
	// type 1
	// text hello
}
