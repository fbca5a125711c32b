package main

import (
	"context"
	"encoding/json"
	"sync"
)

// A hub has the rooms.
type hub struct {
	mu    sync.RWMutex
	rooms map[string]*room
}

// room is the room of that name, which begins when somebody asks for it.
func (h *hub) room(name string) *room {
	h.mu.RLock()
	r := h.rooms[name]
	h.mu.RUnlock()
	if r != nil {
		return r
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if r = h.rooms[name]; r == nil {
		r = newRoom(name)
		h.rooms[name] = r
	}
	return r
}

// A message has the room's next number.
type message struct {
	id   int
	from string
	text string
}

// MarshalJSON is what clients get.
func (m *message) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		ID   int    `json:"id"`
		From string `json:"from"`
		Text string `json:"text"`
	}{m.id, m.from, m.text})
}

// remembered is how many messages a room keeps.
const remembered = 100

// A room hands messages to its members, in order.
type room struct {
	name string

	mu      sync.Mutex
	said    *sync.Cond // last is another
	last    int        // number of the last message
	history [remembered]*message
	members map[*member]bool
}

func newRoom(name string) *room {
	r := &room{name: name, members: map[*member]bool{}}
	r.said = sync.NewCond(&r.mu)
	return r
}

// say gives the message to all members, and waits for those that have many before it.
func (r *room) say(who *visitor, text string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	who.said++
	r.last++
	msg := &message{id: r.last, from: who.name, text: text}
	r.history[msg.id%remembered] = msg
	for m := range r.members {
		m.give(msg)
	}
	r.said.Broadcast()
	return msg.id
}

// since gives the messages behind a number that the room remembers. r.mu is held.
func (r *room) since(id int) []*message {
	list := []*message{}
	for i := max(id, r.last-remembered, 0) + 1; i <= r.last; i++ {
		list = append(list, r.history[i%remembered])
	}
	return list
}

// wait gives the messages behind a number as soon as there is one.
func (r *room) wait(ctx context.Context, id int) []*message {
	defer context.AfterFunc(ctx, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.said.Broadcast()
	})()
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.last <= id && ctx.Err() == nil {
		r.said.Wait()
	}
	return r.since(id)
}
