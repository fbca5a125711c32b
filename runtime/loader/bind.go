package loader

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
)

var errBinding = errors.New("wrong binding")

// hostInfo is what the executable's dynamic symbols tell.
type hostInfo struct {
	lib *library
	end uintptr // of the executable's memory
	// ifaces are the interface types in the process that the program may assert
	// to, sites the caches of its type assertions and switches: the executable's
	// and those of committed modules.
	ifaces   map[*interfaceType]bool
	asserts  []*cacheSite
	switches []*cacheSite
}

func readHost() (*hostInfo, error) {
	f, err := os.Open("/proc/self/exe") // the running file, even if its name is another's by now
	if err != nil {
		return nil, err
	}
	defer f.Close()
	obj, err := readObject(f)
	if err != nil {
		return nil, err
	}
	lib, err := self()
	if err != nil {
		return nil, err
	}
	h := &hostInfo{lib: lib, end: lib.base + uintptr(obj.size), ifaces: map[*interfaceType]bool{}}
	for _, s := range obj.syms {
		if s.defined {
			h.note(s.name, lib.base+uintptr(s.value))
		}
	}
	h.noteSites(obj, lib)
	if len(h.asserts) == 0 {
		return nil, errors.New("no type assertion's cache found, and the standard library has some")
	}
	return h, nil
}

// note enters the symbol at a if it is an interface type's.
func (h *hostInfo) note(name string, a uintptr) {
	if isTypeSymbol(name) && at[rtype](a).kind&31 == kindInterface {
		if i := at[interfaceType](a); len(i.methods) > 0 {
			h.ifaces[i] = true
		}
	}
}

func (h *hostInfo) noteSites(o *object, lib *library) {
	for _, off := range o.asserts {
		h.asserts = append(h.asserts, at[cacheSite](lib.base+uintptr(off)))
	}
	for _, off := range o.switches {
		h.switches = append(h.switches, at[cacheSite](lib.base+uintptr(off)))
	}
}

// note enters what the module brought, once it is there to stay; what it shares
// is known already.
func (m *Module) note() {
	for n, s := range m.obj.syms {
		if s.defined && (m.bound[n] == 0 || m.holds(m.bound[n])) {
			process.host.note(s.name, m.lib.base+uintptr(s.value))
		}
	}
	process.host.noteSites(m.obj, m.lib)
	m.drop()
}

// bind finds out where the dynamic linker led each symbol: from the places it
// filled in, and for descriptors that no place refers to by asking again.
func (m *Module) bind() {
	m.bound = make([]uintptr, len(m.obj.syms))
	m.slots = map[int][]uintptr{}
	for _, r := range m.obj.relocs {
		slot := m.lib.base + uintptr(r.off)
		m.bound[r.sym] = *at[uintptr](slot) - uintptr(r.addend)
		if r.addend == 0 && bytes.HasPrefix([]byte(m.obj.syms[r.sym].name), []byte("go:itab.")) {
			m.slots[r.sym] = append(m.slots[r.sym], slot)
		}
	}
	var ask []versioned
	var which []int
	for i, s := range m.obj.syms {
		if m.bound[i] == 0 && s.defined && isTypeSymbol(s.name) {
			ask = append(ask, s.versioned)
			which = append(which, i)
		}
	}
	for k, a := range globalScope.addresses(ask) {
		if a == 0 {
			a = m.lib.base + uintptr(m.obj.syms[which[k]].value)
		}
		m.bound[which[k]] = a
	}
}

// isGo tells Go's symbols from C's, which hold none of these.
func isGo(name string) bool { return strings.ContainsAny(name, ".:") }

// leavesOut reports whether the i-th symbol is of something that the update does not
// have because the executable does: it is undefined, or a descriptor without content.
func (m *Module) leavesOut(i int) bool {
	s := &m.obj.syms[i]
	if !s.defined {
		return isGo(s.name)
	}
	return isTypeSymbol(s.name) && at[rtype](m.lib.base+uintptr(s.value)).kind == 0
}

