package loader

import (
	"errors"
	"unsafe"
)

// The runtime and reflect take it that a type has one descriptor. The dynamic linker
// sees to it where code and data refer to a descriptor by its symbol. But descriptors
// refer to others by their offset in the module as well, and the linker of Go resolves
// that itself: the types of methods, and the pointer to a type. For these a module has a
// typemap, from the offset to the descriptor that the process uses.
//
// runtime.typelinksinit makes it for all types of a new module, some thousands, out of
// those of all modules before. Both grow with each update. What is done here comes to the
// same, at the cost of what is new alone:
//
//   - A descriptor of the module whose symbol the dynamic linker led elsewhere is not in
//     use: nobody has its address, so nobody asks for its offsets. Those that are in use,
//     and what they lead to, are followed.
//   - An offset of a descriptor whose symbol was led elsewhere leads there as well: the
//     module's own may be without content; see leavesOut.
//   - What other offsets lead to is looked for in a table of the types of the process,
//     which is kept, and gets from each module only the types that are in use in it.
//   - A type that is not there is the module's own. It gets an entry only if it stays in
//     the module's typelinks: a typelinksinit to come, for a plugin of the program, asks
//     for the entry of each.
//   - md.typelinks is what reflect searches before it makes a type. What is not in use
//     leaves it: the one in use is in the list of the module that has it, and before.
//     Types with names and interfaces leave it, too. Reflect makes none, and nothing
//     leads to them by an offset; the executable does not list them either.

// typeTable holds the types that those of a later module may be equal to, in the order in
// which typelinksinit would come upon them. Descriptors stay where they are for good, so
// the table needs no pointers.
type typeTable struct {
	types []uintptr
	slots []uint32    // by hash, then the next free one: place in types, and one
	last  *moduledata // of the runtime's list, when it was gone through
}

// known are the types of this process.
var known typeTable

func (k *typeTable) add(t *rtype) {
	if 4*len(k.types) >= 3*len(k.slots) {
		k.slots = make([]uint32, 2*len(k.slots))
		for n, a := range k.types {
			*k.free(at[rtype](a).hash) = uint32(n) + 1
		}
	}
	k.types = append(k.types, addr(t))
	*k.free(t.hash) = uint32(len(k.types))
}

// free is the slot for one more type of this hash: types of one hash keep their order.
func (k *typeTable) free(hash uint32) *uint32 {
	for h := int(hash); ; h++ {
		if s := &k.slots[h&(len(k.slots)-1)]; *s == 0 {
			return s
		}
	}
}

// equal is the first type that is the same as t, nil if t is new.
func (k *typeTable) equal(t *rtype) *rtype {
	for h := int(t.hash); ; h++ {
		n := k.slots[h&(len(k.slots)-1)]
		if n == 0 {
			return nil
		}
		if c := at[rtype](k.types[n-1]); c.hash == t.hash && (c == t || typesEqual(t, c, map[typePair]struct{}{})) {
			return c
		}
	}
}

// typePair is runtime._typePair.
type typePair struct{ t1, t2 *rtype }

// catchUp enters the types of the executable, and of what came to the end of the
// runtime's list since: the program's own plugins.
func (k *typeTable) catchUp() {
	if k.last == nil {
		k.slots = make([]uint32, 1024)
		k.last = firstmoduledata
		k.enter(k.last)
	}
	for k.last.next != nil {
		if k.last = k.last.next; !k.last.bad {
			k.enter(k.last)
		}
	}
}

// enter enters the types that the module lists: an abandoned one lists none.
func (k *typeTable) enter(md *moduledata) {
	for _, off := range md.typelinks {
		t := at[rtype](md.types + uintptr(off))
		if md.typemap != nil {
			t = (*rtype)(md.typemap[off])
		}
		if t != nil && k.equal(t) == nil {
			k.add(t)
		}
	}
}

// typeSet is a set of descriptors of a module, a bit for each word of its types.
type typeSet []uint64

func (s typeSet) has(off uintptr) bool { return s[off/512]>>(off/8%64)&1 != 0 }

// add reports whether the descriptor was not in the set.
func (s typeSet) add(off uintptr) bool {
	is := s.has(off)
	s[off/512] |= 1 << (off / 8 % 64)
	return !is
}

// typeLinks finds out what the offsets of a module's descriptors lead to.
type typeLinks struct {
	md    *moduledata
	used  typeSet // descriptors whose address somebody has
	asked typeSet // offsets that were asked for: one is in equal, or is the module's own
	equal map[int32]*rtype
	led   map[int32]*rtype // where the dynamic linker led descriptors that are not in use
	queue []*rtype         // in use, and not followed yet
	err   error
}

