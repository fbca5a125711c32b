package state

import (
	"fmt"
	"reflect"
	"slices"
	"sync"
	"unsafe"

	"github.com/upstarego/upstarego/runtime"
)

// syncHooks look at objects of package sync that moved as part of a changed object, and
// mind that goroutines do not wait in. The others are settled: settle.
var syncHooks = map[reflect.Type]func(old, new unsafe.Pointer) error{
	reflect.TypeFor[sync.Pool](): func(_, new unsafe.Pointer) error {
		// What it caches stays with the old pool, which the runtime has registered.
		for _, w := range poolCaches {
			*(*unsafe.Pointer)(unsafe.Add(new, w)) = nil
		}
		return nil
	},
}

var (
	poolCaches  = []uintptr{offset[sync.Pool]("local"), offset[sync.Pool]("localSize"), offset[sync.Pool]("victim"), offset[sync.Pool]("victimSize")}
	poolSizes   = []uintptr{offset[sync.Pool]("localSize"), offset[sync.Pool]("victimSize")}
	syncMapRoot = offset[sync.Map]("m", "root", "v")
	syncMapSeed = offset[sync.Map]("m", "seed")
)

var syncMapKnown = syncMapRoot != unknown && syncMapSeed != unknown

const unknown = ^uintptr(0)

// offset finds a field by names; it is unknown when the standard library has
// changed.
func offset[T any](path ...string) uintptr {
	t, off := reflect.TypeFor[T](), uintptr(0)
	for _, name := range path {
		if t.Kind() != reflect.Struct {
			return unknown
		}
		f, ok := field(t, name)
		if !ok {
			return unknown
		}
		t, off = f.Type, off+f.Offset
	}
	return off
}

// settles reports whether goroutines may wait in an object of type t, so that it is to
// be settled when it moves.
func settles(t reflect.Type) bool { return slices.Contains(runtime.SyncTypes, t) }

// A syncMove is an object of package sync that has new memory.
type syncMove struct {
	pending
	typ reflect.Type
}

// settle carries over what goroutines wait in: their waiters sleep at the old
// addresses, and go on at the new ones once Apply has told them.
func (t *Transfer) settle() {
	objs := make([]runtime.SyncObject, len(t.syncs))
	for i, s := range t.syncs {
		objs[i] = runtime.SyncObject{Type: s.typ, Old: s.old, New: s.new}
	}
	settled, errs := runtime.Settle(objs, t.waiting, t.sealed != 0)
	t.settled = settled
	for i, s := range t.syncs {
		if err := errs[i]; err != nil {
			t.flaw(s.pending, fmt.Errorf("%s: %w", s.call.where, err))
		}
	}
	t.stranded()
}

// stranded refuses to move what has a sync object that is waited on and has no
// successor: whoever waits could not go on.
func (t *Transfer) stranded() {
	t.waiting.Each(func(p unsafe.Pointer) {
		i := t.look(p, noNode)
		if i < max(t.sealed, 1) || !t.ext(i).moves() {
			return
		}
		for _, s := range t.syncs { // what is waited on is not idle
			if uintptr(p)-uintptr(s.old) < s.typ.Size() { // it, or the mutex in it
				return
			}
		}
		e := t.ext(i)
		err := fmt.Errorf("%v: goroutines wait on a sync object in it that the new type has not", e.node.old)
		t.flaw(pending{ext: i}, err)
	})
}
