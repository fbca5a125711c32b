package main

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
)

const (
	patience = time.Minute // with a member that takes nothing
	idleness = time.Hour   // of a member that says nothing
)

// A member is a connection to a room. Its goroutine, write, hands it what the room has
// given.
type member struct {
	who  *visitor
	room *room
	to   pipe
	idle *time.Timer

	left  context.Context // is done when the member has left, or has to
	leave context.CancelFunc

	mu    sync.Mutex
	box   []*message    // at most remembered
	given chan struct{} // something has come into the box
	taken chan struct{} // the box is empty

	sent atomic.Int64 // messages
}

// join adds a member, who gets the messages behind a number that the room remembers.
func (r *room) join(ctx context.Context, who *visitor, to pipe, id number) *member {
	m := &member{who: who, room: r, to: to, given: make(chan struct{}, 1), taken: make(chan struct{}, 1)}
	m.left, m.leave = context.WithCancel(ctx)
	m.idle = time.AfterFunc(idleness, m.expire)
	r.mu.Lock()
	defer r.mu.Unlock()
	if m.box = r.since(id); len(m.box) > 0 {
		signal(m.given)
	}
	r.members[m] = true
	context.AfterFunc(m.left, m.gone)
	return m
}

// signal tells who waits on c, or will.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
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

// give waits while the member's box is full. One that takes nothing has to leave.
func (m *member) give(msg *message) {
	for !m.put(msg) {
		select {
		case <-m.taken:
		case <-m.left.Done():
			return
		case <-time.After(patience):
			m.leave()
			return
		}
	}
}

func (m *member) put(msg *message) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.box) >= remembered {
		return false
	}
	m.box = append(m.box, msg)
	signal(m.given)
	return true
}

// take empties the box.
func (m *member) take() []*message {
	m.mu.Lock()
	defer m.mu.Unlock()
	box := m.box
	m.box = nil
	signal(m.taken)
	return box
}

// write sends what the room gives until the member leaves: what is in the box goes
// together.
func (m *member) write() {
	defer m.leave()
	beat := time.NewTicker(m.who.beat)
	defer beat.Stop()
	for {
		var err error
		select {
		case <-m.given:
			box := m.take()
			for i := 0; i < len(box) && err == nil; i++ {
				err = m.to.send(box[i])
			}
			if err == nil {
				err = m.to.flush()
			}
			m.sent.Add(int64(len(box)))
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
