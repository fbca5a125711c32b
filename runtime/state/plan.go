package state

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unsafe"
)

// Pair says that the new release's type New takes the place of Old.
type Pair struct {
	Old, New reflect.Type
	// Convert fills what cannot be inferred in *new from *old. It is called
	// after every field of *new that has a counterpart of the same name in *old
	// has been filled; its pointers are those of the new release. Nil: the fields
	// are all there is. It must not fail: after Apply nothing can be undone.
	Convert func(old, new unsafe.Pointer)
	// Validate is asked about every value that the first Run converts, when all
	// Convert functions have been called. An error ends the Run.
	Validate func(old, new unsafe.Pointer) error
	// Zero lists the fields of New that start at their zero value.
	Zero []string
	// Leads are the fields of New that have what something else than a field of their own
	// name was. They are filled before Convert is called.
	Leads []Lead
	// Apart: values get memory of their own, though their layout is what it was.
	Apart bool
}

// Options are what the build knows and types do not tell.
type Options struct {
	// Code tells why calls of a func value whose code is at pc, and whose type changes,
	// would not be right in the new release, or "".
	Code func(pc uintptr) string
	// Instance gives the new release's type for an instance of a generic type that no
	// pair shows; nil if there is none, or it is not known.
	Instance func(old reflect.Type) reflect.Type
}

// A Problem is a reason why a plan cannot be made.
type Problem struct {
	Type  reflect.Type // of the new release where there is one
	Field string       // "" when it is about the whole type
	What  string       // what is wrong: why; what to do
}

func (p Problem) Error() string {
	if p.Field != "" {
		return fmt.Sprintf("%v.%s: %s", p.Type, p.Field, p.What)
	}
	return fmt.Sprintf("%v: %s", p.Type, p.What)
}

// Plan is what can be known before any value is seen. One Plan serves any
// number of transfers, one at a time.
type Plan struct {
	opts        Options
	pairs       map[reflect.Type]*pair
	order       []*pair // given ones first, then derived ones as they were found
	newTypes    map[reflect.Type]bool
	counterpart map[reflect.Type]reflect.Type
	problems    []Problem
	met         map[reflect.Type]bool   // by meet
	unmade      map[reflect.Type]string // why there is no way from an instance that meet has paired

	nodes  map[reflect.Type]*node
	objs   map[objKey]*node
	ifaces map[reflect.Type]*iface

	// Types of which a component of a moved object may be pointed to, and of
	// which an array in a moved object may be sliced.
	inside, insideArray map[reflect.Type]bool
	stale               bool // inside has grown after flags were computed
	sealed              bool // Apply was called: what was pruned stays pruned
	moved               map[reflect.Type]bool
	hooks               map[reflect.Type]func(old, new unsafe.Pointer) error

	// What Keep has been told, and what of it follows for types that have such parts.
	kept        map[reflect.Type]bool
	keepHandles bool
}

type pair struct {
	Pair
	zero  map[string]bool
	leads map[string][]string // by field of New
	// moved: 0 not known yet, 1 being computed, 2 stays in place, 3 moves.
	state uint8
}

// NewPlan checks that every field of every new type gets a value, from a
// convertible field of the same name, from Convert, or by being listed in Zero.
// The plan may be used only if there are no problems.
func NewPlan(pairs []Pair, opts Options) (*Plan, []Problem) {
	p := &Plan{
		opts: opts, pairs: map[reflect.Type]*pair{}, newTypes: map[reflect.Type]bool{},
		counterpart: map[reflect.Type]reflect.Type{}, nodes: map[reflect.Type]*node{}, objs: map[objKey]*node{},
		ifaces: map[reflect.Type]*iface{}, inside: map[reflect.Type]bool{}, insideArray: map[reflect.Type]bool{},
		moved: map[reflect.Type]bool{}, hooks: syncHooks, met: map[reflect.Type]bool{}, unmade: map[reflect.Type]string{}, kept: map[reflect.Type]bool{},
	}
	if len(pairs) == 0 {
		return p, nil
	}
	if err := checkRuntime(); err != nil {
		return p, []Problem{{Type: pairs[0].New, What: err.Error() + ": this Go version has not been audited; build with the lineage's Go version"}}
	}
	for _, g := range pairs {
		p.addPair(g)
	}
	for _, pr := range p.order {
		p.setApart(pr)
	}
	for i := 0; i < len(p.order); i++ { // deriving appends
		p.checkPair(p.order[i])
	}
	for _, pr := range p.order {
		if p.movedPair(pr) {
			p.addInside(pr.Old)
		}
	}
	if len(p.problems) == 0 {
		for _, pr := range p.order {
			if n := p.nodeOf(pr.Old); n.bad != "" {
				p.problem(pr.New, "", n.bad)
			}
		}
		p.resettle()
	}
	return p, p.problems
}

