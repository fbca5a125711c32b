// Package word holds the state word of one release.
//
// It is a package of its own so that its one symbol can be private to every
// update's module: each release polls its own word, and commit retires the old
// release by one store.
package word

import (
	"sync/atomic"
	"unsafe"
)

// Bits of W. A poll only asks whether W is zero: see Asks.
const (
	Run     = 0 // nothing is asked
	Stop    = 1 // an update wants every goroutine captured or parked
	Retired = 2 // a newer release has been committed; hand over to it
	Stress  = 4 // same-release capture and rebuild at every n-th poll
	Ending  = 8 // a stop is over: who unwinds does so to its base, and nobody begins to
)

// W is the state word of the release this code belongs to.
var W atomic.Uint32

// Asks is what a poll asks: whether W is not zero. An atomic load would occupy a register
// and could not be the comparison's operand; on amd64 it does no more than this one.
// The compiler must not use the value of an earlier poll instead: between two loads
// there is always the call that is made when one of them has found something, and that
// may have written memory.
func Asks() bool {
	if raced {
		return W.Load() != 0
	}
	return *(*uint32)(unsafe.Pointer(&W)) != 0
}
