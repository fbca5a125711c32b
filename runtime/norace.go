//go:build !race

package runtime

import (
	"sync"
	"sync/atomic"
)

// See race.go.
type mutex = sync.Mutex

func unordered(f func()) { f() }

// Unpark ends the mark. The store must be sequentially consistent and the poll
// must follow it: see the package comment.
func (r *Rec) Unpark() { r.state.Swap(Running) }

// Leave restores the state that Enter found. It must be deferred: foreign code
// may recover a panic and go on (fmt does).
func (g Gate) Leave() { g.r.state.Store(g.prev) }

// onceDone reports whether a Once's function has been called.
func onceDone(o *sync.Once) bool { return atomic.LoadUint32(&(*onceWords)(pointer(o)).done) != 0 }

func onceRelease(*sync.Once) {}
