package main

import (
	"strconv"
	"sync"
)

// server is all that there is.
type server struct {
	mu        sync.Mutex
	sessions  map[string]*session
	values    map[string]*value
	news      []message // the last ones
	said      int64
	listeners map[*listener]bool
}

// session is a client's.
type session struct {
	name   string
	counts *counts
}

// counts is what a session has counted.
type counts struct {
	n    int32
	last int64 // the id of the last post that was counted
}

// value is what all clients share.
type value struct {
	text string
}

func newValue(n int64) *value {
	v := new(value)
	v.set(n)
	return v
}

func (v *value) number() int64 {
	n, _ := strconv.ParseInt(v.text, 10, 64)
	return n
}

func (v *value) set(n int64) { v.text = strconv.FormatInt(n, 10) }

// message is a piece of news.
type message struct {
	n int64
}

// listener is who waits for news.
type listener struct {
	wake chan struct{}
}

func newServer() *server {
	return &server{sessions: make(map[string]*session), values: make(map[string]*value), listeners: make(map[*listener]bool)}
}

// session is the one of a name.
func (s *server) session(name string) *session {
	c := s.sessions[name]
	if c == nil {
		c = &session{name: name, counts: new(counts)}
		s.sessions[name] = c
	}
	return c
}

func (s *server) listen() *listener {
	l := &listener{wake: make(chan struct{}, 1)}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listeners[l] = true
	return l
}

func (s *server) leave(l *listener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.listeners, l)
}

// kept is how many messages are kept for who is late.
const kept = 1000

// publish says something to all.
func (s *server) publish() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.said++
	s.news = append(s.news, message{n: s.said})
	if len(s.news) > 2*kept {
		s.news = append([]message(nil), s.news[kept:]...)
	}
	for l := range s.listeners {
		select {
		case l.wake <- struct{}{}:
		default:
		}
	}
	return s.said
}

// since are the messages behind the n-th.
func (s *server) since(n int64) []message {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := len(s.news)
	for i > 0 && s.news[i-1].n > n {
		i--
	}
	return append([]message(nil), s.news[i:]...)
}
