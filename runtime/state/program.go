package state

import (
	"reflect"
	"sync"
	"unsafe"
)

// A program says how to treat the memory of one value of one type. In-place
// programs have refs only, with so == do; whole programs fill new memory.
type program struct {
	copies []copyOp // words that mean the same in both releases
	refs   []ref    // words that lead somewhere
	loops  []loop   // arrays
	routes []route  // fields that lie elsewhere
	calls  []call   // Convert functions and hooks, in order
	easy   ease
}

type copyOp struct {
	kind   copyKind
	so, do uintptr
	n      uintptr
	rt     unsafe.Pointer
}

type copyKind uint8

const (
	copyBytes copyKind = iota
	copyWord
	copyPointer
	copyString
	copyTyped
)

type ref struct {
	kind   refKind
	so, do uintptr
	cnt    uintptr  // values of node per element pointed to
	node   *node    // what it leads to
	to     *program // how that is looked at; once ease has been found out
	iface  *iface
	where  string // type and field, for messages
}

type refKind uint8

const (
	refPointer refKind = iota
	refSlice
	refHandle // map, channel
	refInterface
	refUnsafe
	refSyncMap
	refFunc // whose code is asked about
	refWeak
	refValue // reflect.Value
	refPool  // in place
	refIter  // over a map
	refBad
)

type loop struct {
	so, do, ss, ds uintptr
	n              int
	body           *program
}

// A call has a hook, or the type of a sync object, or a pair with one of its functions.
type call struct {
	so, do uintptr
	hook   func(old, new unsafe.Pointer) error
	sync   reflect.Type
	pair   *pair
	where  string
}

func (n *program) empty() bool { return len(n.refs) == 0 && len(n.loops) == 0 && len(n.routes) == 0 }

// patching gives the program for a value of n that stays in place.
func (p *Plan) patching(n *node) *program {
	if n.inPlace == nil {
		g := &program{}
		n.inPlace = g
		p.emit(g, n.old, n.new, 0, 0, n.old.String(), false)
	}
	return n.inPlace
}

// filling gives the program that makes a value of the new type from n's.
func (p *Plan) filling(n *node) *program {
	if n.whole == nil {
		g := &program{}
		n.whole = g
		p.emit(g, n.old, n.new, 0, 0, n.old.String(), true)
		g.join()
	}
	return n.whole
}

// scanning gives the program whose refs must be discovered.
func (p *Plan) scanning(n *node) *program {
	if n.moved {
		return p.filling(n)
	}
	return p.patching(n)
}

