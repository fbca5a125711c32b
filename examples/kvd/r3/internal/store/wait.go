package store

import "slices"

// Item is a value that was popped, and the list that it was in.
type Item struct {
	Key   string
	Value string
}

// PopFirst pops from the left of the first of some lists that has a value.
func (tx *Tx) PopFirst(keys []string) (item Item, ok bool, err error) {
	for _, key := range keys {
		values, err := tx.Pop(key, Left, 1)
		if err != nil {
			return Item{}, false, err
		}
		if len(values) > 0 {
			return Item{key, values[0]}, true, nil
		}
	}
	return Item{}, false, nil
}

// Waiter is somebody who waits until one of some lists has a value. Waiters of
// a list are served in the order in which they came.
type Waiter struct {
	db   *DB
	keys []string
	item chan Item // room for the one that it gets
}

// Wait enters a waiter for keys, whose lists are empty. It has to be given up with Leave.
func (tx *Tx) Wait(keys []string) *Waiter {
	w := &Waiter{db: tx.db, keys: keys, item: make(chan Item, 1)}
	for _, key := range keys {
		tx.db.waiters[key] = append(tx.db.waiters[key], w)
	}
	return w
}

// Item receives the value, once.
func (w *Waiter) Item() <-chan Item { return w.item }

// Leave ends the waiting and returns the value if it came and was not received.
func (w *Waiter) Leave() (item Item, ok bool) {
	w.db.mu.Lock()
	defer w.db.mu.Unlock()
	w.db.unwait(w)
	select {
	case item := <-w.item:
		return item, true
	default:
		return Item{}, false
	}
}

// unwait takes w out of all queues. The caller holds db.mu.
func (db *DB) unwait(w *Waiter) {
	for _, key := range w.keys {
		others := slices.DeleteFunc(db.waiters[key], func(o *Waiter) bool { return o == w })
		if len(others) == 0 {
			delete(db.waiters, key)
		} else {
			db.waiters[key] = others
		}
	}
}

// serve gives the values of a list to those who wait for them. At the end of
// every Do a list has values or waiters, never both, so that nobody overtakes.
func (tx *Tx) serve(key string) {
	for len(tx.db.waiters[key]) > 0 {
		item, ok, err := tx.PopFirst([]string{key})
		if err != nil || !ok {
			return
		}
		w := tx.db.waiters[key][0]
		tx.db.unwait(w)
		w.item <- item
	}
}
