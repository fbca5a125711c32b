package main

import (
	"errors"
	"os"
	"strconv"
	"time"

	"example.com/kvd/internal/resp"
	"example.com/kvd/internal/store"
)

// doBlpop pops from the first list that has a value, and waits for one when none has.
func doBlpop(c *client, args []string) resp.Reply {
	keys := args[1 : len(args)-1]
	timeout, err := parseTimeout(args[len(args)-1])
	if err != nil {
		return resp.Error(err.Error())
	}

	w := c.srv.db.Wait(keys)
	defer w.Leave()
	if reply := c.popFirst(keys); reply != nil {
		return reply
	}
	var expired <-chan time.Time
	if timeout > 0 {
		t := time.NewTimer(timeout)
		defer t.Stop()
		expired = t.C
	}
	gone, stop := c.watch()
	defer stop()
	c.srv.blocked.Add(1)
	defer c.srv.blocked.Add(-1)
	for {
		select {
		case <-w.Ready():
			if reply := c.popFirst(keys); reply != nil {
				return reply
			}
		case <-expired:
			return resp.NilArray
		case <-gone:
			c.quit = true
			return resp.NilArray
		}
	}
}

// blpopInMulti is BLPOP inside a transaction, where it does not wait.
func blpopInMulti(s *server, tx *store.Tx, args []string) resp.Reply {
	if _, err := parseTimeout(args[len(args)-1]); err != nil {
		return resp.Error(err.Error())
	}
	if reply := popFirst(tx, args[1:len(args)-1]); reply != nil {
		return reply
	}
	return resp.NilArray
}

func (c *client) popFirst(keys []string) (reply resp.Reply) {
	c.srv.db.Do(func(tx *store.Tx) { reply = popFirst(tx, keys) })
	return reply
}

// popFirst returns nil when no list has a value.
func popFirst(tx *store.Tx, keys []string) resp.Reply {
	for _, key := range keys {
		values, err := tx.Pop(key, store.Left, 1)
		if err != nil {
			return resp.Error(err.Error())
		}
		if len(values) > 0 {
			return resp.Strings(key, values[0])
		}
	}
	return nil
}

// watch looks after the connection while the client's goroutine waits for
// something else: gone is closed when the peer has hung up. stop ends it.
func (c *client) watch() (gone <-chan struct{}, stop func()) {
	lost := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := c.in.WaitInput(); err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			close(lost)
		}
	}()
	return lost, func() {
		c.conn.SetReadDeadline(time.Unix(1, 0)) // long past: ends WaitInput
		<-ended
		c.conn.SetReadDeadline(time.Time{})
	}
}

// parseTimeout reads seconds, 0 for ever.
func parseTimeout(s string) (time.Duration, error) {
	seconds, err := strconv.ParseFloat(s, 64)
	switch {
	case err != nil || seconds != seconds || seconds > 1e9:
		return 0, errors.New("ERR timeout is not a float or out of range")
	case seconds < 0:
		return 0, errors.New("ERR timeout is negative")
	}
	return time.Duration(seconds * float64(time.Second)), nil
}
