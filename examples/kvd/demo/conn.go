package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"
)

// patience is how long a client waits for the reply to a command that does not block.
const patience = 20 * time.Second

// errNoAnswer is an answer that does not fit the command. The connection lives.
type errNoAnswer struct{ text string }

func (e errNoAnswer) Error() string { return e.text }

// conn is a client's connection.
type conn struct {
	nc net.Conn
	in *bufio.Reader
}

func dial(addr string) (*conn, error) {
	nc, err := net.DialTimeout("tcp", addr, patience)
	if err != nil {
		return nil, err
	}
	return &conn{nc: nc, in: bufio.NewReader(nc)}, nil
}

func (c *conn) close() { c.nc.Close() }

// send sends a command.
func (c *conn) send(args ...string) error {
	b := fmt.Appendf(nil, "*%d\r\n", len(args))
	for _, a := range args {
		b = fmt.Appendf(b, "$%d\r\n%s\r\n", len(a), a)
	}
	_, err := c.nc.Write(b)
	return err
}

// reply is an answer: text of a status, string or error, a number, a list, or nothing.
type reply struct {
	kind byte // + - : $ *
	null bool
	text string
	n    int64
	list []reply
}

// receive waits for a reply. A timeout of 0 is none.
func (c *conn) receive(timeout time.Duration) (reply, error) {
	var deadline time.Time
	if timeout > 0 {
		deadline = time.Now().Add(timeout)
	}
	c.nc.SetReadDeadline(deadline)
	return c.read()
}

func (c *conn) read() (reply, error) {
	line, err := c.in.ReadString('\n')
	if err != nil {
		return reply{}, err
	}
	if len(line) < 3 || line[len(line)-2] != '\r' {
		return reply{}, fmt.Errorf("not a reply: %q", line)
	}
	r := reply{kind: line[0], text: line[1 : len(line)-2]}
	switch r.kind {
	case '+', '-':
		return r, nil
	case ':', '$', '*':
	default:
		return reply{}, fmt.Errorf("not a reply: %q", line)
	}
	if r.n, err = strconv.ParseInt(r.text, 10, 64); err != nil {
		return reply{}, fmt.Errorf("not a reply: %q", line)
	}
	if r.kind != ':' && r.n < 0 {
		r.null = true
		return r, nil
	}
	switch r.kind {
	case '$':
		buf := make([]byte, r.n+2)
		if _, err := io.ReadFull(c.in, buf); err != nil {
			return reply{}, err
		}
		r.text = string(buf[:r.n])
	case '*':
		for range r.n {
			e, err := c.read()
			if err != nil {
				return reply{}, err
			}
			r.list = append(r.list, e)
		}
	}
	return r, nil
}

// do sends a command and waits for the reply.
func (c *conn) do(args ...string) (reply, error) {
	if err := c.send(args...); err != nil {
		return reply{}, err
	}
	return c.receive(patience)
}

// number is the integer that a reply is, as an integer or as a string.
func (r reply) number() (int64, error) {
	switch {
	case r.kind == ':':
		return r.n, nil
	case r.kind == '$' && !r.null:
		if n, err := strconv.ParseInt(r.text, 10, 64); err == nil {
			return n, nil
		}
	}
	return 0, errNoAnswer{fmt.Sprintf("a number was due, not %v", r)}
}

// is reports whether a reply is the status.
func (r reply) is(status string) error {
	if r.kind != '+' || r.text != status {
		return errNoAnswer{fmt.Sprintf("%s was due, not %v", status, r)}
	}
	return nil
}

// numbers are the integers of which a reply is a list.
func (r reply) numbers() ([]int64, error) {
	if r.kind != '*' {
		return nil, errNoAnswer{fmt.Sprintf("a list was due, not %v", r)}
	}
	ns := make([]int64, len(r.list))
	for i, e := range r.list {
		n, err := e.number()
		if err != nil {
			return nil, err
		}
		ns[i] = n
	}
	return ns, nil
}

func (r reply) String() string {
	switch {
	case r.null:
		return "(nil)"
	case r.kind == '*':
		return fmt.Sprint(r.list)
	}
	return fmt.Sprintf("%c%q", r.kind, r.text)
}

// number runs a command that answers with an integer.
func (c *conn) number(args ...string) (int64, error) {
	r, err := c.do(args...)
	if err != nil {
		return 0, err
	}
	return r.number()
}

// status runs a command that answers with a status.
func (c *conn) status(want string, args ...string) error {
	r, err := c.do(args...)
	if err != nil {
		return err
	}
	return r.is(want)
}

// isDrop reports whether err means that a connection is of no use any more.
func isDrop(err error) bool {
	var answer errNoAnswer
	return err != nil && !errors.As(err, &answer)
}
