package main

import (
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"example.com/kvd/internal/store"
)

// server is one database and the clients that are connected to it.
type server struct {
	db      *store.DB
	hub     *hub
	started time.Time

	commands atomic.Int64 // commands run
	blocked  atomic.Int64 // clients waiting in BLPOP

	mu      sync.Mutex
	clients map[int64]*client
	lastID  int64
	closing bool
	running sync.WaitGroup // one for every client
	quit    chan struct{}  // closed by shutdown
}

func newServer() *server {
	return &server{
		db:      store.New(),
		hub:     newHub(),
		started: time.Now(),
		clients: make(map[int64]*client),
		quit:    make(chan struct{}),
	}
}

// serve accepts clients until shutdown, and returns when the last is gone.
func (s *server) serve(ln net.Listener) error {
	expirer := make(chan struct{})
	go func() {
		defer close(expirer)
		s.expire(100 * time.Millisecond)
	}()
	for {
		conn, err := ln.Accept()
		if errors.Is(err, net.ErrClosed) {
			break
		}
		if err != nil {
			return err
		}
		if c := s.admit(conn); c != nil {
			go c.serve()
		}
	}
	s.running.Wait()
	<-expirer
	return nil
}

// admit makes a client of a connection, unless the server is shutting down.
func (s *server) admit(conn net.Conn) *client {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		conn.Close()
		return nil
	}
	s.lastID++
	c := newClient(s, s.lastID, conn)
	s.clients[c.id] = c
	s.running.Add(1)
	return c
}

// forget is called by a client's goroutine as its last act.
func (s *server) forget(c *client) {
	s.mu.Lock()
	delete(s.clients, c.id)
	s.mu.Unlock()
	s.running.Done()
}

func (s *server) connected() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.clients)
}

// shutdown closes the listener and all connections.
func (s *server) shutdown(ln net.Listener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closing = true
	close(s.quit)
	ln.Close()
	for _, c := range s.clients {
		c.conn.Close()
	}
}

// expire removes keys whose time has come, at once more when it found many.
func (s *server) expire(every time.Duration) {
	const sample = 128
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-s.quit:
			return
		}
		for more := true; more; {
			s.db.Do(func(tx *store.Tx) {
				looked, removed := tx.Sweep(sample)
				more = looked == sample && removed > sample/4
			})
		}
	}
}
