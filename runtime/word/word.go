// Package word holds the state word of one release.
//
// It is a package of its own so that its one symbol can be private to every
// update's module: each release polls its own word, and commit retires the old
// release by one store.
package word

import "sync/atomic"

// Bits of W. A poll only asks whether W is zero.
const (
	Run     = 0 // nothing is asked
	Stop    = 1 // an update wants every goroutine captured or parked
	Retired = 2 // a newer release has been committed; hand over to it
	Stress  = 4 // same-release capture and rebuild at every n-th poll
	Ending  = 8 // a stop is over: who unwinds does so to its base, and nobody begins to
)

// W is the state word of the release this code belongs to.
var W atomic.Uint32