func (p *Plan) problem(t reflect.Type, field, what string) {
	pr := Problem{Type: t, Field: field, What: what}
	if !slices.Contains(p.problems, pr) {
		p.problems = append(p.problems, pr)
	}
}

func (p *Plan) addPair(g Pair) *pair {
	pr := &pair{Pair: g, leads: leadsOf(g)}
	for _, f := range g.Zero {
		if pr.zero == nil {
			pr.zero = map[string]bool{}
		}
		pr.zero[f] = true
	}
	switch prev := p.pairs[g.Old]; {
	case g.Old == g.New:
		p.problem(g.New, "", "paired with itself: a type that did not change needs no pair; take it out")
		return pr
	case g.Old.Name() == "" || g.New.Name() == "":
		p.problem(g.New, "", "paired without a name: types without a name follow from what they are built of; take it out")
		return pr
	case prev != nil && prev.New != g.New:
		p.problem(g.New, "", fmt.Sprintf("%v has two successors, the other is %v: values would have to become both; keep one pair", g.Old, prev.New))
		return prev
	case prev != nil:
		return prev
	}
	p.pairs[g.Old] = pr
	p.newTypes[g.New] = true
	p.order = append(p.order, pr)
	return pr
}

// related reports whether n is what o becomes in the new release. Instances of
// one generic type whose arguments differ are paired when first compared, as are interface
// types of one name: see SameInterface.
func (p *Plan) related(o, n reflect.Type) bool {
	if pr := p.pairs[o]; pr != nil {
		return pr.New == n
	}
	if o == n {
		return true
	}
	if SameInterface(o, n) {
		p.addPair(Pair{Old: o, New: n, Apart: true})
		return true
	}
	if o.Name() != "" || n.Name() != "" {
		og, nomatch := generic(o)
		ng, nomatch2 := generic(n)
		if nomatch || nomatch2 || og != ng || o.PkgPath() != n.PkgPath() {
			return false
		}
		p.addPair(Pair{Old: o, New: n})
		return true
	}
	if o.Kind() != n.Kind() {
		return false
	}
	switch o.Kind() {
	case reflect.Pointer, reflect.Slice:
		return p.related(o.Elem(), n.Elem())
	case reflect.Array:
		return o.Len() == n.Len() && p.related(o.Elem(), n.Elem())
	case reflect.Map:
		return p.related(o.Key(), n.Key()) && p.related(o.Elem(), n.Elem())
	case reflect.Chan:
		return o.ChanDir() == n.ChanDir() && p.related(o.Elem(), n.Elem())
	case reflect.Func:
		return p.relatedFunc(o, n)
	case reflect.Struct:
		if o.NumField() != n.NumField() {
			return false
		}
		for i := range o.NumField() {
			a, b := o.Field(i), n.Field(i)
			if a.Name != b.Name || a.Tag != b.Tag || a.Anonymous != b.Anonymous || !p.related(a.Type, b.Type) {
				return false
			}
		}
		return true
	case reflect.Interface:
		if o.NumMethod() != n.NumMethod() {
			return false
		}
		for i := range o.NumMethod() {
			a, b := o.Method(i), n.Method(i)
			if a.Name != b.Name || !p.relatedFunc(a.Type, b.Type) {
				return false
			}
		}
		return true
	}
	return false
}

