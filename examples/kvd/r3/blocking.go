package main

import (
	"errors"
	"log"
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

	var reply resp.Reply
	var w *store.Waiter
	c.srv.db.Do(func(tx *store.Tx) {
		if reply = popFirst(tx, keys); reply == nil {
			w = tx.Wait(keys)
		}
	})
	if reply != nil {
		return reply
	}
	return c.await(w, timeout)
}

// slowWait is how long a client waits before the log says so.
const slowWait = time.Minute

// await waits for w's value, for ever if timeout is 0.
func (c *client) await(w *store.Waiter, timeout time.Duration) resp.Reply {
	c.srv.blocked.Add(1)
	defer c.srv.blocked.Add(-1)
	var expired <-chan time.Time
	if timeout > 0 {
		t := time.NewTimer(timeout)
		defer t.Stop()
		expired = t.C
	}
	input, stop := c.watch()
	defer stop()
	since := time.Now()
	slow := time.After(slowWait)
	for {
		select {
		case item := <-w.Item():
			return itemReply(item)
		case <-expired:
			if item, ok := w.Leave(); ok { // it came just now
				return itemReply(item)
			}
			return resp.NilArray
		case now := <-slow:
			waited := now.Sub(since)
			log.Printf("client %d has waited for %v", c.id, waited.Round(time.Second))
			slow = time.After(waited) // twice as long
		case err := <-input:
			if err == nil {
				input = nil // the next command, which has to wait as well
				continue
			}
			c.quit = true
			c.giveBack(w)
			return resp.NilArray
		case <-c.srv.quit:
			c.quit = true
			c.giveBack(w)
			return resp.NilArray
		}
	}
}

// giveBack ends a waiting, and puts the value back if it came after all.
func (c *client) giveBack(w *store.Waiter) {
	if item, ok := w.Leave(); ok {
		c.srv.db.Do(func(tx *store.Tx) { tx.Push(item.Key, store.Left, []string{item.Value}) })
	}
}

func itemReply(item store.Item) resp.Reply { return resp.Strings(item.Key, item.Value) }

// popFirst returns nil when no list has a value.
func popFirst(tx *store.Tx, keys []string) resp.Reply {
	item, ok, err := tx.PopFirst(keys)
	switch {
	case err != nil:
		return resp.Error(err.Error())
	case !ok:
		return nil
	}
	return itemReply(item)
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

// watch looks after the connection while the client's goroutine waits for
// something else: it receives nil when the peer has sent more, or why it will
// not. stop ends the watch.
func (c *client) watch() (input <-chan error, stop func()) {
	result := make(chan error, 1)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		result <- c.in.WaitInput()
	}()
	return result, func() {
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
