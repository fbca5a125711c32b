// Package store is the data of kvd: strings and lists under keys that may
// expire, with clients waiting for lists to fill.
package store

import (
	"errors"
	"math"
	"strconv"
	"sync"
	"time"
)

// What commands on a key can find wrong with it.
var (
	ErrWrongType  = errors.New("WRONGTYPE Operation against a key holding the wrong kind of value")
	ErrNotInteger = errors.New("ERR value is not an integer or out of range")
	ErrOverflow   = errors.New("ERR increment or decrement would overflow")
)

// entry is the value of a key: a list when list is set, otherwise a string.
type entry struct {
	str      string
	list     *deque
	expireAt int64 // Unix milliseconds; 0: never
	hits     int64 // commands that found it
	usedAt   int64 // the last of them, Unix milliseconds
}

func (e *entry) touch(now int64) {
	e.hits++
	e.usedAt = now
}

// DB is a set of entries. All access goes through Do.
type DB struct {
	mu       sync.Mutex
	entries  map[string]*entry
	volatile map[string]struct{} // keys whose entry expires
	waiters  map[string][]*Waiter
	expired  int64 // keys removed because their time had come
}

// New returns an empty DB.
func New() *DB {
	return &DB{
		entries:  make(map[string]*entry),
		volatile: make(map[string]struct{}),
		waiters:  make(map[string][]*Waiter),
	}
}

// Tx is exclusive access to a DB. It is valid inside the function it was given to.
type Tx struct {
	db     *DB
	now    int64
	filled []string // lists that were pushed to
}

// Do runs fn with nobody else in the database, and then serves those who wait
// for a list that fn pushed to.
func (db *DB) Do(fn func(tx *Tx)) {
	db.mu.Lock()
	defer db.mu.Unlock()
	tx := &Tx{db: db, now: time.Now().UnixMilli()}
	fn(tx)
	for _, key := range tx.filled {
		tx.serve(key)
	}
}

// find returns the entry of key, nil when there is none, and counts as use of it.
func (tx *Tx) find(key string) *entry {
	e := tx.peek(key)
	if e != nil {
		e.touch(tx.now)
	}
	return e
}

// peek returns the entry of key, nil when there is none or its time has come.
func (tx *Tx) peek(key string) *entry {
	e := tx.db.entries[key]
	if e != nil && e.expireAt != 0 && e.expireAt <= tx.now {
		tx.remove(key)
		tx.db.expired++
		return nil
	}
	return e
}

func (tx *Tx) put(key string, e *entry) {
	if e.usedAt == 0 {
		e.touch(tx.now)
	}
	tx.db.entries[key] = e
	tx.setExpiry(key, e, e.expireAt)
}

func (tx *Tx) remove(key string) {
	delete(tx.db.entries, key)
	delete(tx.db.volatile, key)
}

func (tx *Tx) setExpiry(key string, e *entry, at int64) {
	e.expireAt = at
	if at == 0 {
		delete(tx.db.volatile, key)
	} else {
		tx.db.volatile[key] = struct{}{}
	}
}

// Get returns the string under key.
func (tx *Tx) Get(key string) (value string, ok bool, err error) {
	e := tx.find(key)
	if e == nil {
		return "", false, nil
	}
	if e.list != nil {
		return "", false, ErrWrongType
	}
	return e.str, true, nil
}

// SetOptions says when Set applies and what becomes of the key's expiry.
type SetOptions struct {
	TTL         time.Duration // 0: the key does not expire
	KeepTTL     bool          // keep the expiry that is there
	OnlyNew     bool          // only if there is no such key
	OnlyPresent bool          // only if there is one
}