// SameInterface reports whether o and n are an interface type of one name in two releases.
// What is held keeps its type, and its method table is looked up again, so that this needs
// no pair of the developer's, in whatever package it is declared.
//
// If the package is foreign, code of its old release may go on with slices and maps that
// own code has as well, and with the old method tables in them: values are not patched where
// they lie (Pair.Apart).
func SameInterface(o, n reflect.Type) bool {
	return o != n && o.Kind() == reflect.Interface && n.Kind() == reflect.Interface &&
		o.PkgPath() != "" && o.PkgPath() == n.PkgPath() && o.Name() == n.Name()
}

func (p *Plan) relatedFunc(o, n reflect.Type) bool {
	if o.NumIn() != n.NumIn() || o.NumOut() != n.NumOut() || o.IsVariadic() != n.IsVariadic() {
		return false
	}
	for i := range o.NumIn() {
		if !p.related(o.In(i), n.In(i)) {
			return false
		}
	}
	for i := range o.NumOut() {
		if !p.related(o.Out(i), n.Out(i)) {
			return false
		}
	}
	return true
}

// generic is the name of t without its type arguments.
func generic(t reflect.Type) (name string, plain bool) {
	name, _, args := strings.Cut(t.Name(), "[")
	return name, !args
}

// sameLayout reports whether a value of type o is, word by word, a value of
// type n once the words that lead elsewhere are patched.
func (p *Plan) sameLayout(o, n reflect.Type) bool {
	if pr := p.pairs[o]; pr != nil && pr.New == n {
		return !p.movedPair(pr)
	}
	if o == n {
		return !p.movedType(o)
	}
	if !p.related(o, n) {
		return false
	}
	if pr := p.pairs[o]; pr != nil { // it has just been found
		return !p.movedPair(pr)
	}
	return p.sameStructure(o, n)
}

// sameStructure is sameLayout one level down, names put aside.
func (p *Plan) sameStructure(o, n reflect.Type) bool {
	if o.Kind() != n.Kind() || o.Size() != n.Size() || o.Align() != n.Align() {
		return false
	}
	switch o.Kind() {
	case reflect.Struct:
		if o.NumField() != n.NumField() {
			return false
		}
		for i := range o.NumField() {
			a, b := o.Field(i), n.Field(i)
			if a.Name != b.Name || a.Offset != b.Offset || !p.sameLayout(a.Type, b.Type) {
				return false
			}
		}
		return true
	case reflect.Array:
		return o.Len() == n.Len() && p.sameLayout(o.Elem(), n.Elem())
	case reflect.Pointer, reflect.Slice:
		return p.related(o.Elem(), n.Elem())
	case reflect.Map:
		return p.related(o.Key(), n.Key()) && p.related(o.Elem(), n.Elem())
	case reflect.Chan:
		return p.related(o.Elem(), n.Elem())
	}
	return true // functions, interfaces and what has no pointers
}

func (p *Plan) movedPair(pr *pair) bool {
	if pr.state == 0 {
		pr.state = 1 // by value types are not recursive, so 1 is never read
		pr.state = 2
		if pr.Apart || pr.Convert != nil || pr.leads != nil || pr.Validate != nil || !p.sameStructure(pr.Old, pr.New) {
			pr.state = 3
		}
	}
	return pr.state == 3
}

// movedType reports whether values of the old release's type t need new memory.
func (p *Plan) movedType(t reflect.Type) bool {
	if pr := p.pairs[t]; pr != nil {
		return p.movedPair(pr)
	}
	if k := t.Kind(); k != reflect.Struct && k != reflect.Array {
		return false
	}
	if m, ok := p.moved[t]; ok {
		return m
	}
	m := false
	switch t.Kind() {
	case reflect.Array:
		m = p.movedType(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			m = m || p.movedType(t.Field(i).Type)
		}
	}
	put(&p.moved, t, m)
	return m
}

