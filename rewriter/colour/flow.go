package colour

import (
	"go/ast"
	"go/types"
	"slices"

	"golang.org/x/tools/go/ssa"
	"golang.org/x/tools/go/types/typeutil"

	"github.com/upstarego/upstarego/rewriter/load"
)

// A flow says which functions a function value may be, and which types a value
// of interface type may have, everywhere in own code.
//
// It is a propagation of atoms (functions, dynamic types, and "foreign": any
// value that foreign code made) along the edges of a graph. A node is an SSA
// value, or a class of memory: a struct field, whatever its object; a package
// variable; a local variable; what slices, maps, channels and pointers of one
// element type hold. Calls are connected as callees turn up.
//
// The well known algorithms of this kind (RTA, VTA, as in x/tools) are unsound
// for a program without the bodies of its dependencies: a value that goes
// through a foreign container, context or callback is lost. Here foreign code is
// a node like any other: all that own code hands over flows in, all that foreign
// code hands to own code flows out, restricted by type alone. What flows in is
// also what foreign code can call, and thus needs a gate.
type flow struct {
	prog *load.Program
	ssa  *ssa.Program

	nodes  []*node
	locals map[local]*node
	fields typeutil.Map // *types.Struct → []*node
	elems  typeutil.Map // element type → *node
	done   map[*ssa.Function]bool
	work   []*node
	todo   []*ssa.Function

	atoms   map[any]atom
	funcs   []*ssa.Function // by atom
	dynamic []types.Type    // by atom
	typed   typeutil.Map    // type → atom

	outside   *node                  // foreign code: all it is given, all it gives
	callbacks *node                  // what foreign code calls before it returns, and then forgets
	panics    *node                  // values on their way to recover
	exposed   typeutil.Map           // type → bool: what foreign code reaches; true with unexported fields
	called    map[*ssa.Function]bool // entered from outside, parameters connected
	borrowed  map[*ssa.Function]bool // entered from callbacks

	edges map[edgeKey]bool
	sites []*site
	names foreignMethods
}

type edgeKey struct {
	from, to *node
	filter   bool
}

// An atom is one thing that can flow.
type atom int32

const (
	foreign  atom = 0
	quietSeq atom = 1 // an iterator that foreign code made and that works in memory
)

// A local names the i-th component of an SSA value; -1 is the value itself.
type local struct {
	v ssa.Value
	i int
}

// A node holds atoms. typ is the static type of what it holds; nil for no one
// type.
type node struct {
	typ   types.Type
	has   map[atom]bool
	fresh []atom // not yet sent along edges
	in    bool   // in the work list
	succs []edge
	watch []func(atom) // run for each atom that arrives
}

type edge struct {
	to     *node
	filter bool // let only pass what to.typ can hold
}

func newFlow(p *load.Program, m Maps) *flow {
	f := &flow{
		prog:     p,
		locals:   map[local]*node{},
		done:     map[*ssa.Function]bool{},
		atoms:    map[any]atom{},
		funcs:    make([]*ssa.Function, 2),
		dynamic:  make([]types.Type, 2),
		edges:    map[edgeKey]bool{},
		called:   map[*ssa.Function]bool{},
		borrowed: map[*ssa.Function]bool{},
	}
	f.names = scanForeign(p)
	f.outside, f.callbacks, f.panics = f.newNode(nil), f.newNode(nil), f.newNode(nil)
	f.outside.watch = append(f.outside.watch, func(a atom) { f.arriveOutside(a, true) })
	f.callbacks.watch = append(f.callbacks.watch, func(a atom) { f.arriveOutside(a, false) })
	f.add(f.outside, foreign)
	f.build(m)
	f.solve()
	return f
}

