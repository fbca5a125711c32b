package state

import (
	"fmt"
	"reflect"
	goruntime "runtime"
	"sync"
	"unsafe"

	"github.com/upstarego/upstarego/runtime"
)

// All that this package relies on beyond the language and package reflect is in
// this file. The functions carry the runtime's own "do not remove or change the
// type signature" promise (go.dev/issue/67401), all but rtlock, rtunlock and ensureSwept,
// which need the linker flag -checklinkname=0. The mirrored structs carry no promise: checkRuntime
// compares them with the runtime's behaviour before the first plan is made.

//go:linkname findObject runtime.findObject
func findObject(p, refBase, refOff uintptr) (base uintptr, s *span, objIndex uintptr)

//go:linkname unsafeNew reflect.unsafe_New
func unsafeNew(rtype unsafe.Pointer) unsafe.Pointer

//go:linkname unsafeNewArray reflect.unsafe_NewArray
func unsafeNewArray(rtype unsafe.Pointer, n int) unsafe.Pointer

//go:linkname typedmemmove runtime.typedmemmove
func typedmemmove(rtype, dst, src unsafe.Pointer)

//go:linkname mapassign runtime.mapassign
func mapassign(rtype, m, key unsafe.Pointer) unsafe.Pointer

//go:linkname mapiterinit runtime.mapiterinit
func mapiterinit(rtype, m unsafe.Pointer, it *mapIter)

//go:linkname mapiternext runtime.mapiternext
func mapiternext(it *mapIter)

//go:linkname ifaceE2I reflect.ifaceE2I
func ifaceE2I(iface unsafe.Pointer, src any, dst unsafe.Pointer)

//go:linkname procPin sync.runtime_procPin
func procPin() int

//go:linkname procUnpin sync.runtime_procUnpin
func procUnpin()

//go:linkname rtlock runtime.lock2
func rtlock(l *uintptr)

//go:linkname rtunlock runtime.unlock2
func rtunlock(l *uintptr)

//go:linkname ensureSwept runtime.(*mspan).ensureSwept
func ensureSwept(s *span)

// itab is the first word of t's values in an interface type with methods, nil if t does
// not implement it. The runtime says so, and not t: a type whose layout has not changed
// keeps the descriptor, and with it the methods, of the release that it comes from, but
// the loader has entered what its new methods implement.
func itab(iface, t reflect.Type) unsafe.Pointer {
	var to words
	defer func() { recover() }() // of the assertion
	ifaceE2I(rtype(iface), reflect.Zero(t).Interface(), unsafe.Pointer(&to))
	return to[0]
}

// mapIter mirrors the runtime's linknameIter; key and elem point at the slots.
type mapIter struct {
	key, elem unsafe.Pointer
	typ, it   unsafe.Pointer
}

// span mirrors the head of runtime.mspan.
type span struct {
	next, prev, list     uintptr
	startAddr, npages    uintptr
	manualFreeList       uintptr
	freeindex, nelems    uint16
	freeIndexForScan     uint16
	allocCache           uint64
	allocBits            uintptr
	gcmarkBits           uintptr
	pinnerBits           uintptr
	sweepgen, divMul     uint32
	allocCount           uint16
	spanclass, state     uint8
	needzero, arenaChunk uint8
	allocCountBefore     uint16
	elemsize             uintptr
	limit                uintptr
	speciallock          uintptr
	specials             *attachment
}

// An attachment mirrors the head of runtime.special.
type attachment struct {
	next   *attachment
	offset uintptr
	kind   byte
}

// Kinds of attachments.
const (
	kindFinalizer = 2
	kindCleanup   = 7
)

type hchan = runtime.ChanWords

// block is the allocator's block that p points into: its start and size, or
// 0, 0 when p does not point into the heap.
func block(p unsafe.Pointer) (base, size uintptr) {
	base, s, _ := findObject(uintptr(p), 0, 0)
	if base == 0 {
		return 0, 0
	}
	return base, s.elemsize
}

// A heapBlock is a block of the allocator's and where it lies in its span.
type heapBlock struct {
	base   unsafe.Pointer // nil: not in the heap
	span   uintptr        // where the span begins
	blocks int            // of the span
	index  uintptr        // among them
	size   uintptr
	head   uintptr // what the allocator has at the beginning for itself
}

func blockAt(p unsafe.Pointer) heapBlock {
	base, s, i := findObject(uintptr(p), 0, 0)
	if base == 0 {
		return heapBlock{}
	}
	b := heapBlock{base: unsafe.Add(p, -int(uintptr(p)-base)), span: s.startAddr, blocks: int(s.nelems), index: i, size: s.elemsize}
	if s.spanclass>>1 != 0 && s.spanclass&1 == 0 && b.size > 512 {
		b.head = 8 // the type, of what has pointers
	}
	return b
}

// words tells which words of the block size bytes at p are, not counting its head.
func (b *heapBlock) words(p unsafe.Pointer, size uintptr) (lo, hi uintptr) {
	off := uintptr(p) - uintptr(b.base) - b.head
	return off / wordSize, (off + size + wordSize - 1) / wordSize
}

// rtype is the word that an interface value of type t carries.
func rtype(t reflect.Type) unsafe.Pointer {
	return (*[2]unsafe.Pointer)(unsafe.Pointer(&t))[1]
}

// The runtime keeps values that interfaces of any type share, to save them a box: zero
// (runtime.zeroVal) and the integers of one byte (runtime.staticuint64s). They tell no
// objects apart. Where they are is read off interfaces that hold them.
var (
	noSlice []byte
	noCount uint64
	zero    = boxOf(noSlice)
	counts  = boxOf(noCount)
)

