package main

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
)

const (
	patience = 10 * time.Second // for a member that takes nothing
	idleness = time.Hour        // of a member that says nothing
)

// A member is a connection to a room. Its goroutine, write, hands it what the room has
// given.
type member struct {
	who  *visitor
	room *room
	to   pipe
	out  chan *message
	idle *time.Timer
	sent atomic.Int64 // messages

	left  context.Context // is done when the member has left, or has to
	leave context.CancelFunc
}

// join adds a member, who gets the messages behind a number that the room remembers.
func (r *room) join(ctx context.Context, who *visitor, to pipe, id int) *member {
	m := &member{who: who, room: r, to: to, out: make(chan *message, 2*remembered)}
	m.left, m.leave = context.WithCancel(ctx)
	m.idle = time.AfterFunc(idleness, m.expire)
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, msg := range r.since(id) {
		m.out <- msg
	}
	r.members[m] = true
	context.AfterFunc(m.left, m.gone)
	return m
}

// expire is called when the member has said nothing for too long.
func (m *member) expire() { m.leave() }

// gone ends what join has begun.
func (m *member) gone() {
	m.idle.Stop()
	m.room.mu.Lock()
	defer m.room.mu.Unlock()
	delete(m.room.members, m)
}

// give waits while the member has too many messages before it. One that takes nothing
// has to leave.
func (m *member) give(msg *message) {
	select {
	case m.out <- msg:
	case <-m.left.Done():
	case <-time.After(patience):
		m.leave()
	}
}

// write sends what the room gives until the member leaves: what is there at once goes
// together.
func (m *member) write() {
	defer m.leave()
	beat := time.NewTicker(m.who.beat)
	defer beat.Stop()
	for {
		var err error
		select {
		case msg := <-m.out:
			n := 0
			for more := true; more && err == nil; {
				err = m.to.send(msg)
				n++
				select {
				case msg = <-m.out:
				default:
					more = false
				}
			}
			if err == nil {
				err = m.to.flush()
			}
			m.sent.Add(int64(n))
		case <-beat.C:
			err = m.to.beat()
		case <-m.left.Done():
			return
		}
		if err != nil {
			return
		}
	}
}

// read says what comes from the connection until that is closed.
func (m *member) read(conn *websocket.Conn) {
	for {
		_, text, err := conn.Read(m.left)
		if err != nil {
			return
		}
		m.idle.Reset(idleness)
		m.room.say(m.who, string(text))
	}
}
