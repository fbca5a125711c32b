package loader

import (
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"unsafe"

	"github.com/upstarego/upstarego/runtime/update"
)

// journal is what Commit changed, for Abandon to change back.
type journal struct {
	pokes   []poke  // old values
	entries []entry // of the itab table, in the order of their change
}

// entry is a change of the table: old stood at the pair's place, nil for none.
type entry struct {
	pair
	old *itab
}

func (m *Module) wrongState(what string) error {
	is := [...]string{"loaded", "committed", "committed and built upon", "abandoned"}[m.state]
	return &update.Error{Code: update.WrongState, Why: fmt.Sprintf("release %q cannot be %s: it is %s", m.file.Release, what, is)}
}

// Commit makes the new methods those of the process: every interface value and
// every type assertion, of foreign code as well, leads to the new module from now
// on. It takes no foreign lock, but for a moment the one of the dynamic linker's list of
// libraries, and runs no code of the program. On an error nothing has changed.
func (m *Module) Commit() error {
	process.Lock()
	defer process.Unlock()
	if m.state != loaded {
		return m.wrongState("committed")
	}
	pokes, entries := m.changes()
	old := make([]poke, len(pokes))
	for n, p := range pokes {
		old[n] = poke{p.addr, *at[uintptr](p.addr)}
	}
	if err := pokeAll(pokes); err != nil {
		return &update.Error{Code: update.NotLoadable, Why: err.Error(), Err: err}
	}
	m.undo.pokes = old
	for _, i := range entries {
		m.enterItab(i)
	}
	resetCaches(m)
	m.state = committed
	m.drop()
	return nil
}

// changes lists the words to be written and the itabs to be entered, without
// changing anything yet. Meanwhile only foreign code runs, which may enter a pair
// that was not there: enterItab then puts ours in its place.
func (m *Module) changes() (pokes []poke, entries []*itab) {
	w := &m.itabs
	use := func(i *itab, funs []uintptr) {
		// From the last to the first: the first tells whether there are any.
		for n := len(funs) - 1; n >= 0; n-- {
			if a := addr(&i.funs()[n]); *at[uintptr](a) != funs[n] {
				pokes = append(pokes, poke{a, funs[n]})
			}
		}
	}
	for p, impl := range w.wanted {
		i := findLocked(p)
		if i != nil && i.fun[0] != 0 {
			use(i, impl.funs)
			continue
		}
		if i = retired[p]; i == nil {
			if i = w.static[p]; i == nil {
				i = newItab(p, impl.funs)
			}
		}
		use(i, impl.funs)
		entries = append(entries, i)
	}
	for p, i := range w.static {
		if _, done := w.wanted[p]; done {
			continue
		}
		// A pair of a foreign type.
		if have := findLocked(p); have == nil || have.fun[0] == 0 {
			entries = append(entries, i)
		} else {
			for _, s := range w.slots[i] {
				pokes = append(pokes, poke{s, addr(have)})
			}
		}
	}
	for _, p := range w.lost {
		if findLocked(p) == nil {
			entries = append(entries, newItab(p, nil))
		}
	}
	// Pairs of interfaces that are in no symbol table (reflect makes some), and
	// those that an earlier update's methods satisfied.
	var rest []*itab
	eachItab(func(i *itab) {
		if m.copies[i.typ] != nil && i.fun[0] != 0 {
			if _, ok := w.wanted[i.pair()]; !ok {
				rest = append(rest, i)
			}
		}
	})
	for _, i := range rest {
		switch funs, is := m.implement(m.copies[i.typ], i.inter); is {
		case satisfied:
			use(i, funs)
		case unsatisfied:
			entries = append(entries, newItab(i.pair(), nil))
		}
	}
	return pokes, entries
}

// enterItab puts the itab at its pair's place in the table and notes what was there.
func (m *Module) enterItab(i *itab) {
	p := i.pair()
	lock(itabLock)
	old, place := find(p)
	if place == nil {
		itabAdd(i)
	} else if old != i {
		atomic.StorePointer(place, unsafe.Pointer(i))
	}
	unlock(itabLock)
	if old == i {
		return
	}
	if old != nil && old.fun[0] != 0 && i.fun[0] == 0 {
		retired[p] = old
	}
	m.undo.entries = append(m.undo.entries, entry{p, old})
}

