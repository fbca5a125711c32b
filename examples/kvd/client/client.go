// Package client is a connection to kvd as its demo and its soak have them: strict about what comes back.
package client

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"
)

// Patience is how long a client waits for the reply to a command that does not block.
const Patience = 20 * time.Second

// NoAnswer is an answer that does not fit the command. The connection lives.
type NoAnswer struct{ Text string }

func (e NoAnswer) Error() string { return e.Text }

// Conn is a client's connection.
type Conn struct {
	nc net.Conn
	in *bufio.Reader
}

// Dial connects.
func Dial(addr string) (*Conn, error) {
	nc, err := net.DialTimeout("tcp", addr, Patience)
	if err != nil {
		return nil, err
	}
	return &Conn{nc: nc, in: bufio.NewReader(nc)}, nil
}

// Close ends the connection.
func (c *Conn) Close() { c.nc.Close() }

// Send sends a command.
func (c *Conn) Send(args ...string) error {
	b := fmt.Appendf(nil, "*%d\r\n", len(args))
	for _, a := range args {
		b = fmt.Appendf(b, "$%d\r\n%s\r\n", len(a), a)
	}
	_, err := c.nc.Write(b)
	return err
}

// Reply is an answer: text of a status, string or error, a number, a list, or nothing.
type Reply struct {
	Kind byte // + - : $ *
	Null bool
	Text string
	N    int64
	List []Reply
}

// Receive waits for a reply. A timeout of 0 is none.
func (c *Conn) Receive(timeout time.Duration) (Reply, error) {
	var deadline time.Time
	if timeout > 0 {
		deadline = time.Now().Add(timeout)
	}
	c.nc.SetReadDeadline(deadline)
	return c.read()
}

func (c *Conn) read() (Reply, error) {
	line, err := c.in.ReadString('\n')
	if err != nil {
		return Reply{}, err
	}
	if len(line) < 3 || line[len(line)-2] != '\r' {
		return Reply{}, fmt.Errorf("not a reply: %q", line)
	}
	r := Reply{Kind: line[0], Text: line[1 : len(line)-2]}
	switch r.Kind {
	case '+', '-':
		return r, nil
	case ':', '$', '*':
	default:
		return Reply{}, fmt.Errorf("not a reply: %q", line)
	}
	if r.N, err = strconv.ParseInt(r.Text, 10, 64); err != nil {
		return Reply{}, fmt.Errorf("not a reply: %q", line)
	}
	if r.Kind != ':' && r.N < 0 {
		r.Null = true
		return r, nil
	}
	switch r.Kind {
	case '$':
		buf := make([]byte, r.N+2)
		if _, err := io.ReadFull(c.in, buf); err != nil {
			return Reply{}, err
		}
		r.Text = string(buf[:r.N])
	case '*':
		for range r.N {
			e, err := c.read()
			if err != nil {
				return Reply{}, err
			}
			r.List = append(r.List, e)
		}
	}
	return r, nil
}

// Do sends a command and waits for the reply.
func (c *Conn) Do(args ...string) (Reply, error) {
	if err := c.Send(args...); err != nil {
		return Reply{}, err
	}
	return c.Receive(Patience)
}

// Number is the integer that a reply is, as an integer or as a string.
func (r Reply) Number() (int64, error) {
	switch {
	case r.Kind == ':':
		return r.N, nil
	case r.Kind == '$' && !r.Null:
		if n, err := strconv.ParseInt(r.Text, 10, 64); err == nil {
			return n, nil
		}
	}
	return 0, NoAnswer{fmt.Sprintf("a number was due, not %v", r)}
}

// Is reports whether a reply is the status.
func (r Reply) Is(status string) error {
	if r.Kind != '+' || r.Text != status {
		return NoAnswer{fmt.Sprintf("%s was due, not %v", status, r)}
	}
	return nil
}

// Numbers are the integers of which a reply is a list.
func (r Reply) Numbers() ([]int64, error) {
	if r.Kind != '*' {
		return nil, NoAnswer{fmt.Sprintf("a list was due, not %v", r)}
	}
	ns := make([]int64, len(r.List))
	for i, e := range r.List {
		n, err := e.Number()
		if err != nil {
			return nil, err
		}
		ns[i] = n
	}
	return ns, nil
}

func (r Reply) String() string {
	switch {
	case r.Null:
		return "(nil)"
	case r.Kind == '*':
		return fmt.Sprint(r.List)
	}
	return fmt.Sprintf("%c%q", r.Kind, r.Text)
}

// Number runs a command that answers with an integer.
func (c *Conn) Number(args ...string) (int64, error) {
	r, err := c.Do(args...)
	if err != nil {
		return 0, err
	}
	return r.Number()
}

// Status runs a command that answers with a status.
func (c *Conn) Status(want string, args ...string) error {
	r, err := c.Do(args...)
	if err != nil {
		return err
	}
	return r.Is(want)
}

// IsDrop reports whether err means that a connection is of no use any more.
func IsDrop(err error) bool {
	var answer NoAnswer
	return err != nil && !errors.As(err, &answer)
}
