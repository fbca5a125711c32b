package loader

import "unsafe"

// setRoots tells the garbage collector which words of the module's variables hold pointers.
// modulesinit would do so, of all variables that the linker laid out, and most of them are
// variables of the standard library that the process has: the dynamic linker led every
// reference to them there, and nobody ever writes to the module's. In kvd they are nearly
// all of 200 kB, which each collection would read, once for each release, and by which the
// collector would measure how much it has to do.
func (m *Module) setRoots() {
	md := m.md
	md.gcdatamask = progToPointerMask(at[byte](md.gcdata), md.edata-md.data)
	md.gcbssmask = progToPointerMask(at[byte](md.gcbss), md.ebss-md.bss)
	var ask []versioned
	var which []int
	for i, s := range m.obj.syms {
		if a := m.lib.base + uintptr(s.value); !s.defined || !(md.data <= a && a < md.edata || md.bss <= a && a < md.ebss) {
			continue
		}
		if m.bound[i] != 0 {
			m.unroot(i, m.bound[i])
		} else { // nothing in the module refers to it by its symbol
			ask, which = append(ask, s.versioned), append(which, i)
		}
	}
	for k, a := range globalScope.addresses(ask) {
		if a != 0 {
			m.unroot(which[k], a)
		}
	}
}

// unroot takes a variable out of the collector's roots, if it is used at another place.
func (m *Module) unroot(i int, used uintptr) {
	if m.holds(used) {
		return
	}
	md, s := m.md, m.obj.syms[i]
	from := m.lib.base + uintptr(s.value)
	to := from + uintptr(s.size)
	md.gcdatamask.clear(md.data, md.edata, from, to)
	md.gcbssmask.clear(md.bss, md.ebss, from, to)
}

// clear clears the bits of the words that lie in [from, to) as a whole: the vector has one
// for each word of [start, end).
func (b bitvector) clear(start, end, from, to uintptr) {
	const word = unsafe.Sizeof(from)
	from, to = max(from, start), min(to, end)
	for a := (from + word - 1) &^ (word - 1); a+word <= to; a += word {
		n := (a - start) / word
		*(*byte)(unsafe.Add(unsafe.Pointer(b.bytedata), n/8)) &^= 1 << (n % 8)
	}
}
