package main

import (
	"sync"

	"example.com/kvd/internal/resp"
	"example.com/kvd/internal/store"
)

// hub knows who is subscribed to what.
type hub struct {
	mu       sync.Mutex
	channels map[string]map[*subscriber]struct{}
}

func newHub() *hub {
	return &hub{channels: make(map[string]map[*subscriber]struct{})}
}

// publish sends a message to a channel's subscribers and returns how many there are.
func (h *hub) publish(channel, message string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	subs := h.channels[channel]
	for s := range subs {
		s.push(resp.Strings("message", channel, message))
	}
	return len(subs)
}

// join subscribes s. The confirmation is queued before the first message can be.
func (h *hub) join(s *subscriber, channel string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.channels[channel] == nil {
		h.channels[channel] = make(map[*subscriber]struct{})
	}
	h.channels[channel][s] = struct{}{}
	s.channels[channel] = struct{}{}
	s.push(resp.Array{resp.Bulk("subscribe"), resp.Bulk(channel), resp.Int(len(s.channels))})
}

func (h *hub) leave(s *subscriber, channel string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(s.channels, channel)
	delete(h.channels[channel], s)
	if len(h.channels[channel]) == 0 {
		delete(h.channels, channel)
	}
	s.push(resp.Array{resp.Bulk("unsubscribe"), resp.Bulk(channel), resp.Int(len(s.channels))})
}

func (h *hub) leaveAll(s *subscriber) {
	for channel := range s.channels {
		h.leave(s, channel)
	}
}

// maxUnsent is how many replies may wait for a subscriber before it is given up.
const maxUnsent = 1 << 16

// subscriber is the sending half of a client that has subscribed: a goroutine
// that writes what the client's own goroutine and publishers push.
type subscriber struct {
	out      *resp.Writer
	hangUp   func() error        // breaks the connection
	channels map[string]struct{} // used by the client's goroutine

	mu      sync.Mutex
	unsent  []resp.Reply
	wake    chan struct{} // has a token when there is something unsent
	ended   chan struct{} // closed: send what is left and stop
	stopped chan struct{} // closed when the goroutine has ended
}

func newSubscriber(out *resp.Writer, hangUp func() error) *subscriber {
	s := &subscriber{
		out:      out,
		hangUp:   hangUp,
		channels: make(map[string]struct{}),
		wake:     make(chan struct{}, 1),
		ended:    make(chan struct{}),
		stopped:  make(chan struct{}),
	}
	go s.run()
	return s
}

func (s *subscriber) active() bool { return s != nil && len(s.channels) > 0 }

// push queues a reply. It does not wait: who reads too slowly is hung up on.
func (s *subscriber) push(r resp.Reply) {
	s.mu.Lock()
	s.unsent = append(s.unsent, r)
	tooSlow := len(s.unsent) > maxUnsent
	s.mu.Unlock()
	if tooSlow {
		s.hangUp()
		return
	}
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// finish sends what is left and ends the goroutine.
func (s *subscriber) finish() {
	close(s.ended)
	<-s.stopped
}

func (s *subscriber) run() {
	defer close(s.stopped)
	for last := false; !last; {
		select {
		case <-s.wake:
		case <-s.ended:
			last = true
		}
		s.mu.Lock()
		batch := s.unsent
		s.unsent = nil
		s.mu.Unlock()
		for _, r := range batch {
			s.out.Write(r)
		}
		if err := s.out.Flush(); err != nil {
			s.hangUp()
			return
		}
	}
}

func doSubscribe(c *client, args []string) resp.Reply {
	if c.sub == nil {
		if c.flush() != nil {
			c.quit = true
			return nil
		}
		c.sub = newSubscriber(c.out, c.conn.Close)
	}
	for _, channel := range args[1:] {
		c.srv.hub.join(c.sub, channel)
	}
	return nil
}

func doUnsubscribe(c *client, args []string) resp.Reply {
	switch {
	case !c.sub.active():
		return resp.Array{resp.Bulk("unsubscribe"), resp.Nil, resp.Int(0)}
	case len(args) == 1:
		c.srv.hub.leaveAll(c.sub)
	default:
		for _, channel := range args[1:] {
			c.srv.hub.leave(c.sub, channel)
		}
	}
	return nil
}

func doPublish(s *server, tx *store.Tx, args []string) resp.Reply {
	return resp.Int(s.hub.publish(args[1], args[2]))
}
