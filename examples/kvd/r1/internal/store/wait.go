package store

import "slices"

// Waiter is somebody who waits until one of some lists has a value. Waiters of
// a list are woken in the order in which they came.
type Waiter struct {
	db    *DB
	keys  []string
	ready chan struct{}
}

// Wait enters a waiter for keys. It has to be given up with Leave.
func (db *DB) Wait(keys []string) *Waiter {
	w := &Waiter{db: db, keys: keys, ready: make(chan struct{}, 1)}
	db.mu.Lock()
	defer db.mu.Unlock()
	for _, key := range keys {
		db.waiters[key] = append(db.waiters[key], w)
	}
	return w
}

// Ready receives after a list may have got a value. Somebody else may have
// taken it since: look, and wait again.
func (w *Waiter) Ready() <-chan struct{} { return w.ready }

// Leave ends the waiting. A value that this waiter was woken for and did not
// take is offered to the next.
func (w *Waiter) Leave() {
	w.db.mu.Lock()
	defer w.db.mu.Unlock()
	for _, key := range w.keys {
		others := slices.DeleteFunc(w.db.waiters[key], func(o *Waiter) bool { return o == w })
		if len(others) == 0 {
			delete(w.db.waiters, key)
			continue
		}
		w.db.waiters[key] = others
		w.db.wake(key)
	}
}

// wake wakes as many waiters of key as its list has values. The caller holds db.mu.
func (db *DB) wake(key string) {
	e := db.entries[key]
	if e == nil || e.list == nil {
		return
	}
	waiters := db.waiters[key]
	for _, w := range waiters[:min(len(waiters), e.list.size)] {
		select {
		case w.ready <- struct{}{}:
		default: // has not looked since it was last woken
		}
	}
}

// Waiting is the number of waiters, counted once per list.
func (tx *Tx) Waiting() int {
	n := 0
	for _, ws := range tx.db.waiters {
		n += len(ws)
	}
	return n
}
