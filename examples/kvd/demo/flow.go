package main

import (
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/upstarego/upstarego/examples/kvd/client"
)

// flow is numbers that a sender passes to a receiver through the server, from 1
// on at a steady rate: to a subscriber, or to a client that pops.
type flow struct {
	name     string
	sender   *client.Conn
	receiver *client.Conn
	rec      *record

	emit func(c *client.Conn, n int64) error     // passes a number
	next func(c *client.Conn) (n int64, e error) // waits for a number
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
	r, err := f.receiver.Do("SUBSCRIBE", channel)
	if err != nil {
		return nil, err
	}
	if len(r.List) != 3 || r.List[0].Text != "subscribe" {
		return nil, fmt.Errorf("SUBSCRIBE: %v", r)
	}
	f.emit = func(c *client.Conn, n int64) error {
		receivers, err := c.Number("PUBLISH", channel, strconv.FormatInt(n, 10))
		if err == nil && receivers != 1 {
			err = client.NoAnswer{Text: fmt.Sprintf("PUBLISH reached %d subscribers, not 1", receivers)}
		}
		return err
	}
	f.next = func(c *client.Conn) (int64, error) {
		r, err := c.Receive(client.Patience)
		if err != nil {
			return 0, err
		}
		if len(r.List) != 3 || r.List[0].Text != "message" || r.List[1].Text != channel {
			return 0, client.NoAnswer{Text: fmt.Sprintf("a message was due, not %v", r)}
		}
		return r.List[2].Number()
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
	f.emit = func(c *client.Conn, n int64) error {
		_, err := c.Number("RPUSH", list, strconv.FormatInt(n, 10))
		return err
	}
	f.next = func(c *client.Conn) (int64, error) {
		if err := c.Send("BLPOP", list, "0"); err != nil {
			return 0, err
		}
		return popped(c, list, client.Patience)
	}
	return f, nil
}

// popped receives BLPOP's answer, a number from the list.
func popped(c *client.Conn, list string, timeout time.Duration) (int64, error) {
	r, err := c.Receive(timeout)
	if err != nil {
		return 0, err
	}
	if len(r.List) != 2 || r.List[0].Text != list {
		return 0, client.NoAnswer{Text: fmt.Sprintf("a value of %s was due, not %v", list, r)}
	}
	return r.List[1].Number()
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
				if client.IsDrop(err) {
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
		if n == endOfFlow || client.IsDrop(err) {
			return sent
		}
		sent = append(sent, n)
	}
}
