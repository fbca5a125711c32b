package main

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"time"
	"unicode"
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

// A number is that of a message in its room; 0 is none.
type number int64

// A message has the room's next number.
type message struct {
	id    number
	from  string
	at    time.Time
	parts []part
}

// A part of a message is text, or a link.
type part struct {
	Link bool   `json:"link,omitempty"`
	Text string `json:"text"`
}

// partsOf cuts a text at its links.
func partsOf(text string) []part {
	var list []part
	for text != "" {
		start := len(text)
		for _, scheme := range []string{"http://", "https://"} {
			if i := strings.Index(text, scheme); i >= 0 {
				start = min(start, i)
			}
		}
		if start > 0 {
			list = append(list, part{Text: text[:start]})
			text = text[start:]
			continue
		}
		end := strings.IndexFunc(text, unicode.IsSpace)
		if end < 0 {
			end = len(text)
		}
		list = append(list, part{Link: true, Text: text[:end]})
		text = text[end:]
	}
	return list
}

// text is the message as clients of earlier releases know it.
func (m *message) text() string {
	var b strings.Builder
	for _, p := range m.parts {
		b.WriteString(p.Text)
	}
	return b.String()
}

// MarshalJSON is what clients get.
func (m *message) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		ID    number `json:"id"`
		From  string `json:"from"`
		Text  string `json:"text"`
		At    string `json:"at,omitempty"`
		Parts []part `json:"parts"`
	}{m.id, m.from, m.text(), m.clock(), m.parts})
}

// clock is when it was said, "" if that is not known.
func (m *message) clock() string {
	if m.at.IsZero() {
		return ""
	}
	return m.at.Format(time.TimeOnly)
}

// remembered is how many messages a room keeps.
const remembered = 100

// A room hands messages to its members, in order.
type room struct {
	name string

	mu      sync.Mutex
	said    *sync.Cond // last is another
	last    number     // number of the last message
	history [remembered]*message
	members map[*member]bool
}

func newRoom(name string) *room {
	r := &room{name: name, members: map[*member]bool{}}
	r.said = sync.NewCond(&r.mu)
	return r
}

// say gives the message to all members, and waits for those that have many before it.
func (r *room) say(who *visitor, text string) number {
	r.mu.Lock()
	defer r.mu.Unlock()
	who.said++
	who.bytes += len(text)
	r.last++
	msg := &message{id: r.last, from: who.name, parts: partsOf(text), at: time.Now()}
	r.history[msg.id%remembered] = msg
	for m := range r.members {
		m.give(msg)
	}
	r.said.Broadcast()
	return msg.id
}

// since gives the messages behind a number that the room remembers. r.mu is held.
func (r *room) since(id number) []*message {
	list := []*message{}
	for i := max(id, r.last-remembered, 0) + 1; i <= r.last; i++ {
		list = append(list, r.history[i%remembered])
	}
	return list
}

// wait gives the messages behind a number as soon as there is one.
func (r *room) wait(ctx context.Context, id number) []*message {
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
