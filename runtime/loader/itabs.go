package loader

import (
	"fmt"
	"sync/atomic"
	"unsafe"
)

// An itab says which functions an interface's methods are for one type. The
// runtime keeps them in a table by that pair, a failed assertion as an itab
// without functions; static ones lie in the modules. Interface values compare by
// the address of their itab, so that there must be one for each pair.
//
// For the pairs that the new module brings:
//
//	the pair involves a type that is the module's own   enter it at Load: old code cannot ask for it
//	the process has an itab for it, or makes one         refer to that one, at Load
//	the old type does not satisfy the interface          enter the module's at Commit
//
// And at Commit, for every type of the program's own that the module shares, and
// every interface that its new methods satisfy: the table's entry gets the new
// functions, takes the place of a failed assertion's, or is entered before
// anybody asks, since the runtime would look into the old descriptor's methods.

type pair struct {
	inter *interfaceType
	typ   *rtype
}

func (m *itab) pair() pair { return pair{m.inter, m.typ} }

func (m *itab) funs() []uintptr {
	return unsafe.Slice(&m.fun[0], len(m.inter.methods))
}

// itabWork is what Load leaves for Commit.
type itabWork struct {
	wanted map[pair]implementation // the pairs of shared own types and the new functions
	lost   []pair                  // pairs that the old methods satisfy and the new ones do not
	static map[pair]*itab          // itabs of the module that wait for Commit
	slots  map[*itab][]uintptr     // the module's references to itabs
}

type implementation struct {
	pair
	funs []uintptr
}

// retired are itabs that were taken out of the table because the type lost a
// method: interface values may hold them, so they come back when it does.
var retired = map[pair]*itab{}

// kept holds the itabs made here, which nothing but the runtime's table and
// interface values refer to; neither is seen by the garbage collector.
var kept [][]uintptr

func newItab(p pair, funs []uintptr) *itab {
	words := make([]uintptr, 3+max(1, len(p.inter.methods)))
	kept = append(kept, words)
	i := (*itab)(unsafe.Pointer(&words[0]))
	i.inter, i.typ = p.inter, p.typ
	copy(words[3:], funs)
	return i
}

// find looks into the runtime's table; itabLock must be held. place is where the
// entry stands.
func find(p pair) (i *itab, place *unsafe.Pointer) {
	t := *itabTable
	mask := t.size - 1
	h := uintptr(p.inter.hash^p.typ.hash) & mask
	for n := uintptr(1); ; n++ {
		place = (*unsafe.Pointer)(unsafe.Add(unsafe.Pointer(&t.entries), h*unsafe.Sizeof(uintptr(0))))
		i = (*itab)(atomic.LoadPointer(place))
		if i == nil {
			return nil, nil
		}
		if i.inter == p.inter && i.typ == p.typ {
			return i, place
		}
		h = (h + n) & mask
	}
}

func findLocked(p pair) *itab {
	lock(itabLock)
	i, _ := find(p)
	unlock(itabLock)
	return i
}

// prepareItabs does what old code cannot notice and lists the rest.
func (m *Module) prepareItabs() error {
	w := &m.itabs
	w.static = map[pair]*itab{}
	w.slots = map[*itab][]uintptr{}
	// Not only those in the module: a reference may have been bound to one in an
	// older module that was not the process's even then.
	all := map[*itab]bool{}
	for _, i := range m.md.itablinks {
		all[i] = true
	}
	for sym, slots := range m.slots {
		i := at[itab](m.bound[sym])
		all[i] = true
		w.slots[i] = append(w.slots[i], slots...)
	}
	var pokes []poke
	for i := range all {
		have := findLocked(i.pair())
		if have == i {
			continue
		}
		if m.holds(addr(i.inter)) || m.holds(addr(i.typ)) {
			lock(itabLock)
			itabAdd(i)
			unlock(itabLock)
			continue
		}
		if have == nil {
			// Made now and not by the next assertion of old code, which could
			// come between here and Commit.
			have = getitab(i.inter, i.typ, true)
		}
		if have != nil && have.fun[0] != 0 {
			for _, s := range w.slots[i] {
				pokes = append(pokes, poke{s, addr(have)})
			}
			continue
		}
		w.static[i.pair()] = i
	}
	if err := pokeAll(pokes); err != nil {
		return err
	}
	return m.findImplementations()
}

// findImplementations pairs the shared types of the program's own with the
// interfaces that their new methods satisfy.
func (m *Module) findImplementations() error {
	w := &m.itabs
	w.wanted = map[pair]implementation{}
	ifaces := map[*interfaceType]bool{}
	for i := range process.host.ifaces {
		ifaces[i] = true
	}
	for sym, s := range m.obj.syms {
		if s.defined && isTypeSymbol(s.name) && m.bound[sym] != 0 {
			if t := at[rtype](m.bound[sym]); t.kind&31 == kindInterface {
				if i := at[interfaceType](m.bound[sym]); len(i.methods) > 0 {
					ifaces[i] = true
				}
			}
		}
	}
	now, before := methodIndex{}, methodIndex{}
	for t, c := range m.copies {
		now.add(t, c)
		before.add(t, t)
	}
	for i := range ifaces {
		for _, t := range now.candidates(i) {
			switch funs, is := m.implement(m.copies[t], i); is {
			case satisfied:
				w.wanted[pair{i, t}] = implementation{pair{i, t}, funs}
				// An interface of its own: old code cannot ask for it, and state is converted before Commit.
				if m.holds(addr(i)) && findLocked(pair{i, t}) == nil {
					made := newItab(pair{i, t}, funs)
					lock(itabLock)
					itabAdd(made)
					unlock(itabLock)
				}
			case pruned:
				return fmt.Errorf("the linker left out methods of %s, of which the process has values", t.string())
			}
		}
		for _, t := range before.candidates(i) {
			if _, ok := w.wanted[pair{i, t}]; ok {
				continue
			}
			if _, is := m.implement(t, i); is != unsatisfied {
				w.lost = append(w.lost, pair{i, t})
			}
		}
	}
	return nil
}

// methodIndex finds the types that have a method of a given name, so that not
// every type is compared with every interface.
type methodIndex map[string][]*rtype

func (x methodIndex) add(t, descriptor *rtype) {
	for _, m := range descriptor.methods() {
		n := nameText(resolveNameOff(unsafe.Pointer(descriptor), m.name))
		x[n] = append(x[n], t)
	}
}

func (x methodIndex) candidates(i *interfaceType) []*rtype {
	return x[nameText(resolveNameOff(unsafe.Pointer(i), i.methods[0].name))]
}
