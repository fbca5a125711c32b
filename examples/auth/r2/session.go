package main

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"strings"

	"example.com/auth/accounts"
)

// A session is one user's connection. Both sides speak in lines.
type session struct {
	conn           net.Conn
	in             *bufio.Reader
	user, password string
}

var (
	errDenied  = errors.New("denied")
	errRefused = errors.New("the terms were refused")
)

func newSession(conn net.Conn) *session {
	return &session{conn: conn, in: bufio.NewReader(conn)}
}

// run sees a user in and serves him.
func (s *session) run() {
	defer s.conn.Close()
	if err := s.login(); err != nil {
		return
	}
	if err := s.terms(); err != nil {
		return
	}
	if err := s.open(); err != nil {
		return
	}
	s.serve()
}

// login asks who it is, and verifies it.
func (s *session) login() (err error) {
	if s.user, err = s.ask("login?"); err != nil {
		return err
	}
	if s.password, err = s.ask("password?"); err != nil {
		return err
	}
	if !accounts.Verify(s.user, s.password) {
		s.say("denied")
		return errDenied
	}
	return s.say("hello " + s.user)
}

// terms asks for consent.
func (s *session) terms() error {
	answer, err := s.ask("terms?")
	if err == nil && answer != "yes" {
		err = errRefused
	}
	return err
}

// open lets the user in.
func (s *session) open() error {
	if err := s.say("one moment"); err != nil {
		return err
	}
	return s.say("welcome " + s.user)
}

// serve answers until the user leaves.
func (s *session) serve() {
	for {
		command, err := s.ask("command?")
		if err != nil {
			return
		}
		switch command {
		case "secret":
			s.say(accounts.Secret(s.user))
		case "quit":
			s.say("bye")
			return
		default:
			s.say("what?")
		}
	}
}

func (s *session) say(line string) error {
	_, err := fmt.Fprintln(s.conn, line)
	return err
}

func (s *session) ask(question string) (answer string, err error) {
	if err := s.say(question); err != nil {
		return "", err
	}
	answer, err = s.in.ReadString('\n')
	return strings.TrimSpace(answer), err
}
