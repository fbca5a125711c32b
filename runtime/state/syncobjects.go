package state

import (
	"errors"
	"reflect"
	"sync"
	"unsafe"
)

// syncHooks look at objects of package sync that moved as part of a changed
// object. A copy is right while nobody waits; the commit protocol settles the
// others and has hooks of its own (Options.Moved).
var syncHooks = map[reflect.Type]func(old, new unsafe.Pointer) error{
	reflect.TypeFor[sync.Mutex](): func(old, _ unsafe.Pointer) error {
		if *(*uint32)(unsafe.Add(old, mutexState))>>mutexWaiterShift != 0 {
			return errWaiters
		}
		return nil
	},
	reflect.TypeFor[sync.RWMutex](): func(old, _ unsafe.Pointer) error {
		if *(*int32)(unsafe.Add(old, rwReaders)) < 0 && *(*int32)(unsafe.Add(old, rwReaderWait)) != 0 {
			return errWaiters // a writer waits for readers
		}
		return nil
	},
	reflect.TypeFor[sync.WaitGroup](): func(old, _ unsafe.Pointer) error {
		if *(*uint64)(unsafe.Add(old, waitGroupState))&waitGroupWaiters != 0 {
			return errWaiters
		}
		return nil
	},
	reflect.TypeFor[sync.Cond](): func(old, new unsafe.Pointer) error {
		l := unsafe.Add(old, condNotify)
		if *(*uint32)(l) != *(*uint32)(unsafe.Add(l, 4)) {
			return errWaiters
		}
		*(*uintptr)(unsafe.Add(new, condChecker)) = 0 // it holds its own address
		return nil
	},
	reflect.TypeFor[sync.Pool](): func(_, new unsafe.Pointer) error {
		// What it caches stays with the old pool, which the runtime has registered.
		for _, w := range poolCaches {
			*(*unsafe.Pointer)(unsafe.Add(new, w)) = nil
		}
		return nil
	},
}

var errWaiters = errors.New("goroutines wait on it: they sleep at its old address; they must be settled before the update")

const (
	mutexWaiterShift = 3
	waitGroupWaiters = 1<<31 - 1
)

var (
	mutexState     = offset[sync.Mutex]("mu", "state")
	rwReaders      = offset[sync.RWMutex]("readerCount", "v")
	rwReaderWait   = offset[sync.RWMutex]("readerWait", "v")
	waitGroupState = offset[sync.WaitGroup]("state", "v")
	condNotify     = offset[sync.Cond]("notify")
	condChecker    = offset[sync.Cond]("checker")
	poolCaches     = []uintptr{offset[sync.Pool]("local"), offset[sync.Pool]("localSize"), offset[sync.Pool]("victim"), offset[sync.Pool]("victimSize")}
	syncMapRoot    = offset[sync.Map]("m", "root", "v")
	syncMapSeed    = offset[sync.Map]("m", "seed")
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
