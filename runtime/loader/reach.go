package loader

import (
	"fmt"
	"sync"
	"unsafe"
)

// What the runtime lets be reached by linkname.

//go:linkname lastmoduledatap runtime.lastmoduledatap
var lastmoduledatap *moduledata

//go:linkname getitab runtime.getitab
func getitab(inter *interfaceType, typ *rtype, canfail bool) *itab

//go:linkname resolveNameOff reflect.resolveNameOff
func resolveNameOff(in unsafe.Pointer, off int32) *byte

//go:linkname resolveTypeOff reflect.resolveTypeOff
func resolveTypeOff(rtype unsafe.Pointer, off int32) unsafe.Pointer

//go:linkname resolveTextOff reflect.resolveTextOff
func resolveTextOff(rtype unsafe.Pointer, off int32) unsafe.Pointer

// What it does not: an executable that can load code exports all of its symbols,
// so these are asked for by name. One that is missing refuses the first Load.
var (
	itabTable                 **itabTableType
	itabLock                  *mutex
	emptyTypeAssertCache      unsafe.Pointer
	emptyInterfaceSwitchCache unsafe.Pointer
	firstmoduledata           *moduledata

	lock              func(*mutex)
	unlock            func(*mutex)
	itabAdd           func(*itab)
	itabInit          func(m *itab, firstTime bool) string
	modulesinit       func()
	progToPointerMask func(prog *byte, size uintptr) bitvector
	typesEqual        func(t, v *rtype, seen map[typePair]struct{}) bool
	moduledataverify1 func(*moduledata)
	doInit1           func(*initTask)
)

// pluginsMu is plugin.pluginsMu, which is held while a plugin of the program's own gets into
// the list of modules; nil if the program opens none.
var pluginsMu *sync.Mutex

// mutex is runtime.mutex without lock ranking.
type mutex struct {
	key uintptr
}

// reach finds them.
func reach() error {
	variables := []struct {
		name string
		p    unsafe.Pointer // to the variable above
	}{
		{"runtime.itabTable", unsafe.Pointer(&itabTable)},
		{"runtime.itabLock", unsafe.Pointer(&itabLock)},
		{"runtime.emptyTypeAssertCache", unsafe.Pointer(&emptyTypeAssertCache)},
		{"runtime.emptyInterfaceSwitchCache", unsafe.Pointer(&emptyInterfaceSwitchCache)},
		{"runtime.firstmoduledata", unsafe.Pointer(&firstmoduledata)},
	}
	functions := []struct {
		name string
		p    unsafe.Pointer
	}{
		{"runtime.lock2", unsafe.Pointer(&lock)},
		{"runtime.unlock2", unsafe.Pointer(&unlock)},
		{"runtime.itabAdd", unsafe.Pointer(&itabAdd)},
		{"runtime.itabInit", unsafe.Pointer(&itabInit)},
		{"runtime.modulesinit", unsafe.Pointer(&modulesinit)},
		{"runtime.progToPointerMask", unsafe.Pointer(&progToPointerMask)},
		{"runtime.typesEqual", unsafe.Pointer(&typesEqual)},
		{"runtime.moduledataverify1", unsafe.Pointer(&moduledataverify1)},
		{"runtime.doInit1", unsafe.Pointer(&doInit1)},
	}
	var ask []versioned
	for _, v := range variables {
		ask = append(ask, versioned{name: v.name})
	}
	for _, f := range functions {
		ask = append(ask, versioned{name: f.name})
	}
	found := globalScope.addresses(ask)
	for i, a := range found {
		if a == 0 {
			return fmt.Errorf("the executable does not export %s of %s", ask[i].name, goVersion)
		}
	}
	for i, v := range variables {
		*(*uintptr)(v.p) = found[i]
	}
	for i, f := range functions {
		// A function value is a pointer to a word with the code's address.
		code := new(uintptr)
		*code = found[len(variables)+i]
		*(*unsafe.Pointer)(f.p) = unsafe.Pointer(code)
	}
	if a := globalScope.addresses([]versioned{{name: "plugin.pluginsMu"}})[0]; a != 0 {
		pluginsMu = at[sync.Mutex](a)
	}
	return nil
}
