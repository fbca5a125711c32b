package loader

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"sort"
	"strings"
)

var errBinding = errors.New("wrong binding")

// hostInfo is what the executable's dynamic symbols tell.
type hostInfo struct {
	lib *library
	end uintptr // of the executable's memory
	// ifaces are the interface types in the process that the program may assert
	// to, asserts and switches the caches of its type assertions and switches: the
	// executable's and those of committed modules.
	ifaces            map[*interfaceType]bool
	asserts, switches []cacheSites
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
			if i := interfaceAt(s.name, lib.base+uintptr(s.value)); i != nil {
				h.ifaces[i] = true
			}
		}
	}
	h.asserts, h.switches = sitesOf(obj.asserts, lib), sitesOf(obj.switches, lib)
	if len(h.asserts) == 0 {
		return nil, errors.New("no type assertion's cache found, and the standard library has some")
	}
	return h, nil
}

// interfaceAt is the symbol's interface type with methods, nil if it is anything else.
func interfaceAt(name string, a uintptr) *interfaceType {
	if isTypeSymbol(name) && at[rtype](a).kind&31 == kindInterface {
		if i := at[interfaceType](a); len(i.methods) > 0 {
			return i
		}
	}
	return nil
}

// brings lists what the process gets to know of the module once it is there to stay;
// what it shares is known already.
func (m *Module) brings() {
	for n, s := range m.obj.syms {
		if s.defined && (m.bound[n] == 0 || m.holds(m.bound[n])) {
			if i := interfaceAt(s.name, m.lib.base+uintptr(s.value)); i != nil {
				m.ifaces = append(m.ifaces, i)
			}
		}
	}
	m.asserts, m.switches = sitesOf(m.obj.asserts, m.lib), sitesOf(m.obj.switches, m.lib)
}

// note enters it.
func (m *Module) note() {
	h := process.host
	for _, i := range m.ifaces {
		h.ifaces[i] = true
	}
	h.asserts, h.switches = append(h.asserts, m.asserts...), append(h.switches, m.switches...)
	m.ifaces, m.asserts, m.switches = nil, nil, nil
	known.enter(m.md)
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

// checkBindings makes sure that what is new lies in the new module, that nothing
// lies in an abandoned one, that functions which the module leaves out are the
// executable's, and that shared variables lie where the ledger says.
func (m *Module) checkBindings() error {
	byName := map[string]int{}
	var gone []*Module // in the order of their addresses
	for _, o := range process.modules {
		if o.state == abandoned {
			gone = append(gone, o)
		}
	}
	slices.SortFunc(gone, func(a, b *Module) int { return cmp.Compare(a.lib.base, b.lib.base) })
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
		n := sort.Search(len(gone), func(n int) bool { return a < gone[n].end })
		if n < len(gone) && gone[n].holds(a) {
			return fmt.Errorf("%w: %s lies in the abandoned module of release %q", errBinding, s.name, gone[n].file.Release)
		}
	}
	providers := map[string][]*library{}
	for _, name := range slices.Sorted(maps.Keys(m.file.Shared)) {
		i, ok := byName[name]
		if !ok {
			continue // the new code does not use it
		}
		node := m.file.Shared[name]
		if got := m.obj.syms[i].node; got != node {
			return fmt.Errorf("%w: %s carries node %s, the ledger says %s", errBinding, name, got, node)
		}
		if _, asked := providers[node]; !asked {
			providers[node] = m.providers(node)
		}
		for _, p := range providers[node] {
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
	own := m.own()
	for i, s := range m.obj.syms {
		if !s.defined || !isTypeSymbol(s.name) || m.holds(m.bound[i]) || m.bound[i] == 0 {
			continue
		}
		c := at[rtype](m.lib.base + uintptr(s.value))
		if len(c.methods()) > 0 && c.kind&31 != kindInterface && ownType(c, own) {
			m.copies[at[rtype](m.bound[i])] = c
		}
	}
}
