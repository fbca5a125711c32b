package loader

import (
	_ "plugin" // makes the linker keep methods and map initialisers, and export symbols
	"unsafe"
)

// This file and reach.go are all that the loader takes from inside the runtime of
// Go 1.26: layouts, which are copied here, and functions and variables.
// docs/trials/loading.md lists them.

const goVersion = "go1.26"

// moduledata is runtime.moduledata.
type moduledata struct {
	pcHeader     *pcHeader
	funcnametab  []byte
	cutab        []uint32
	filetab      []byte
	pctab        []byte
	pclntable    []byte
	ftab         []struct{ entryoff, funcoff uint32 }
	findfunctab  uintptr
	minpc, maxpc uintptr

	text, etext           uintptr
	noptrdata, enoptrdata uintptr
	data, edata           uintptr
	bss, ebss             uintptr
	noptrbss, enoptrbss   uintptr
	covctrs, ecovctrs     uintptr
	end, gcdata, gcbss    uintptr
	types, etypes         uintptr
	rodata                uintptr
	gofunc                uintptr
	epclntab              uintptr

	textsectmap []struct{ vaddr, end, baseaddr uintptr }
	typelinks   []int32
	itablinks   []*itab

	ptab []struct{ name, typ int32 }

	pluginpath string
	pkghashes  []modulehash

	inittasks []*initTask

	modulename   string
	modulehashes []modulehash

	hasmain uint8
	bad     bool

	gcdatamask, gcbssmask bitvector

	typemap map[int32]unsafe.Pointer

	next *moduledata
}

// bitvector is runtime.bitvector.
type bitvector struct {
	n        int32
	bytedata *uint8
}

type pcHeader struct {
	magic uint32
}

const pclnMagic = 0xfffffff1

type modulehash struct {
	modulename   string
	linktimehash string
	runtimehash  *string
}

// initTask is runtime.initTask; nfns functions follow it.
type initTask struct {
	state uint32 // 0 to do, 1 under way, 2 done
	nfns  uint32
}

// rtype is abi.Type.
type rtype struct {
	size, ptrBytes uintptr
	hash           uint32
	tflag          uint8
	align, fieldA  uint8
	kind           uint8
	equal          func(unsafe.Pointer, unsafe.Pointer) bool
	gcData         *byte
	str            int32
	ptrToThis      int32
}

const (
	tflagUncommon = 1
	tflagNamed    = 4
)

const (
	kindArray     = 17
	kindChan      = 18
	kindFunc      = 19
	kindInterface = 20
	kindMap       = 21
	kindPointer   = 22
	kindSlice     = 23
	kindStruct    = 25
)

// uncommonAt is the size of the kind's descriptor: the uncommon part follows it.
func uncommonAt(kind uint8) uintptr {
	const base = unsafe.Sizeof(rtype{})
	switch kind {
	case kindPointer, kindFunc, kindSlice:
		return base + 8
	case kindChan:
		return base + 16
	case kindArray:
		return base + 24
	case kindStruct, kindInterface:
		return base + 32
	case kindMap:
		return base + 64
	}
	return base
}

type uncommon struct {
	pkgPath        int32
	mcount, xcount uint16
	moff           uint32
	_              uint32
}

type method struct{ name, typ, ifn, tfn int32 }

type interfaceType struct {
	rtype
	pkgPath *byte
	methods []struct{ name, typ int32 }
}

// itab is abi.ITab; fun is as long as the interface has methods.
type itab struct {
	inter *interfaceType
	typ   *rtype
	hash  uint32
	fun   [1]uintptr
}

// itabTableType is runtime.itabTableType; entries is size long.
type itabTableType struct {
	size, count uintptr
	entries     [1]unsafe.Pointer
}

// cacheSite is the beginning of abi.TypeAssert and abi.InterfaceSwitch: a
// pointer to the cache of one type assertion or type switch in the program.
type cacheSite struct {
	cache unsafe.Pointer
}