func (p *Plan) emit(g *program, o, n reflect.Type, so, do uintptr, where string, full bool) {
	nd := p.nodeOf(o)
	if nd.bad != "" {
		g.refs = append(g.refs, ref{kind: refBad, so: so, do: do, cnt: o.Size(), where: where + ": " + nd.bad})
		return
	}
	if !nd.walk && !nd.moved && !(full && p.minds(o)) {
		if full {
			g.copy(o, so, do)
		}
		return
	}
	add := func(r ref) {
		r.so, r.do, r.where = so, do, where
		g.refs = append(g.refs, r)
	}
	kind := o.Kind()
	if full && o.Name() != "" && kind != reflect.Struct && (kind != n.Kind() || !p.convertible(o, n)) {
		kind = reflect.Invalid // Convert makes the value as a whole
	}
	switch kind {
	case reflect.Invalid:
	default:
		if full {
			g.copy(o, so, do)
		}
	case reflect.Pointer:
		e, cnt := leaf(o.Elem())
		add(ref{kind: refPointer, node: p.nodeOf(e), cnt: cnt})
	case reflect.Slice:
		e, cnt := leaf(o.Elem())
		add(ref{kind: refSlice, node: p.nodeOf(e), cnt: cnt})
		if full {
			g.copies = append(g.copies, copyOp{kind: copyBytes, so: so + 8, do: do + 8, n: 16})
		}
	case reflect.Func:
		if full {
			g.copy(o, so, do)
		}
		add(ref{kind: refFunc})
	case reflect.Map, reflect.Chan:
		add(ref{kind: refHandle, node: p.object(o), cnt: 1})
	case reflect.Interface:
		add(ref{kind: refInterface, iface: p.ifaceOf(o, n)})
	case reflect.UnsafePointer:
		add(ref{kind: refUnsafe})
	case reflect.Array:
		if n.Kind() != reflect.Array || o.Len() != n.Len() {
			break // Convert's business, or NewPlan has refused it
		}
		if o.Len() == 1 {
			p.emit(g, o.Elem(), n.Elem(), so, do, where+"[0]", full)
			break
		}
		body := &program{}
		p.emit(body, o.Elem(), n.Elem(), 0, 0, where+"[i]", full)
		if full {
			body.join()
		}
		g.loops = append(g.loops, loop{so, do, o.Elem().Size(), n.Elem().Size(), o.Len(), body})
	case reflect.Struct:
		p.emitStruct(g, o, n, so, do, where, full)
	}
	if full {
		if settles(o) {
			g.calls = append(g.calls, call{so: so, do: do, sync: o, where: where})
		}
		if h := p.hooks[o]; h != nil {
			g.calls = append(g.calls, call{so: so, do: do, hook: h, where: where})
		}
		if pr := p.pairs[o]; pr != nil && (pr.Convert != nil || pr.Validate != nil) {
			g.calls = append(g.calls, call{so: so, do: do, pair: pr, where: where})
		}
	}
}

var syncMap = reflect.TypeFor[sync.Map]()

func (p *Plan) emitStruct(g *program, o, n reflect.Type, so, do uintptr, where string, full bool) {
	if o == syncMap {
		g.refs = append(g.refs, ref{kind: refSyncMap, so: so, do: do, where: where, iface: p.ifaceOf(anyType, anyType)})
		return
	}
	if o == ownIter || o == goIter {
		if full {
			g.copy(o, so, do)
		}
		g.refs = append(g.refs, ref{kind: refIter, so: so, do: do, cnt: o.Size(), where: where})
		return
	}
	if settles(o) && o != reflect.TypeFor[sync.Cond]() { // what is in it is its own
		if full {
			g.copy(o, so, do)
		}
		return
	}
	if to := weakTarget(o); to != nil {
		if full {
			g.copy(o, so, do)
		}
		if e, cnt := leaf(to); cnt != 0 {
			g.refs = append(g.refs, ref{kind: refWeak, so: so, do: do, where: where, node: p.nodeOf(e), cnt: cnt})
		}
		return
	}
	if o == reflectValue {
		if full {
			g.copy(o, so, do)
		}
		g.refs = append(g.refs, ref{kind: refValue, so: so, do: do, where: where, iface: p.ifaceOf(anyType, anyType)})
		return
	}
	if known, why := p.handle(o); known {
		if full {
			g.copy(o, so, do)
		}
		if why != "" {
			g.refs = append(g.refs, ref{kind: refBad, so: so, do: do, cnt: o.Size(), where: where + ": " + why})
		}
		return
	}
	if n.Kind() != reflect.Struct {
		return
	}
	if o == syncPool && !full {
		g.refs = append(g.refs, ref{kind: refPool, so: so, do: do, where: where})
	}
	if e := atomicPointer(o); e != nil {
		f, _ := field(o, "v")
		le, cnt := leaf(e)
		g.refs = append(g.refs, ref{kind: refPointer, so: so + f.Offset, do: do + f.Offset, node: p.nodeOf(le), cnt: cnt, where: where})
		return
	}
	pr := p.pairs[o]
	for i := range n.NumField() {
		nf := n.Field(i)
		if nf.Name == "_" || pr != nil && pr.zero[nf.Name] {
			continue
		}
		if pr != nil && pr.leads[nf.Name] != nil {
			p.emitLead(g, pr, nf, so, do, where, full)
			continue
		}
		of, ok := field(o, nf.Name)
		if !ok || !p.related(of.Type, nf.Type) {
			continue // Convert's business, or NewPlan has refused it
		}
		p.emit(g, of.Type, nf.Type, so+of.Offset, do+nf.Offset, where+"."+nf.Name, full)
	}
}

