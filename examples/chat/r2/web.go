package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/coder/websocket"
)

//go:embed page.html
var page []byte

// routes makes the handler of all requests, which is the one for as long as the server
// runs.
func routes(h *hub) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { w.Write(page) })
	mux.HandleFunc("GET /release", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, release) })
	mux.HandleFunc("GET /events", h.events)
	mux.HandleFunc("GET /ws", h.socket)
	mux.HandleFunc("POST /say", h.say)
	mux.HandleFunc("GET /next", h.next)
	mux.HandleFunc("GET /history", h.history)
	mux.HandleFunc("GET /members", h.members)
	return known(mux)
}

// A visitor is who has sent a request, for as long as it is served.
type visitor struct {
	name  string
	room  string
	after int           // the last message that the client has
	beat  time.Duration // how often its connection is to be shown to be there
	said  int           // messages; under the room's lock
}

type visitorKey struct{}

// visitorOf is who has sent the request that the context belongs to.
func visitorOf(ctx context.Context) *visitor { return ctx.Value(visitorKey{}).(*visitor) }

// known finds out who a visitor is.
func known(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		v := &visitor{name: query.Get("name"), room: query.Get("room"), beat: 15 * time.Second}
		if v.name == "" {
			v.name = "somebody"
		}
		after := r.Header.Get("Last-Event-ID") // of a browser that has connected again
		if after == "" {
			after = query.Get("after")
		}
		v.after, _ = strconv.Atoi(after)
		if beat, err := time.ParseDuration(query.Get("beat")); err == nil && beat > 0 {
			v.beat = beat
		}
		ctx := context.WithValue(r.Context(), visitorKey{}, v)
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// events streams a room's messages.
func (h *hub) events(w http.ResponseWriter, r *http.Request) {
	v := visitorOf(r.Context())
	w.Header().Set("Content-Type", "text/event-stream")
	to := &eventPipe{w, http.NewResponseController(w)}
	if to.flush() != nil {
		return
	}
	h.room(v.room).join(r.Context(), v, to, v.after).write()
}

// socket streams a room's messages, and says what comes.
func (h *hub) socket(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return // it has answered
	}
	defer conn.CloseNow()
	v := visitorOf(r.Context())
	m := h.room(v.room).join(r.Context(), v, &socketPipe{r.Context(), conn}, v.after)
	defer m.leave()
	go m.write()
	m.read(conn)
}

// say says the request's body in a room.
func (h *hub) say(w http.ResponseWriter, r *http.Request) {
	v := visitorOf(r.Context())
	text, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	fmt.Fprintln(w, release, h.room(v.room).say(v, string(text)))
}

// next waits for messages that the client has not got.
func (h *hub) next(w http.ResponseWriter, r *http.Request) {
	v := visitorOf(r.Context())
	answer(w, h.room(v.room).wait(r.Context(), v.after))
}

// history gives what the room remembers.
func (h *hub) history(w http.ResponseWriter, r *http.Request) {
	v := visitorOf(r.Context())
	room := h.room(v.room)
	room.mu.Lock()
	list := room.since(v.after)
	room.mu.Unlock()
	answer(w, list)
}

// answer sends messages, and holds none of them while it waits for the client.
func answer(w http.ResponseWriter, list []*message) {
	text, err := json.Marshal(list)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Write(text)
}

// members lists who is in a room, how much they have said and got.
func (h *hub) members(w http.ResponseWriter, r *http.Request) {
	room := h.room(visitorOf(r.Context()).room)
	list := []string{}
	room.mu.Lock()
	for m := range room.members {
		list = append(list, fmt.Sprint(m.who.name, " ", m.who.said, " ", m.sent.Load()))
	}
	room.mu.Unlock()
	slices.Sort(list)
	json.NewEncoder(w).Encode(list)
}