// Set puts a string under key, whatever was there, and reports whether the options let it.
func (tx *Tx) Set(key, value string, opt SetOptions) bool {
	old := tx.find(key)
	if old != nil && opt.OnlyNew || old == nil && opt.OnlyPresent {
		return false
	}
	e := &entry{str: value}
	if opt.TTL != 0 {
		e.expireAt = tx.now + opt.TTL.Milliseconds()
	} else if opt.KeepTTL && old != nil {
		e.expireAt = old.expireAt
	}
	if old != nil {
		e.hits, e.usedAt = old.hits, old.usedAt
	}
	tx.put(key, e)
	return true
}

// IncrBy adds delta to the integer under key, 0 if there is none, and returns the sum.
func (tx *Tx) IncrBy(key string, delta int64) (int64, error) {
	value, ok, err := tx.Get(key)
	if err != nil {
		return 0, err
	}
	if !ok {
		tx.put(key, &entry{str: strconv.FormatInt(delta, 10)})
		return delta, nil
	}
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return 0, ErrNotInteger
	}
	if delta > 0 && n > math.MaxInt64-delta || delta < 0 && n < math.MinInt64-delta {
		return 0, ErrOverflow
	}
	n += delta
	tx.db.entries[key].str = strconv.FormatInt(n, 10)
	return n, nil
}

// Append adds to the end of the string under key and returns the new length.
func (tx *Tx) Append(key, suffix string) (int, error) {
	value, ok, err := tx.Get(key)
	if err != nil {
		return 0, err
	}
	value += suffix
	if ok {
		tx.db.entries[key].str = value
	} else {
		tx.put(key, &entry{str: value})
	}
	return len(value), nil
}

// Del removes key and reports whether it was there.
func (tx *Tx) Del(key string) bool {
	if tx.find(key) == nil {
		return false
	}
	tx.remove(key)
	return true
}

// Exists reports whether there is such a key.
func (tx *Tx) Exists(key string) bool { return tx.find(key) != nil }

// Expire lets key live for ttl from now, and reports whether there is such a key.
func (tx *Tx) Expire(key string, ttl time.Duration) bool {
	e := tx.find(key)
	if e == nil {
		return false
	}
	if ttl <= 0 {
		tx.remove(key)
		return true
	}
	tx.setExpiry(key, e, tx.now+ttl.Milliseconds())
	return true
}

// TTL returns how long key has to live; expires is false for a key that does not expire.
func (tx *Tx) TTL(key string) (left time.Duration, expires, exists bool) {
	e := tx.find(key)
	if e == nil {
		return 0, false, false
	}
	if e.expireAt == 0 {
		return 0, false, true
	}
	return time.Duration(e.expireAt-tx.now) * time.Millisecond, true, true
}

// Use returns how often key was used and how long ago. It is no use itself.
func (tx *Tx) Use(key string) (hits int64, idle time.Duration, exists bool) {
	e := tx.peek(key)
	if e == nil {
		return 0, 0, false
	}
	return e.hits, time.Duration(tx.now-e.usedAt) * time.Millisecond, true
}

// Keys returns the keys that match, in no order.
func (tx *Tx) Keys(match func(key string) bool) []string {
	var keys []string
	for key := range tx.db.entries {
		if match(key) && tx.peek(key) != nil {
			keys = append(keys, key)
		}
	}
	return keys
}

// Len is the number of keys, including those whose time has come unnoticed.
func (tx *Tx) Len() int { return len(tx.db.entries) }

// Volatile is the number of keys that expire, Expired of those that have.
func (tx *Tx) Volatile() int  { return len(tx.db.volatile) }
func (tx *Tx) Expired() int64 { return tx.db.expired }

// Flush removes all keys.
func (tx *Tx) Flush() {
	clear(tx.db.entries)
	clear(tx.db.volatile)
}

// Sweep looks at up to limit of the keys that expire, removes those whose time
// has come, and returns how many it looked at and removed.
func (tx *Tx) Sweep(limit int) (looked, removed int) {
	for key := range tx.db.volatile {
		if looked == limit {
			break
		}
		looked++
		if tx.peek(key) == nil {
			removed++
		}
	}
	return looked, removed
}
