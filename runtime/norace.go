//go:build !race

package runtime

import "sync"

// See race.go.
type mutex = sync.Mutex

func unordered(f func()) { f() }

// Unpark ends the mark. The poll must follow it: see the package comment.
func (r *Rec) Unpark() { r.state.set(Running) }

// Leave restores the state that Enter found. It must be deferred: foreign code
// may recover a panic and go on (fmt does).
func (g Gate) Leave() { g.r.state.set(g.prev) }

const raced = false

func onceAcquire(*sync.Once) {}

func onceRelease(*sync.Once) {}
