//go:build race

package runtime

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// What the runtime does must not order what the program leaves unordered, or the
// race detector finds nothing: two goroutines that are counted at a poll, or one
// that is given the record of another that has ended. The build compiles this
// package without the race detector (internal/gobuild), so its own memory and
// atomics are not seen. That leaves what other packages do for it, and what would be
// inlined into own code: functions that write to a record must not be.

// A mutex is one that the race detector does not know.
type mutex struct{ held atomic.Bool }

func (m *mutex) Lock() {
	for !m.held.CompareAndSwap(false, true) {
		runtime.Gosched()
	}
}

func (m *mutex) Unlock() { m.held.Store(false) }

// unordered runs f without its channel operations ordering anything.
func unordered(f func()) {
	runtime.RaceDisable()
	f()
	runtime.RaceEnable()
}

// Unpark is as without the race detector, but not inlined.
//
//go:noinline
func (r *Rec) Unpark() { r.state.set(Running) }

// Leave is as without the race detector, but not inlined.
//
//go:noinline
func (g Gate) Leave() { g.r.state.set(g.prev) }

const raced = true

// onceAcquire and onceRelease order what is done behind the answer that a Once is done,
// and what its function did, as in the library.
func onceAcquire(o *sync.Once) { runtime.RaceAcquire(pointer(o)) }

func onceRelease(o *sync.Once) { runtime.RaceReleaseMerge(pointer(o)) }