// weakTarget is what a weak.Pointer points to; nil for other types.
func weakTarget(t reflect.Type) reflect.Type {
	if name, plain := generic(t); plain || t.PkgPath() != "weak" || name != "Pointer" || t.NumField() == 0 {
		return nil
	}
	return t.Field(0).Type.Elem().Elem()
}

// handle knows the standard library's types that denote an object by something
// other than a pointer to it. It tells why a value of such a type t cannot be
// carried over, or "" when it can stay as it is.
func (p *Plan) handle(t reflect.Type) (known bool, why string) {
	name, plain := generic(t)
	switch {
	case plain || t.NumField() == 0:
	case t.PkgPath() == "unique" && name == "Handle":
		if n := p.nodeOf(t.Field(0).Type.Elem()); n.moved || n.walk {
			why = "a unique handle of a value that the release changes: it would no longer equal a new one; give its holder a Convert function"
		}
		return true, why
	case t.PkgPath() == "internal/sync" && name == "HashTrieMap":
		return true, "cannot be rebuilt from outside; give its holder a Convert function"
	}
	return false, ""
}

// minds reports whether some part of t has a hook for being moved.
func (p *Plan) minds(t reflect.Type) bool {
	if p.hooks[t] != nil || settles(t) {
		return true
	}
	switch t.Kind() {
	case reflect.Array:
		return t.Len() > 0 && p.minds(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			if p.minds(t.Field(i).Type) {
				return true
			}
		}
	}
	return false
}

// copy emits the copying of a value that means the same in both releases.
func (g *program) copy(t reflect.Type, so, do uintptr) {
	op := copyOp{so: so, do: do, n: t.Size()}
	switch {
	case op.n == 0:
		return
	case t.Kind() == reflect.String:
		op.kind = copyString
	case !hasPointers(t):
	case op.n == 8:
		op.kind = copyPointer
	default:
		op.kind, op.rt = copyTyped, rtype(t)
	}
	g.copies = append(g.copies, op)
}

// join merges neighbouring runs of bytes.
func (g *program) join() {
	out := g.copies[:0]
	for _, c := range g.copies {
		if l := len(out) - 1; l >= 0 && c.kind == copyBytes && out[l].kind == copyBytes &&
			out[l].so+out[l].n == c.so && out[l].do+out[l].n == c.do {
			out[l].n += c.n
			continue
		}
		out = append(out, c)
	}
	for i := range out {
		if out[i].kind == copyBytes && out[i].n == 8 && out[i].so%8 == 0 && out[i].do%8 == 0 {
			out[i].kind = copyWord
		}
	}
	g.copies = out
}

func hasPointers(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Array:
		return t.Len() > 0 && hasPointers(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			if hasPointers(t.Field(i).Type) {
				return true
			}
		}
		return false
	case reflect.String, reflect.Pointer, reflect.UnsafePointer, reflect.Map, reflect.Chan, reflect.Func, reflect.Interface, reflect.Slice:
		return true
	}
	return false
}

// runCopies carries over the words that mean the same in both releases.
func (g *program) runCopies(src, dst unsafe.Pointer) {
	for i := range g.copies {
		c := &g.copies[i]
		s, d := unsafe.Add(src, c.so), unsafe.Add(dst, c.do)
		switch c.kind {
		case copyWord:
			*(*uint64)(d) = *(*uint64)(s)
		case copyPointer:
			*(*unsafe.Pointer)(d) = *(*unsafe.Pointer)(s)
		case copyString:
			*(*string)(d) = *(*string)(s)
		case copyTyped:
			typedmemmove(c.rt, d, s)
		default:
			copy(unsafe.Slice((*byte)(d), c.n), unsafe.Slice((*byte)(s), c.n))
		}
	}
}
