package main

import (
	"fmt"
	"net/http"
	"strconv"
)

// count counts a post once, however often it comes.
func (s *server) count(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.ParseInt(r.FormValue("id"), 10, 64)
	if err != nil {
		http.Error(w, "no id", http.StatusBadRequest)
		return
	}
	name := r.FormValue("session")
	n := s.once(name, id)
	fmt.Fprint(w, n)
}

// once counts a post of a session, if it has not been counted yet.
func (s *server) once(name string, id int64) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.session(name)
	if id > c.last {
		c.last = id
		c.count++
	} else {
		c.again++
	}
	return c.count
}

// get answers with a value, or with 404.
func (s *server) get(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	v, ok := s.values[r.FormValue("key")]
	var n int64
	if ok {
		n = v.n
	}
	s.mu.Unlock()
	if !ok {
		http.NotFound(w, r)
		return
	}
	fmt.Fprint(w, n)
}

func (s *server) set(w http.ResponseWriter, r *http.Request) {
	n, err := strconv.ParseInt(r.FormValue("to"), 10, 64)
	if err != nil {
		http.Error(w, "no number", http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	s.values[r.FormValue("key")] = &value{n: n}
	s.mu.Unlock()
	fmt.Fprint(w, n)
}

func (s *server) add(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	v := s.values[r.FormValue("key")]
	if v == nil {
		v = new(value)
		s.values[r.FormValue("key")] = v
	}
	v.n++
	v.changes++
	n := v.n
	s.mu.Unlock()
	fmt.Fprint(w, n)
}

// remove answers with how many there were.
func (s *server) remove(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	n := 0
	if _, ok := s.values[r.FormValue("key")]; ok {
		n = 1
		delete(s.values, r.FormValue("key"))
	}
	s.mu.Unlock()
	fmt.Fprint(w, n)
}

func (s *server) say(w http.ResponseWriter, r *http.Request) {
	fmt.Fprint(w, s.publish())
}

// poll answers when there is news.
func (s *server) poll(w http.ResponseWriter, r *http.Request) {
	after, err := strconv.ParseInt(r.FormValue("after"), 10, 64)
	if err != nil {
		http.Error(w, "after what", http.StatusBadRequest)
		return
	}
	l := s.listen()
	defer s.leave(l)
	for {
		if news := s.since(after); len(news) > 0 {
			for _, m := range news {
				fmt.Fprintln(w, m.n)
			}
			return
		}
		select {
		case <-l.wake:
		case <-r.Context().Done():
			return
		}
	}
}

// stream sends news as it comes.
func (s *server) stream(w http.ResponseWriter, r *http.Request) {
	after, err := strconv.ParseInt(r.FormValue("after"), 10, 64)
	if err != nil {
		http.Error(w, "after what", http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	out := http.NewResponseController(w)
	l := s.listen()
	defer s.leave(l)
	out.Flush()
	for sent := 0; ; {
		for _, m := range s.since(after) {
			sent++
			fmt.Fprintf(w, "id: %d\ndata: %d\n\n", sent, m.n)
			after = m.n
		}
		out.Flush()
		select {
		case <-l.wake:
		case <-r.Context().Done():
			return
		}
	}
}
