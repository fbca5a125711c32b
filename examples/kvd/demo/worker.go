package main

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/upstarego/upstarego/examples/kvd/client"
)

const sharedCounter = "w:shared"

// worker is a connection that reads and writes keys of its own and increments a
// counter that all share, one operation after the other.
type worker struct {
	id   int
	conn *client.Conn
	rec  *record
	ops  []op
	n    map[string]int64 // values written and pushed so far
	gone bool             // the connection is
}

func (w *worker) key(name string) string { return fmt.Sprintf("w:%d:%s", w.id, name) }

// run works until stop is closed, at a steady rate.
func (w *worker) run(rate int, stop <-chan struct{}) {
	defer func() { w.rec.add(w.id, w.ops) }()
	tick := time.NewTicker(time.Second / time.Duration(rate))
	defer tick.Stop()
	for i := 0; ; i++ {
		select {
		case <-tick.C:
		case <-stop:
			return
		}
		if err := w.step(i); err != nil {
			w.rec.failed(fmt.Sprintf("worker %d", w.id), err)
			if w.gone = client.IsDrop(err); w.gone {
				return
			}
		}
	}
}

// step is the i-th of the operations, which take turns.
func (w *worker) step(i int) error {
	switch i % 6 {
	case 0:
		return w.set(w.key("register"))
	case 1:
		return w.count(opGet, w.key("register"), 0, "GET", w.key("register"))
	case 2:
		return w.count(opIncr, w.key("counter"), 0, "INCR", w.key("counter"))
	case 3:
		return w.count(opIncr, sharedCounter, 0, "INCR", sharedCounter)
	case 4:
		n := w.next("list")
		return w.count(opPush, w.key("list"), n, "RPUSH", w.key("list"), strconv.FormatInt(n, 10))
	default:
		return w.transaction(w.key("left"), w.key("right"))
	}
}

func (w *worker) next(name string) int64 {
	w.n[name]++
	return w.n[name]
}

func (w *worker) note(k kind, key string, arg, result int64, sent time.Duration) {
	w.ops = append(w.ops, op{
		conn: w.id, seq: len(w.ops) + 1,
		kind: k, key: key, arg: arg, result: result,
		sent: sent, done: w.rec.now(),
	})
}

func (w *worker) set(key string) error {
	n := w.next("register")
	sent := w.rec.now()
	if err := w.conn.Status("OK", "SET", key, strconv.FormatInt(n, 10)); err != nil {
		return err
	}
	w.note(opSet, key, n, 0, sent)
	return nil
}

// count runs a command that answers with a number.
func (w *worker) count(k kind, key string, arg int64, args ...string) error {
	sent := w.rec.now()
	n, err := w.conn.Number(args...)
	if err != nil {
		return err
	}
	w.note(k, key, arg, n, sent)
	return nil
}

// transaction increments two counters at once, which therefore stay equal.
func (w *worker) transaction(left, right string) error {
	sent := w.rec.now()
	for _, args := range [][]string{{"MULTI"}, {"INCR", left}, {"INCR", right}, {"EXEC"}} {
		if err := w.conn.Send(args...); err != nil {
			return err
		}
	}
	var answers [4]client.Reply
	for i := range answers {
		var err error
		if answers[i], err = w.conn.Receive(client.Patience); err != nil {
			return err
		}
	}
	counts, err := answers[3].Numbers()
	err = errors.Join(answers[0].Is("OK"), answers[1].Is("QUEUED"), answers[2].Is("QUEUED"), err)
	if err != nil {
		return client.NoAnswer{Text: err.Error()}
	}
	if len(counts) != 2 || counts[0] != counts[1] {
		return client.NoAnswer{Text: fmt.Sprintf("EXEC: two equal counts were due, not %v", counts)}
	}
	w.note(opIncr, left, 0, counts[0], sent)
	w.note(opIncr, right, 0, counts[1], sent)
	return nil
}

// finish reads what is in the server when nobody works any more.
func (w *worker) finish() error {
	if w.gone {
		return nil // which is known
	}
	for _, name := range []string{"register", "counter", "left", "right"} {
		n, err := w.conn.Number("GET", w.key(name))
		if err != nil {
			return fmt.Errorf("GET %s: %w", w.key(name), err)
		}
		w.rec.setFinal(w.key(name), n)
	}
	r, err := w.conn.Do("LRANGE", w.key("list"), "0", "-1")
	if err != nil {
		return err
	}
	values, err := r.Numbers()
	if err != nil {
		return err
	}
	w.rec.setFinal(w.key("list"), int64(len(values)))
	w.rec.addStream(stream{w.key("list"), upTo(w.n["list"]), values})
	return nil
}

func upTo(n int64) []int64 {
	s := make([]int64, n)
	for i := range s {
		s[i] = int64(i) + 1
	}
	return s
}
