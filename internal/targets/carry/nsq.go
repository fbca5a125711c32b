package main

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// Kinds of frames that nsqd sends.
const (
	nsqResponse = 0
	nsqError    = 1
	nsqMessage  = 2
)

// An nsq speaks the protocol V2 of nsqd over one connection.
type nsq struct {
	c net.Conn
	r *bufio.Reader
}

// A frame is what the server has sent at once.
type frame struct {
	kind     uint32
	text     string // of a message the body
	id       string // of a message
	attempts uint16
}

func (f frame) String() string {
	switch f.kind {
	case nsqMessage:
		return fmt.Sprintf("message %q, attempt %d", f.text, f.attempts)
	case nsqError:
		return "error " + f.text
	}
	return f.text
}

// dialNSQ connects.
func dialNSQ(addr, name string) (*nsq, error) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	n := &nsq{c: c, r: bufio.NewReader(c)}
	text := fmt.Sprintf(`{"client_id":%q,"hostname":"here","heartbeat_interval":30000,"output_buffer_timeout":25}`, name)
	if err := n.send("  V2" + nsqBody("IDENTIFY", text)); err != nil {
		return nil, err
	}
	return n, n.ok()
}

// close ends the connection, if there is one.
func (n *nsq) close() {
	if n != nil {
		n.c.Close()
	}
}

func (n *nsq) send(text string) error {
	n.c.SetDeadline(time.Now().Add(patience))
	_, err := io.WriteString(n.c, text)
	return err
}

func nsqSize(n int) string { return string(binary.BigEndian.AppendUint32(nil, uint32(n))) }

// nsqBody is a command with a body.
func nsqBody(command, body string) string { return command + "\n" + nsqSize(len(body)) + body }

// nsqMany is a command with several bodies.
func nsqMany(command string, bodies []string) string {
	text := nsqSize(len(bodies))
	for _, b := range bodies {
		text += nsqSize(len(b)) + b
	}
	return nsqBody(command, text)
}

// receive reads the next frame, and answers those that ask whether somebody is there.
func (n *nsq) receive() (frame, error) {
	for {
		f, err := n.frame()
		if err != nil || f.kind != nsqResponse || f.text != "_heartbeat_" {
			return f, err
		}
		if err := n.send("NOP\n"); err != nil {
			return f, err
		}
	}
}

func (n *nsq) frame() (f frame, err error) {
	n.c.SetDeadline(time.Now().Add(patience))
	var head [8]byte
	if _, err := io.ReadFull(n.r, head[:]); err != nil {
		return f, err
	}
	size := binary.BigEndian.Uint32(head[:])
	if f.kind = binary.BigEndian.Uint32(head[4:]); size < 4 || size > 1<<24 {
		return f, fmt.Errorf("a frame of %d bytes", size)
	}
	body := make([]byte, size-4)
	if _, err := io.ReadFull(n.r, body); err != nil {
		return f, err
	}
	f.text = string(body)
	if f.kind == nsqMessage {
		const head = 8 + 2 + 16 // time, attempts, id
		if len(body) < head {
			return f, fmt.Errorf("a message of %d bytes", len(body))
		}
		f.attempts, f.id, f.text = binary.BigEndian.Uint16(body[8:]), string(body[10:head]), string(body[head:])
	}
	return f, nil
}

// ok waits for the answer OK.
func (n *nsq) ok() error {
	f, err := n.receive()
	if err == nil && (f.kind != nsqResponse || f.text != "OK") {
		err = wrongf("%v instead of OK", f)
	}
	return err
}

// do sends commands, and waits for the answer OK to each.
func (n *nsq) do(commands ...string) error {
	for _, c := range commands {
		if err := n.send(c); err != nil {
			return err
		}
		if err := n.ok(); err != nil {
			name, _, _ := strings.Cut(c, "\n")
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// subscribe listens to a channel of a topic, with so many messages at a time.
func (n *nsq) subscribe(topic, channel string, at int) error {
	if err := n.do(fmt.Sprintf("SUB %s %s\n", topic, channel)); err != nil {
		return err
	}
	return n.send(fmt.Sprintf("RDY %d\n", at))
}

// nsqHTTP is where a server that listens on addr has its other interface: at the same port of
// another of this machine's own addresses.
func nsqHTTP(addr string) string {
	_, port, _ := net.SplitHostPort(addr)
	return net.JoinHostPort("127.0.0.2", port)
}

// A web asks a server's HTTP interface, over one connection.
type web struct {
	addr   string
	client http.Client
}

func newWeb(addr string) *web {
	return &web{addr, http.Client{Timeout: patience, Transport: &http.Transport{MaxIdleConnsPerHost: 1}}}
}

func (w *web) close() { w.client.CloseIdleConnections() }

// ask posts a body, or gets a page if there is none.
func (w *web) ask(path, body string) (status int, answer string, err error) {
	var resp *http.Response
	if url := "http://" + w.addr + path; body == "" {
		resp, err = w.client.Get(url)
	} else {
		resp, err = w.client.Post(url, "", strings.NewReader(body))
	}
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(b), err
}
