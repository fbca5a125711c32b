package link

import (
	"debug/elf"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/upstarego/upstarego/rewriter/ledger"
)

// Finding is a symbol of an update that is, or would be, bound wrongly.
type Finding struct {
	Symbol string // as the file has it, mangled
	Node   string
	Bound  string // name of the file it is bound to
	Why    string
}

func (f Finding) String() string {
	return fmt.Sprintf("%s@%s, bound to %s: %s", f.Symbol, f.Node, f.Bound, f.Why)
}

// Audit reads an executable and updates' shared objects back, in the order in
// which they are loaded, and checks how the last one's symbols are bound. With no
// update it checks the executable's own symbols.
//
// It goes by what was compiled, not by what Plan decided: a type that is shared
// must have a descriptor in the new module that says the same, field by field and
// reference by reference; one that is not must differ from its predecessor. What
// it takes from the ledger is which packages are re-compiled.
func Audit(host string, updates []string, syms *ledger.Symbols) ([]Finding, error) {
	a := &audit{syms: syms, found: map[Finding]bool{}}
	for _, path := range append([]string{host}, updates...) {
		m, err := openImage(path)
		if err != nil {
			return nil, err
		}
		m.base = filepath.Base(path)
		a.scope = append(a.scope, m)
	}
	a.m = a.scope[len(a.scope)-1]
	a.earlier = a.scope[:len(a.scope)-1]
	for path := range syms.Packages {
		if syms.Recompiled(path) {
			a.recompiled = append(a.recompiled, prefix(path))
		}
	}
	slices.Sort(a.recompiled)
	a.definitions()
	if len(a.earlier) > 0 {
		for i := range a.m.syms {
			a.symbol(i)
		}
	}
	var all []Finding
	for f := range a.found {
		all = append(all, f)
	}
	slices.SortFunc(all, func(x, y Finding) int { return strings.Compare(x.Symbol+x.Why, y.Symbol+y.Why) })
	return all, nil
}

type audit struct {
	scope      scope
	earlier    scope
	m          *image // the module that is audited
	syms       *ledger.Symbols
	recompiled []string // linker prefixes
	found      map[Finding]bool
}

func (a *audit) report(i int, to place, format string, args ...any) {
	f := Finding{Symbol: a.m.syms[i].Name, Node: a.m.node[i], Bound: "nothing", Why: fmt.Sprintf(format, args...)}
	if to.in != nil {
		f.Bound = to.in.base
	}
	a.found[f] = true
}

// definitions checks what the module offers to others.
func (a *audit) definitions() {
	for name, is := range a.m.defs {
		i := is[0]
		s := a.m.syms[i]
		here := place{a.m, s.Value}
		if s.Section == elf.SHN_ABS {
			continue // the nodes themselves
		}
		if len(is) > 1 {
			a.report(i, here, "defined %d times", len(is))
		}
		node := a.m.node[i]
		if node == "" {
			// The C linker's own marks (_init, __bss_start, …) are never bound to.
			if strings.ContainsAny(name, "./:·") {
				a.report(i, here, "no node: it would answer for every node")
			}
			continue
		}
		if a.syms.Age(node) < 0 && strings.HasPrefix(node, "UPSTARE_") {
			a.report(i, here, "a node that is not of this lineage")
		}
		if node == a.syms.Node && a.syms.Age(node) > 0 {
			for _, o := range a.earlier {
				for _, j := range o.defs[name] {
					if o.node[j] == node {
						a.report(i, here, "%s has this release's node too", o.base)
					}
				}
			}
		}
	}
}

// sizedHelper are the comparison functions that stand for a size, not for a type.
var sizedHelper = regexp.MustCompile(`^type:\.(eqfunc|hashfunc)[0-9]+$`)

// privateKind finds code and what leads to code.
var privateKind = regexp.MustCompile(`·f$|\.\.stmp_|\.\.dict\.|\.\.typeAssert\.|\.\.interfaceSwitch\.|\.func[0-9]`)

