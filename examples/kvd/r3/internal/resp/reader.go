// Package resp reads commands and writes replies in the Redis serialization
// protocol, version 2.
package resp

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Limits on what one command may make the server allocate.
const (
	maxArgs = 1 << 20
	maxBulk = 64 << 20
	maxLine = 64 << 10
)

// ProtocolError is input that is not RESP. The stream cannot be read on after it.
type ProtocolError string

func (e ProtocolError) Error() string { return "Protocol error: " + string(e) }

// Reader reads commands from a connection.
type Reader struct {
	br *bufio.Reader
}

// NewReader returns a Reader of r.
func NewReader(r io.Reader) *Reader {
	return &Reader{br: bufio.NewReaderSize(r, maxLine)}
}

// Buffered is the number of bytes that can be read without waiting for the peer.
func (r *Reader) Buffered() int { return r.br.Buffered() }

// WaitInput returns when there is input to read, or with the reason why there
// will be none. It consumes nothing.
func (r *Reader) WaitInput() error {
	_, err := r.br.Peek(1)
	return err
}

// ReadCommand reads the next command, which is an array of bulk strings or an
// inline line of words. An empty line is a command without words.
func (r *Reader) ReadCommand() ([]string, error) {
	line, err := r.readLine()
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(line, "*") {
		return strings.Fields(line), nil
	}
	n, err := strconv.Atoi(line[1:])
	if err != nil || n > maxArgs {
		return nil, ProtocolError("invalid multibulk length")
	}
	if n <= 0 {
		return nil, nil
	}
	args := make([]string, 0, min(n, 1024))
	for range n {
		arg, err := r.readBulk()
		if err != nil {
			return nil, err
		}
		args = append(args, arg)
	}
	return args, nil
}

func (r *Reader) readBulk() (string, error) {
	line, err := r.readLine()
	if err != nil {
		return "", err
	}
	if !strings.HasPrefix(line, "$") {
		return "", ProtocolError(fmt.Sprintf("expected '$', got %.10q", line))
	}
	n, err := strconv.Atoi(line[1:])
	if err != nil || n < 0 || n > maxBulk {
		return "", ProtocolError("invalid bulk length")
	}
	buf := make([]byte, n+2)
	if _, err := io.ReadFull(r.br, buf); err != nil {
		return "", err
	}
	if buf[n] != '\r' || buf[n+1] != '\n' {
		return "", ProtocolError("bulk string without end")
	}
	return string(buf[:n]), nil
}

// readLine reads up to a newline and returns the line without it.
func (r *Reader) readLine() (string, error) {
	line, err := r.br.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		return "", ProtocolError("too big inline request")
	}
	if err != nil {
		return "", err
	}
	return strings.TrimRight(string(line), "\r\n"), nil
}