// lastBoxed keeps boxOf's boxes off the stack.
var lastBoxed any

func boxOf(v any) unsafe.Pointer {
	lastBoxed = v
	return (*words)(unsafe.Pointer(&lastBoxed))[1]
}

// common reports whether an interface's box is such a value.
func common(box unsafe.Pointer) bool {
	return box == zero || uintptr(box)-uintptr(counts) < 256*8
}

// directIface reports whether interfaces hold values of type t in their data
// word itself. It asks reflect instead of repeating the compiler's rule.
func directIface(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Chan, reflect.Func, reflect.UnsafePointer:
		return true
	case reflect.Struct, reflect.Array:
	default:
		return false
	}
	if t.Size() != unsafe.Sizeof(uintptr(0)) || !pointerShaped(t) {
		return false
	}
	v := reflect.New(t).Elem()
	probe := new([2]uintptr)
	*(*unsafe.Pointer)(v.Addr().UnsafePointer()) = unsafe.Pointer(probe)
	i := v.Interface()
	return (*[2]unsafe.Pointer)(unsafe.Pointer(&i))[1] == unsafe.Pointer(probe)
}

// pointerShaped reports whether the one word of t holds a pointer.
func pointerShaped(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Chan, reflect.Func, reflect.UnsafePointer:
		return true
	case reflect.Array:
		return t.Len() == 1 && pointerShaped(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			if f := t.Field(i); f.Type.Size() != 0 {
				return pointerShaped(f.Type)
			}
		}
	}
	return false
}

// heapBytes and heapPointers keep checkRuntime's blocks off the stack.
var (
	heapBytes    []byte
	heapPointers []*byte
)

// checkRuntime compares the mirrors above with what the runtime does.
var checkRuntime = sync.OnceValue(func() error {
	for _, size := range []int{24, 48, 1024, 4096} {
		b := make([]byte, size)
		heapBytes = b
		p := unsafe.Pointer(&b[size-1])
		base, blockSize := block(p)
		if base != uintptr(unsafe.Pointer(&b[0])) || blockSize != uintptr(size) {
			return fmt.Errorf("runtime.mspan is not as expected: a block of %d bytes is reported as %d", size, blockSize)
		}
	}
	for _, n := range []int{4, 64, 65, 2000, 10_000} {
		heapPointers = make([]*byte, n)
		p := unsafe.Pointer(&heapPointers[n-1])
		b := blockAt(p)
		lo, hi := b.words(unsafe.Pointer(&heapPointers[0]), wordSize)
		if lo != 0 || hi != 1 || b.index >= uintptr(b.blocks) || b.span+b.index*b.size != uintptr(b.base) {
			return fmt.Errorf("runtime.mspan is not as expected: a block of %d pointers begins at word %d of %d bytes", n, lo, b.size)
		}
	}
	for i := range 3 {
		o := new([7]*int)
		base, size := block(unsafe.Pointer(o))
		if i == 0 {
			goruntime.SetFinalizer(o, func(*[7]*int) {})
		} else if i == 1 {
			goruntime.AddCleanup(&o[3], func(int) {}, 0)
		}
		e := attached(base)
		if in(e.finalizers, base, size) != (i == 0) || in(e.cleanups, base, size) != (i == 1) {
			return fmt.Errorf("runtime.special is not as expected")
		}
		goruntime.SetFinalizer(o, nil)
	}
	f := reflect.ValueOf(&heapBytes).Elem()
	if w := (*valueWords)(unsafe.Pointer(&f)); w.typ != rtype(reflect.TypeFor[[]byte]()) || w.p != unsafe.Pointer(&heapBytes) || w.flag != uintptr(reflect.Slice)|valueIndir|valueAddr {
		return fmt.Errorf("reflect.Value is not as expected")
	}
	noCount = 255
	if boxOf([2]string{}) != zero || boxOf(noCount) != unsafe.Add(counts, 255*8) {
		return fmt.Errorf("runtime.zeroVal and staticuint64s are not as expected")
	}
	c := make(chan [3]int64, 5)
	for i := range int64(4) {
		c <- [3]int64{i, 7, 9}
	}
	<-c
	h := *(**hchan)(unsafe.Pointer(&c))
	if h.Qcount != 3 || h.Dataqsiz != 5 || h.Elemsize != 24 || h.Closed != 0 || h.Recvx != 1 || h.Sendx != 4 ||
		h.Elemtype != rtype(reflect.TypeFor[[3]int64]()) || *(*[3]int64)(unsafe.Add(h.Buf, 24)) != [3]int64{1, 7, 9} ||
		!h.Recvq.Empty() || !h.Sendq.Empty() {
		return fmt.Errorf("runtime.hchan is not as expected")
	}
	close(c)
	if h.Closed == 0 {
		return fmt.Errorf("runtime.hchan is not as expected: closed")
	}
	m := map[string]int{"a": 1}
	mt := reflect.TypeOf(m)
	mp := *(*unsafe.Pointer)(unsafe.Pointer(&m))
	key := "b"
	*(*int)(mapassign(rtype(mt), mp, unsafe.Pointer(&key))) = 2
	var it mapIter
	for mapiterinit(rtype(mt), mp, &it); it.key != nil; mapiternext(&it) {
		*(*int)(it.elem) += 10
	}
	if m["a"] != 11 || m["b"] != 12 || len(m) != 2 {
		return fmt.Errorf("runtime's map iteration is not as expected")
	}
	return nil
})