// build makes SSA of own packages. Foreign packages are declared, not built.
func (f *flow) build(m Maps) {
	f.ssa = ssa.NewProgram(f.prog.Fset, ssa.InstantiateGenerics)
	seen := map[*types.Package]bool{}
	var declare func(p *types.Package)
	declare = func(p *types.Package) {
		if seen[p] {
			return
		}
		seen[p] = true
		for _, q := range p.Imports() {
			declare(q)
		}
		if !f.prog.IsOwn(p) {
			f.ssa.CreatePackage(p, nil, nil, true)
		}
	}
	for _, p := range f.prog.Known() { // export data does not list all it mentions as imports
		if !f.prog.IsOwn(p) {
			declare(p)
		}
	}
	for _, pkg := range f.prog.Own {
		declare(pkg.Types)
		f.ssa.CreatePackage(pkg.Types, pkg.Syntax, pkg.Info, true)
	}
	for _, pkg := range f.prog.Own {
		f.ssa.Package(pkg.Types).Build()
	}
	for _, pkg := range f.prog.Own {
		f.enterFunc(f.ssa.Package(pkg.Types).Func("init"))
		for _, file := range pkg.Syntax {
			for _, d := range file.Decls {
				if d, ok := d.(*ast.FuncDecl); ok {
					if obj, ok := pkg.Info.Defs[d.Name].(*types.Func); ok {
						f.enterFunc(f.ssa.FuncValue(obj))
					}
				}
			}
		}
		// Init functions and functions named _ have no object that leads to
		// them; they are found among the callees of the initialiser, and
		// never.
	}
	for _, obj := range namedOutside(f.prog) {
		if fn := f.ssa.FuncValue(obj); fn != nil {
			f.enterFromOutside(fn, true)
		}
	}
	for _, obj := range slices.Concat(m.Calls, m.Begins) {
		if fn := f.ssa.FuncValue(obj); fn != nil && fn.TypeParams().Len() == 0 {
			f.fromOutside(fn)
		}
	}
}

// solve runs until nothing moves.
func (f *flow) solve() {
	for len(f.todo) > 0 || len(f.work) > 0 {
		if n := len(f.todo); n > 0 {
			fn := f.todo[n-1]
			f.todo = f.todo[:n-1]
			f.function(fn)
			continue
		}
		n := f.work[len(f.work)-1]
		f.work = f.work[:len(f.work)-1]
		n.in = false
		fresh := n.fresh
		n.fresh = nil
		for i := 0; i < len(n.succs); i++ {
			e := n.succs[i]
			for _, a := range fresh {
				f.pass(a, e)
			}
		}
		for i := 0; i < len(n.watch); i++ {
			for _, a := range fresh {
				n.watch[i](a)
			}
		}
	}
}

func (f *flow) newNode(t types.Type) *node {
	n := &node{typ: t, has: map[atom]bool{}}
	f.nodes = append(f.nodes, n)
	return n
}

func (f *flow) add(n *node, a atom) {
	if n == nil || n.has[a] {
		return
	}
	n.has[a] = true
	n.fresh = append(n.fresh, a)
	if !n.in {
		n.in = true
		f.work = append(f.work, n)
	}
}

func (f *flow) pass(a atom, e edge) {
	if !e.filter || f.fits(a, e.to.typ) {
		f.add(e.to, a)
	}
}

// connect lets atoms pass from one node to another. Atoms that are there
// already and have been sent along older edges are sent now.
func (f *flow) connect(from, to *node, filter bool) {
	if from == nil || to == nil || from == to {
		return
	}
	e := edge{to, filter && to.typ != nil}
	k := edgeKey{from, to, e.filter}
	if f.edges[k] {
		return
	}
	f.edges[k] = true
	from.succs = append(from.succs, e)
	for a := range from.has {
		f.pass(a, e)
	}
}

// join makes two nodes hold the same.
func (f *flow) join(a, b *node) {
	f.connect(a, b, false)
	f.connect(b, a, false)
}