// eachItab calls f for every entry of the table; f must not allocate much: the
// table is locked.
func eachItab(f func(*itab)) {
	lock(itabLock)
	t := *itabTable
	for n := uintptr(0); n < t.size; n++ {
		p := (*unsafe.Pointer)(unsafe.Add(unsafe.Pointer(&t.entries), n*unsafe.Sizeof(n)))
		if i := (*itab)(atomic.LoadPointer(p)); i != nil {
			f(i)
		}
	}
	unlock(itabLock)
}

// resetCaches makes type assertions and switches ask the table again, those of
// the module as well: they remember failures. What they remember is in the table, so
// that none is wrong if no entry has changed.
func resetCaches(m *Module) {
	if len(m.undo.entries) == 0 {
		return
	}
	for _, of := range [][]cacheSites{process.host.asserts, m.asserts} {
		resetSites(of, emptyTypeAssertCache)
	}
	for _, of := range [][]cacheSites{process.host.switches, m.switches} {
		resetSites(of, emptyInterfaceSwitchCache)
	}
}

// Abandon gives the module up. Old code's type assertions answer as they did
// before Load; the module's memory stays. It is possible until the next Load.
func (m *Module) Abandon() error {
	process.Lock()
	defer process.Unlock()
	switch m.state {
	case loaded:
	case committed:
		for n := len(m.undo.entries) - 1; n >= 0; n-- {
			e := m.undo.entries[n]
			old := e.old
			if old == nil {
				// What the runtime would have found, had it been asked before.
				old = newItab(e.pair, nil)
				itabInit(old, true)
			}
			lock(itabLock)
			if _, place := find(e.pair); place != nil {
				atomic.StorePointer(place, unsafe.Pointer(old))
			}
			unlock(itabLock)
		}
		if err := pokeAll(m.undo.pokes); err != nil {
			return &update.Error{Code: update.NotLoadable, Why: "the old methods cannot be put back: " + err.Error(), Err: err}
		}
		resetCaches(m)
	default:
		return m.wrongState("abandoned")
	}
	m.undo = journal{}
	m.forget()
	return nil
}

// Pending lists the packages of the module whose init functions have not run, in
// the order in which they have to: those new to the process, and those that each
// module has of its own.
func (m *Module) Pending() []string {
	var ps []string
	for _, t := range m.md.inittasks {
		if t.state == 0 {
			ps = append(ps, initPackage(t))
		}
	}
	return ps
}

// Skip has the pending inits of the packages that skip names not run, now or ever: what they
// would make is taken over from elsewhere.
func (m *Module) Skip(skip func(pkg string) bool) {
	for _, t := range m.md.inittasks {
		if t.state == 0 && skip(initPackage(t)) {
			t.state = 2
		}
	}
}

// Init runs the pending inits of the packages that run accepts, nil for all. A
// panic in one is returned as an error; its package cannot be initialised again,
// so the module has to be abandoned then.
func (m *Module) Init(run func(pkg string) bool) (err error) {
	pkg := ""
	defer func() {
		if e := recover(); e != nil {
			err = fmt.Errorf("loader: init of package %s panicked: %v", pkg, e)
		}
	}()
	for _, t := range m.md.inittasks {
		if t.state != 0 {
			continue
		}
		pkg = initPackage(t)
		if run == nil || run(pkg) {
			doInit1(t)
		}
	}
	return nil
}

// initPackage is the import path of the package that the task initialises, and
// main for the program's package main.
func initPackage(t *initTask) string {
	if t.nfns == 0 {
		return ""
	}
	pc := *(*uintptr)(unsafe.Add(unsafe.Pointer(t), unsafe.Sizeof(*t)))
	f := runtime.FuncForPC(pc)
	if f == nil {
		return ""
	}
	name := f.Name()
	slash := strings.LastIndexByte(name, '/') + 1
	path, _, _ := strings.Cut(name[slash:], ".")
	return name[:slash] + strings.ReplaceAll(path, "%2e", ".")
}
