package main

import (
	"fmt"
	"strconv"
	"sync"
	"time"
)

// flow is numbers that a sender passes to a receiver through the server, from 1
// on at a steady rate: to a subscriber, or to a client that pops.
type flow struct {
	name     string
	sender   *conn
	receiver *conn
	rec      *record

	emit func(c *conn, n int64) error     // passes a number
	next func(c *conn) (n int64, e error) // waits for a number
}

// endOfFlow is the number after the last.
const endOfFlow = -1

// newNews is a flow from a publisher to a subscriber.
func newNews(rec *record, addr string) (*flow, error) {
	const channel = "news"
	f := &flow{name: "messages to a subscriber", rec: rec}
	if err := f.connect(addr); err != nil {
		return nil, err
	}
	r, err := f.receiver.do("SUBSCRIBE", channel)
	if err != nil {
		return nil, err
	}
	if len(r.list) != 3 || r.list[0].text != "subscribe" {
		return nil, fmt.Errorf("SUBSCRIBE: %v", r)
	}
	f.emit = func(c *conn, n int64) error {
		receivers, err := c.number("PUBLISH", channel, strconv.FormatInt(n, 10))
		if err == nil && receivers != 1 {
			err = errNoAnswer{fmt.Sprintf("PUBLISH reached %d subscribers, not 1", receivers)}
		}
		return err
	}
	f.next = func(c *conn) (int64, error) {
		r, err := c.receive(patience)
		if err != nil {
			return 0, err
		}
		if len(r.list) != 3 || r.list[0].text != "message" || r.list[1].text != channel {
			return 0, errNoAnswer{fmt.Sprintf("a message was due, not %v", r)}
		}
		return r.list[2].number()
	}
	return f, nil
}

// newQueue is a flow through a list, of which the receiver pops with BLPOP. It
// mostly waits.
func newQueue(rec *record, addr string) (*flow, error) {
	const list = "queue"
	f := &flow{name: "values popped by a waiting client", rec: rec}
	if err := f.connect(addr); err != nil {
		return nil, err
	}
	f.emit = func(c *conn, n int64) error {
		_, err := c.number("RPUSH", list, strconv.FormatInt(n, 10))
		return err
	}
	f.next = func(c *conn) (int64, error) {
		if err := c.send("BLPOP", list, "0"); err != nil {
			return 0, err
		}
		return popped(c, list, patience)
	}
	return f, nil
}

// popped receives BLPOP's answer, a number from the list.
func popped(c *conn, list string, timeout time.Duration) (int64, error) {
	r, err := c.receive(timeout)
	if err != nil {
		return 0, err
	}
	if len(r.list) != 2 || r.list[0].text != list {
		return 0, errNoAnswer{fmt.Sprintf("a value of %s was due, not %v", list, r)}
	}
	return r.list[1].number()
}

func (f *flow) connect(addr string) (err error) {
	if f.sender, err = f.rec.open(addr); err != nil {
		return err
	}
	f.receiver, err = f.rec.open(addr)
	return err
}

// run passes numbers until stop is closed, and what is under way to its end.
func (f *flow) run(rate int, stop <-chan struct{}) {
	s := stream{name: f.name}
	var receiving sync.WaitGroup
	receiving.Add(1)
	go func() {
		defer receiving.Done()
		for {
			n, err := f.next(f.receiver)
			switch {
			case err != nil:
				f.rec.failed(f.name+", receiver", err)
				if isDrop(err) {
					return
				}
			case n == endOfFlow:
				return
			default:
				s.got = append(s.got, n)
			}
		}
	}()
	s.sent = f.send(rate, stop)
	receiving.Wait()
	f.rec.addStream(s)
}

// send returns the numbers that the server has taken.
func (f *flow) send(rate int, stop <-chan struct{}) (sent []int64) {
	tick := time.NewTicker(time.Second / time.Duration(rate))
	defer tick.Stop()
	for n := int64(1); ; n++ {
		select {
		case <-tick.C:
		case <-stop:
			n = endOfFlow
		}
		err := f.emit(f.sender, n)
		if err != nil {
			f.rec.failed(f.name+", sender", err)
		}
		if n == endOfFlow || isDrop(err) {
			return sent
		}
		sent = append(sent, n)
	}
}
