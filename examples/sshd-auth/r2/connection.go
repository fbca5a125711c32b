package main

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"

	"golang.org/x/crypto/ssh"

	"example.com/sshd/users"
)

// A connection is one user's, with any number of sessions.
type connection struct {
	tcp      net.Conn
	ssh      *ssh.ServerConn
	channels <-chan ssh.NewChannel // that the client opens
	code     string
	others   sync.WaitGroup // goroutines besides the connection's own
}

var (
	errDenied = errors.New("denied")
	errGone   = errors.New("the client has gone")
)

func newConnection(tcp net.Conn) *connection { return &connection{tcp: tcp} }

// run sees a user in and serves him.
func (c *connection) run(config *ssh.ServerConfig) {
	defer c.tcp.Close()
	if err := c.handshake(config); err != nil {
		return
	}
	if err := c.begin(); err != nil {
		return
	}
	c.serve()
	c.others.Wait()
}

// handshake sets up the transport, asks for the code, and verifies who it is.
func (c *connection) handshake(config *ssh.ServerConfig) error {
	server, channels, requests, err := ssh.NewServerConn(c.tcp, config)
	if err != nil {
		return err
	}
	c.ssh, c.channels = server, channels
	c.others.Go(func() { c.answer(requests) })
	if c.code, err = c.ask("code?"); err != nil {
		return err
	}
	if !users.Verify(c.ssh.User(), c.key(), c.code) {
		c.notice("denied")
		return errDenied
	}
	return c.notice("hello " + c.ssh.User())
}

// begin waits for the first session and its command, and lets the user in.
func (c *connection) begin() error {
	s, err := c.next()
	if err != nil {
		return err
	}
	command, err := s.command()
	if err != nil {
		return err
	}
	c.others.Go(func() { s.run(command) })
	return c.notice("welcome " + c.ssh.User())
}

// serve serves further sessions until the client leaves.
func (c *connection) serve() {
	for {
		s, err := c.next()
		if err != nil {
			return
		}
		c.others.Go(func() {
			if command, err := s.command(); err == nil {
				s.run(command)
			}
		})
	}
}

// key is the fingerprint of the key that the client has.
func (c *connection) key() string { return c.ssh.Permissions.Extensions["key"] }

// ask asks a question over a channel of its own.
func (c *connection) ask(question string) (string, error) {
	ch, requests, err := c.ssh.OpenChannel("question@sshd", []byte(question))
	if err != nil {
		return "", err
	}
	defer ch.Close()
	go ssh.DiscardRequests(requests)
	answer, err := bufio.NewReader(ch).ReadString('\n')
	return strings.TrimSpace(answer), err
}

// notice tells the client something, and waits until he has taken note of it.
func (c *connection) notice(text string) error {
	_, _, err := c.ssh.SendRequest("notice@sshd", true, []byte(text))
	return err
}

// answer answers requests that belong to no channel.
func (c *connection) answer(requests <-chan *ssh.Request) {
	for r := range requests {
		if r.WantReply {
			r.Reply(r.Type == "keepalive@openssh.com", nil)
		}
	}
}

// A session has one command run.
type session struct {
	of       *connection
	ch       ssh.Channel
	requests <-chan *ssh.Request
	env      map[string]string
}

// next waits until the client opens a session.
func (c *connection) next() (*session, error) {
	for n := range c.channels {
		if n.ChannelType() != "session" {
			n.Reject(ssh.UnknownChannelType, "only sessions")
			continue
		}
		ch, requests, err := n.Accept()
		if err != nil {
			return nil, err
		}
		return &session{of: c, ch: ch, requests: requests, env: map[string]string{}}, nil
	}
	return nil, errGone
}

// command waits until the client asks for a command.
func (s *session) command() (string, error) {
	for r := range s.requests {
		ok := false
		switch r.Type {
		case "env":
			var v struct{ Name, Value string }
			if ok = ssh.Unmarshal(r.Payload, &v) == nil; ok {
				s.env[v.Name] = v.Value
			}
		case "exec":
			var v struct{ Command string }
			if ok = ssh.Unmarshal(r.Payload, &v) == nil; ok {
				r.Reply(true, nil)
				return v.Command, nil
			}
		}
		if r.WantReply {
			r.Reply(ok, nil)
		}
	}
	return "", errGone
}

// run runs the command.
func (s *session) run(command string) {
	defer s.ch.Close()
	s.of.others.Go(func() {
		for r := range s.requests {
			if r.WantReply {
				r.Reply(false, nil)
			}
		}
	})
	var status struct{ Code uint32 }
	name, arg, _ := strings.Cut(command, " ")
	switch name {
	case "secret":
		fmt.Fprintln(s.ch, users.Secret(s.of.ssh.User()))
	case "env":
		fmt.Fprintln(s.ch, s.env[arg])
	case "count": // lines, as they come
		in := bufio.NewScanner(s.ch)
		for n := 1; in.Scan(); n++ {
			fmt.Fprintln(s.ch, n, in.Text())
		}
	default:
		fmt.Fprintln(s.ch.Stderr(), "what?")
		status.Code = 127
	}
	s.ch.SendRequest("exit-status", false, ssh.Marshal(status))
}
