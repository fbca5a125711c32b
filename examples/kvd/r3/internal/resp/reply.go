package resp

import (
	"bufio"
	"io"
	"strconv"
)

// Reply is what a command answers.
type Reply interface {
	appendTo(b []byte) []byte
}

// The kinds of reply.
type (
	Simple string  // a status, such as OK
	Error  string  // an error: its code, a space, its message
	Int    int64   // an integer
	Bulk   string  // a string of any bytes
	Array  []Reply // an array
	Many   []Reply // replies that follow each other, to commands that answer several times
	null   struct{ text string }
)

// OK is the usual status; Nil is a string that is not there, NilArray an array that is not there.
var (
	OK       Reply = Simple("OK")
	Nil      Reply = null{"$-1\r\n"}
	NilArray Reply = null{"*-1\r\n"}
)

func (r Simple) appendTo(b []byte) []byte { return appendLine(append(b, '+'), string(r)) }
func (r Error) appendTo(b []byte) []byte  { return appendLine(append(b, '-'), string(r)) }
func (r Int) appendTo(b []byte) []byte    { return appendNumber(b, ':', int64(r)) }
func (r null) appendTo(b []byte) []byte   { return append(b, r.text...) }

func (r Bulk) appendTo(b []byte) []byte {
	return appendLine(appendNumber(b, '$', int64(len(r))), string(r))
}

func (r Array) appendTo(b []byte) []byte {
	return Many(r).appendTo(appendNumber(b, '*', int64(len(r))))
}

func (r Many) appendTo(b []byte) []byte {
	for _, e := range r {
		b = e.appendTo(b)
	}
	return b
}

// Strings is an array of bulk strings.
func Strings(ss ...string) Reply {
	a := make(Array, len(ss))
	for i, s := range ss {
		a[i] = Bulk(s)
	}
	return a
}

func appendNumber(b []byte, kind byte, n int64) []byte {
	b = strconv.AppendInt(append(b, kind), n, 10)
	return append(b, "\r\n"...)
}

func appendLine(b []byte, s string) []byte {
	return append(append(b, s...), "\r\n"...)
}

// Writer writes replies to a connection. It is used by one goroutine at a time.
type Writer struct {
	bw  *bufio.Writer
	buf []byte
}

// NewWriter returns a Writer to w.
func NewWriter(w io.Writer) *Writer {
	return &Writer{bw: bufio.NewWriter(w)}
}

// Write buffers a reply.
func (w *Writer) Write(r Reply) error {
	w.buf = r.appendTo(w.buf[:0])
	_, err := w.bw.Write(w.buf)
	return err
}

// Flush sends what is buffered.
func (w *Writer) Flush() error { return w.bw.Flush() }
