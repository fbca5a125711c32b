package main

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/upstarego/upstarego/examples/kvd/client"
)

// waiting is clients that are in the middle of something while an update
// happens: one in a transaction, one in BLPOP until it gets a value, and one in
// BLPOP until it has waited long enough.
type waiting struct {
	rec   *record
	name  string       // distinguishes its keys
	other *client.Conn // what others do to their keys
	multi *client.Conn
	pop   *client.Conn
	tired *client.Conn

	queued   int           // transaction's commands so far
	deadline time.Duration // when tired's wait is over, 0 if it has none
	tiredOut chan error
	tiredAt  time.Duration
}

// wait brings the clients into the middle. tired waits for timeout; 0 leaves it
// out. So many other clients of the server are in BLPOP most of the time.
func wait(rec *record, addr, name string, timeout time.Duration, others int64) (*waiting, error) {
	w := &waiting{rec: rec, name: name}
	for _, c := range []**client.Conn{&w.other, &w.multi, &w.pop, &w.tired} {
		var err error
		if *c, err = rec.open(addr); err != nil {
			return nil, err
		}
	}
	if err := w.multi.Status("OK", "MULTI"); err != nil {
		return nil, err
	}
	if err := w.enqueue(); err != nil {
		return nil, err
	}
	if err := w.pop.Send("BLPOP", w.key("empty"), w.key("list"), "0"); err != nil {
		return nil, err
	}
	blocked := others + 1
	if timeout > 0 {
		blocked++
		w.deadline = rec.now() + timeout
		seconds := strconv.FormatFloat(timeout.Seconds(), 'f', -1, 64)
		if err := w.tired.Send("BLPOP", w.key("empty"), seconds); err != nil {
			return nil, err
		}
		w.tiredOut = make(chan error, 1)
		go func() {
			r, err := w.tired.Receive(timeout + client.Patience)
			if err == nil && !r.Null {
				err = client.NoAnswer{Text: fmt.Sprintf("nothing was due, not %v", r)}
			}
			w.tiredAt = rec.now()
			w.tiredOut <- err
		}()
	}
	return w, w.untilBlocked(blocked)
}

// untilBlocked returns when so many clients of the server are in BLPOP.
func (w *waiting) untilBlocked(clients int64) error {
	for deadline := time.Now().Add(client.Patience); time.Now().Before(deadline); {
		n, err := client.InfoNumber(w.other, "blocked_clients")
		if err != nil {
			return err
		}
		if n >= clients {
			return nil
		}
	}
	return fmt.Errorf("%s: fewer than %d clients wait", w.name, clients)
}

func (w *waiting) key(name string) string { return w.name + ":" + name }

// enqueue adds to the open transaction.
func (w *waiting) enqueue() error {
	w.queued++
	return w.multi.Status("QUEUED", "INCR", w.key("count"))
}

// finish lets all of them come to their end, and looks whether it is the right one.
func (w *waiting) finish() {
	w.finishMulti()
	w.finishPop()
	if w.tiredOut != nil {
		w.finishTired()
	}
	for _, c := range []*client.Conn{w.other, w.multi, w.pop, w.tired} {
		if err := c.Status("PONG", "PING"); err != nil {
			w.rec.failed(w.name+", afterwards", err)
		}
		c.Close()
	}
}

func (w *waiting) finishMulti() {
	r, err := w.other.Do("GET", w.key("count"))
	switch {
	case err != nil:
		w.rec.failed(w.name, err)
	case !r.Null:
		w.rec.wrong("%s: a transaction had an effect before EXEC: %v", w.name, r)
	}
	if r, err = w.multi.Do("EXEC"); err != nil {
		w.rec.failed(w.name+", in MULTI", err)
		return
	}
	got, err := r.Numbers()
	if want := upTo(int64(w.queued)); err != nil || !slices.Equal(got, want) {
		w.rec.wrong("%s: EXEC answers %v, want %v", w.name, r, want)
	}
	n, err := w.other.Number("GET", w.key("count"))
	if err != nil {
		w.rec.failed(w.name, err)
		return
	}
	w.rec.setFinal(w.key("count"), n)
	if n != int64(w.queued) {
		w.rec.wrong("%s: a transaction of %d increments counts to %d", w.name, w.queued, n)
	}
}

func (w *waiting) finishPop() {
	if _, err := w.other.Number("RPUSH", w.key("list"), "1", "2"); err != nil {
		w.rec.failed(w.name, err)
		return
	}
	n, err := popped(w.pop, w.key("list"), client.Patience)
	if err != nil {
		w.rec.failed(w.name+", in BLPOP", err)
		return
	}
	r, err := w.other.Do("LRANGE", w.key("list"), "0", "-1")
	if err != nil {
		w.rec.failed(w.name, err)
		return
	}
	left, err := r.Numbers()
	if err != nil {
		w.rec.failed(w.name, err)
		return
	}
	w.rec.addStream(stream{w.name + ", in BLPOP", []int64{1, 2}, append([]int64{n}, left...)})
}

// finishTired checks that the wait ended in time. A busy machine may be late.
func (w *waiting) finishTired() {
	const late = 2 * time.Second
	if err := <-w.tiredOut; err != nil {
		w.rec.failed(w.name+", in BLPOP with a timeout", err)
		return
	}
	if w.tiredAt < w.deadline-time.Millisecond || w.tiredAt > w.deadline+late {
		w.rec.wrong("%s: BLPOP with a timeout ended %v after its deadline", w.name, w.tiredAt-w.deadline)
	}
}