// linkTypes does for the module what runtime.typelinksinit does. It has to come before the
// module is among the runtime's active ones.
func (m *Module) linkTypes() error {
	md := m.md
	words := (md.etypes - md.types + 511) / 512
	l := &typeLinks{md: md, used: make(typeSet, words), asked: make(typeSet, words), equal: map[int32]*rtype{}, led: map[int32]*rtype{}}

	for i, s := range m.obj.syms {
		if !s.defined || !isTypeSymbol(s.name) {
			continue
		}
		if t := m.lib.base + uintptr(s.value); !l.among(t) {
			return errTypes
		} else if b := m.bound[i]; b != 0 && b != t {
			l.led[int32(t-md.types)] = at[rtype](b)
		} else {
			l.use(at[rtype](t))
		}
	}
	for _, off := range md.typelinks {
		if t := md.types + uintptr(off); !l.among(t) {
			return errTypes
		} else if l.led[off] == nil && at[rtype](t).kind != 0 {
			l.use(at[rtype](t))
		}
	}
	for _, e := range md.ptab {
		l.ask(e.typ)
	}
	l.follow()

	var listed []int32
	for _, off := range md.typelinks {
		t := at[rtype](md.types + uintptr(off))
		if l.used.has(uintptr(off)) && t.tflag&tflagNamed == 0 && t.kind&31 != kindInterface {
			listed = append(listed, off)
			l.ask(off)
		}
	}
	if l.err != nil {
		return l.err
	}
	typemap := make(map[int32]unsafe.Pointer, len(listed)+len(l.equal))
	for _, off := range listed {
		typemap[off] = ptr(md.types + uintptr(off))
	}
	for off, t := range l.equal {
		typemap[off] = unsafe.Pointer(t)
	}
	// The collector does not look into a module's description.
	m.typemap, m.typelinks = typemap, append([]int32{}, listed...)
	md.typemap, md.typelinks = m.typemap, m.typelinks

	// The copies are not in use: only this package follows their methods, until the
	// module is there to stay.
	l.equal = map[int32]*rtype{}
	for _, c := range m.copies {
		for _, f := range c.methods() {
			l.ask(f.typ)
		}
	}
	m.copied = l.equal
	return l.err
}

// typeAt resolves an offset in a descriptor of any module, or in a copy.
func (m *Module) typeAt(in unsafe.Pointer, off int32) unsafe.Pointer {
	if m.holds(uintptr(in)) {
		if t := m.copied[off]; t != nil {
			return unsafe.Pointer(t)
		}
	}
	return resolveTypeOff(in, off)
}

var errTypes = errors.New("the module's types are not laid out as those of " + goVersion)

// among reports whether a descriptor can lie at the address.
func (l *typeLinks) among(a uintptr) bool {
	return l.md.types <= a && a+unsafe.Sizeof(rtype{}) <= l.md.etypes && (a-l.md.types)%8 == 0
}

func (l *typeLinks) use(t *rtype) {
	if t.kind == 0 { // without content, and not led elsewhere
		l.err = errTypes
		return
	}
	if l.used.add(addr(t) - l.md.types) {
		l.queue = append(l.queue, t)
	}
}

// follow asks for all offsets in the descriptors in use.
func (l *typeLinks) follow() {
	for len(l.queue) > 0 {
		t := l.queue[len(l.queue)-1]
		l.queue = l.queue[:len(l.queue)-1]
		l.ask(t.ptrToThis)
		for _, m := range t.methods() {
			l.ask(m.typ)
		}
		if t.kind&31 == kindInterface {
			for _, m := range (*interfaceType)(unsafe.Pointer(t)).methods {
				l.ask(m.typ)
			}
		}
	}
}

// ask decides what the offset leads to.
func (l *typeLinks) ask(off int32) {
	if off == 0 || off == -1 { // none, or the linker left it out
		return
	}
	a := l.md.types + uintptr(off)
	if off < 0 || !l.among(a) {
		l.err = errTypes
		return
	}
	if !l.asked.add(uintptr(off)) {
		return
	}
	t := at[rtype](a)
	if c := l.led[off]; c != nil {
		l.equal[off] = c
	} else if c := known.equal(t); c != nil {
		l.equal[off] = c
	} else {
		l.use(t)
	}
}