// observe runs fn for each atom that is or will be in n.
func (f *flow) observe(n *node, fn func(atom)) {
	if n == nil {
		return
	}
	n.watch = append(n.watch, fn)
	settled := make([]atom, 0, len(n.has))
	fresh := map[atom]bool{}
	for _, a := range n.fresh {
		fresh[a] = true
	}
	for a := range n.has {
		if !fresh[a] {
			settled = append(settled, a)
		}
	}
	for _, a := range settled {
		fn(a)
	}
}

// fits reports whether a node of static type t can hold an atom.
func (f *flow) fits(a atom, t types.Type) bool {
	switch a {
	case foreign:
		return !f.ownOnly(t)
	case quietSeq:
		return true
	}
	switch u := t.Underlying().(type) {
	case *types.Signature:
		fn := f.funcs[a]
		return fn != nil && types.Identical(plain(fn.Signature), plain(u))
	case *types.Interface:
		if d := f.dynamic[a]; d != nil {
			return types.Implements(d, u)
		}
	}
	return true // a function within an interface value
}

// plain is a signature without its receiver.
func plain(s *types.Signature) *types.Signature {
	if s.Recv() == nil {
		return s
	}
	return types.NewSignatureType(nil, nil, nil, s.Params(), s.Results(), s.Variadic())
}

func (f *flow) funcAtom(fn *ssa.Function) atom {
	if a, ok := f.atoms[fn]; ok {
		return a
	}
	a := atom(len(f.funcs))
	f.atoms[fn] = a
	f.funcs, f.dynamic = append(f.funcs, fn), append(f.dynamic, nil)
	f.enterFunc(fn)
	return a
}

func (f *flow) typeAtom(t types.Type) atom {
	if a, ok := f.typed.At(t).(atom); ok {
		return a
	}
	a := atom(len(f.funcs))
	f.typed.Set(t, a)
	f.funcs, f.dynamic = append(f.funcs, nil), append(f.dynamic, t)
	return a
}

// carries reports whether nodes of the type are needed.
func carries(t types.Type) bool {
	switch t.Underlying().(type) {
	case *types.Signature, *types.Interface:
		return true
	}
	return false
}

func (f *flow) local(v ssa.Value, i int) *node {
	t := v.Type()
	if i >= 0 {
		t = t.(*types.Tuple).At(i).Type()
	}
	if t == nil || !carries(t) {
		return nil
	}
	k := local{v, i}
	n := f.locals[k]
	if n != nil {
		return n
	}
	n = f.newNode(t)
	f.locals[k] = n
	if i < 0 {
		switch v := v.(type) {
		case *ssa.Function:
			f.add(n, f.funcAtom(v))
		case *ssa.Builtin, *ssa.Const:
		}
	}
	return n
}

func (f *flow) elem(t types.Type) *node {
	if !carries(t) {
		return nil
	}
	if n, ok := f.elems.At(t).(*node); ok {
		return n
	}
	n := f.newNode(t)
	f.elems.Set(t, n)
	return n
}

func (f *flow) field(s *types.Struct, i int) *node {
	if !carries(s.Field(i).Type()) {
		return nil
	}
	all, ok := f.fields.At(s).([]*node)
	if !ok {
		all = make([]*node, s.NumFields())
		f.fields.Set(s, all)
	}
	if all[i] == nil {
		all[i] = f.newNode(s.Field(i).Type())
	}
	return all[i]
}

// fieldOf is the node of a field selected from a value of type t, which may be
// a pointer. Fields of foreign structs are foreign code's to read and write.
func (f *flow) fieldOf(t types.Type, i int) *node {
	if p, ok := t.Underlying().(*types.Pointer); ok {
		t = p.Elem()
	}
	s := t.Underlying().(*types.Struct)
	n := f.field(s, i)
	if n != nil {
		if named, ok := types.Unalias(t).(*types.Named); ok && !f.prog.IsOwn(named.Obj().Pkg()) {
			f.open(n)
		}
	}
	return n
}

// open lets foreign code read and write what a node stands for.
func (f *flow) open(n *node) {
	f.connect(n, f.outside, false)
	f.connect(f.outside, n, true)
}