// checkPair reports what of pr's new type would get no value.
func (p *Plan) checkPair(pr *pair) {
	if !p.movedPair(pr) {
		return
	}
	o, n := pr.Old, pr.New
	if o.Kind() != n.Kind() {
		if pr.Convert == nil {
			p.problem(n, "", fmt.Sprintf("was a %v, is a %v: there is no value to be inferred; give a Convert function", o.Kind(), n.Kind()))
		}
		return
	}
	if o.Kind() != reflect.Struct {
		if pr.Convert == nil && !p.convertible(o, n) {
			p.problem(n, "", fmt.Sprintf("its elements changed in a way that cannot be inferred (%s); give a Convert function", shape(o)))
		}
		return
	}
	for i := range n.NumField() {
		nf := n.Field(i)
		if nf.Name == "_" || pr.zero[nf.Name] {
			continue
		}
		if pr.leads[nf.Name] != nil {
			p.checkLead(pr, nf)
			continue
		}
		of, ok := field(o, nf.Name)
		switch {
		case ok && p.related(of.Type, nf.Type):
			if of.Type.Kind() == reflect.UnsafePointer {
				p.problem(n, nf.Name, "unsafe.Pointer: what it points to is not known; give a Convert function and list the field as zero")
			}
		case pr.Convert != nil:
		case ok:
			p.problem(n, nf.Name, fmt.Sprintf("was %v, is %v: the value cannot be inferred; give a Convert function or list the field as zero", of.Type, nf.Type))
		default:
			p.problem(n, nf.Name, "is new: it has no value to start with; give a Convert function or list the field as zero")
		}
	}
}

// convertible reports whether the parts of a named type that is no struct
// correspond.
func (p *Plan) convertible(o, n reflect.Type) bool {
	switch o.Kind() {
	case reflect.Array:
		return o.Len() == n.Len() && p.related(o.Elem(), n.Elem())
	case reflect.Pointer, reflect.Slice:
		return p.related(o.Elem(), n.Elem())
	case reflect.Map:
		return p.related(o.Key(), n.Key()) && p.related(o.Elem(), n.Elem())
	case reflect.Chan:
		return p.related(o.Elem(), n.Elem())
	}
	return p.sameStructure(o, n)
}

func shape(t reflect.Type) string { return fmt.Sprintf("it is a %v", t.Kind()) }

// field finds a direct field, also when its name is not exported.
func field(t reflect.Type, name string) (reflect.StructField, bool) {
	for i := range t.NumField() {
		if f := t.Field(i); f.Name == name {
			return f, true
		}
	}
	return reflect.StructField{}, false
}

// put enters something in a map, which it makes for the first entry: most plans are kept
// for long, and of most there is little.
func put[K comparable, V any](m *map[K]V, k K, v V) {
	if *m == nil {
		*m = map[K]V{}
	}
	(*m)[k] = v
}

func (p *Plan) mark(m map[reflect.Type]bool, t reflect.Type) {
	if !m[t] {
		m[t] = true
		p.stale = true
	}
}

// unknownInside reports whether addInside would enter anything.
func (p *Plan) unknownInside(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Struct:
		for i := range t.NumField() {
			if ft := t.Field(i).Type; !p.inside[ft] || p.unknownInside(ft) {
				return true
			}
		}
	case reflect.Array:
		return t.Len() > 0 && (!p.inside[t.Elem()] || !p.insideArray[t.Elem()] || p.unknownInside(t.Elem()))
	}
	return false
}

// Know makes types known that values brought later may have. It is called before
// the first transfer begins. It tells why a value of the last one can never be
// carried over, or "".
func (p *Plan) Know(t reflect.Type) (bad string) {
	bad = p.nodeOf(t).bad
	if p.stale {
		p.resettle()
	}
	return bad
}

// addInside enters the components of the moved type t.
func (p *Plan) addInside(t reflect.Type) {
	switch t.Kind() {
	case reflect.Struct:
		for i := range t.NumField() {
			ft := t.Field(i).Type
			p.mark(p.inside, ft)
			p.addInside(ft)
		}
	case reflect.Array:
		if t.Len() > 0 {
			p.mark(p.inside, t.Elem())
			p.mark(p.insideArray, t.Elem())
			p.addInside(t.Elem())
		}
	}
}