// leaveTypes lets the runtime know of the types that the module leaves to the process.
// It takes those without content out of the list that the runtime goes through.
func (m *Module) leaveTypes() {
	m.typelinks = slices.DeleteFunc(slices.Clone(m.md.typelinks), func(off int32) bool {
		return at[rtype](m.md.types+uintptr(off)).kind == 0
	})
	m.md.typelinks = m.typelinks
}

// mapTypes puts the types that the dynamic linker led to where offsets in the module's
// descriptors lead to its copies: those may be without content, so that the runtime
// has found nothing that is equal to them, or to types of which they are a part.
func (m *Module) mapTypes() {
	for i, s := range m.obj.syms {
		if s.defined && isTypeSymbol(s.name) && m.bound[i] != 0 && !m.holds(m.bound[i]) {
			m.md.typemap[int32(m.lib.base+uintptr(s.value)-m.md.types)] = ptr(m.bound[i])
		}
	}
}

// checkBindings makes sure that what is new lies in the new module, that nothing
// lies in an abandoned one, that functions which the module leaves out are the
// executable's, and that shared variables lie where the ledger says.
func (m *Module) checkBindings() error {
	byName := map[string]int{}
	for i, s := range m.obj.syms {
		a := m.bound[i]
		if m.leavesOut(i) && (a < process.host.lib.base || a >= process.host.end) {
			return fmt.Errorf("%w: the update leaves out %s for the executable's, and it lies elsewhere", errBinding, s.name)
		}
		if !s.defined || a == 0 {
			continue
		}
		if s.node == "" {
			return fmt.Errorf("%w: %s has no node, it could be anybody's", errBinding, s.name)
		}
		if s.node == m.file.Node && !m.holds(a) {
			return fmt.Errorf("%w: %s is new in this release and yet lies outside its module", errBinding, s.name)
		}
		if len(m.file.Shared) > 0 && m.file.Shared[s.name] != "" {
			byName[s.name] = i
		}
		for _, o := range process.modules {
			if o.state == abandoned && o.holds(a) {
				return fmt.Errorf("%w: %s lies in the abandoned module of release %q", errBinding, s.name, o.file.Release)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(m.file.Shared)) {
		i, ok := byName[name]
		if !ok {
			continue // the new code does not use it
		}
		node := m.file.Shared[name]
		if got := m.obj.syms[i].node; got != node {
			return fmt.Errorf("%w: %s carries node %s, the ledger says %s", errBinding, name, got, node)
		}
		for _, p := range m.providers(node) {
			if want := p.addresses([]versioned{{name, node}})[0]; want != 0 && want != m.bound[i] {
				return fmt.Errorf("%w: %s lies at %#x, the ledger's module has it at %#x", errBinding, name, m.bound[i], want)
			}
		}
	}
	return nil
}

// providers are the modules that introduced the node to this process.
func (m *Module) providers(node string) []*library {
	if slices.Contains(m.base.Nodes, node) {
		return []*library{process.host.lib}
	}
	var ls []*library
	for _, o := range process.modules {
		if o.file.Node == node && o.state == lasting {
			ls = append(ls, o.lib)
		}
	}
	return ls
}

// findCopies pairs the program's own types that the module shares with the
// module's unused copies of their descriptors: those have the new methods.
func (m *Module) findCopies() {
	m.copies = map[*rtype]*rtype{}
	for i, s := range m.obj.syms {
		if !s.defined || !isTypeSymbol(s.name) || m.holds(m.bound[i]) || m.bound[i] == 0 {
			continue
		}
		c := at[rtype](m.lib.base + uintptr(s.value))
		if len(c.methods()) > 0 && c.kind&31 != kindInterface && ownType(c, m.base.Own) {
			m.copies[at[rtype](m.bound[i])] = c
		}
	}
}