// symbol checks how the module's i-th symbol is bound.
func (a *audit) symbol(i int) {
	s := a.m.syms[i]
	if s.Section == elf.SHN_UNDEF && strings.ContainsAny(s.Name, ".:") {
		a.leftOut(i)
		return
	}
	if s.Section == elf.SHN_UNDEF || s.Section == elf.SHN_ABS || a.m.node[i] == "" {
		return
	}
	name := s.Name
	to := a.scope.lookup(name, a.m.node[i])
	mine := to.in == a.m
	own := place{a.m, s.Value}
	if !mine && elf.ST_TYPE(s.Info) == elf.STT_OBJECT {
		for _, j := range to.in.defs[name] {
			if t := to.in.syms[j]; t.Value == to.addr && t.Size != s.Size && !isLinkerMark(name) {
				a.report(i, to, "%d bytes there and %d bytes here", t.Size, s.Size)
			}
		}
	}
	switch {
	case strings.HasPrefix(name, "go:link.pkghash"):
		if !mine && a.nonStandard(name) {
			a.report(i, to, "the Go runtime would refuse the module")
		}
	case strings.HasPrefix(name, "go:itab."):
		if !mine {
			for off, what := range map[uint64]string{0: "interface", 8: "type"} {
				if x, y := a.scope.pointer(own.at(off)), a.scope.pointer(to.at(off)); x != y {
					a.report(i, to, "an itab whose %s is another one there", what)
				}
			}
		}
	case strings.HasPrefix(name, "type:.") || name == "type:*":
	case strings.HasPrefix(name, "type:"):
		a.descriptor(i, own, to)
	case privateKind.MatchString(name):
		if mine {
			return
		}
		for _, p := range a.recompiled {
			if strings.Contains(name, p+".") {
				a.report(i, to, "code of re-compiled package %s has to be the module's own", p)
				break
			}
		}
	}
}

// leftOut checks a function that the module leaves to the executable.
func (a *audit) leftOut(i int) {
	s := a.m.syms[i]
	to := a.scope.lookupAny(s.Name)
	switch {
	case to.in == nil:
		a.report(i, to, "left out, and no file has it")
	case to.in != a.scope[0]:
		a.report(i, to, "left out, and it is not the executable's")
	}
	for _, p := range a.recompiled {
		if strings.HasPrefix(s.Name, p+".") {
			a.report(i, to, "code of re-compiled package %s has to be the module's own", p)
		}
	}
}

func isLinkerMark(name string) bool {
	return strings.HasPrefix(name, "runtime.") || strings.HasPrefix(name, "go:") || !strings.Contains(name, ".")
}

func (a *audit) nonStandard(name string) bool {
	_, path, _ := strings.Cut(strings.TrimPrefix(name, "go:link."), ".")
	_, ok := a.syms.Packages[path]
	return ok
}

// descriptor checks a type: shared, it must be the same type; new, another one.
func (a *audit) descriptor(i int, own, to place) {
	d := descriptors{a}
	if d.kind(own) == 0 { // without content: the module leaves it to the executable
		if to.in != a.scope[0] {
			a.report(i, to, "left out, and it is not the executable's")
		}
		return
	}
	if to != own {
		if why := d.differ(own, to, nil); why != "" {
			a.report(i, to, "not the type that the module was compiled for: %s", why)
		}
		return
	}
	for _, p := range []uint64{24, d.hasherAt(own)} {
		if p == 0 {
			continue
		}
		r, ok := a.m.relocs[own.addr+p]
		if !ok || r.sym < 0 || !d.isNew(own) {
			continue
		}
		if n := a.m.syms[r.sym].Name; strings.HasPrefix(n, "type:.") && !sizedHelper.MatchString(n) && a.scope.pointer(own.at(p)).in != a.m {
			a.report(i, a.scope.pointer(own.at(p)), "a new type that is compared or hashed as its predecessor was")
		}
	}
	name := a.m.syms[i].Name
	for _, o := range a.earlier {
		for _, j := range o.defs[name] {
			if d.differ(own, place{o, o.syms[j].Value}, map[[2]place]bool{}) == "" {
				a.report(i, to, "a new node for a type that %s has with the same structure: reflect would see two", o.base)
			}
		}
	}
}
