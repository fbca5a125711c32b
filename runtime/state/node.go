package state

import (
	"fmt"
	"reflect"
	"unsafe"
)

// A node is what the plan knows about the memory of one type of the old release.
type node struct {
	old, new       reflect.Type
	newRT          unsafe.Pointer
	size, newSize  uintptr
	moved          bool // needs new memory
	walk           bool // holds words that may have to change, or that lead to such
	inside         bool // pointers to it may lead into moved objects
	insideArray    bool // so may slices of it
	final          bool // walk is settled
	bad            string
	special        special
	key, elem      *node // of a map object; elem also of a channel object
	inPlace, whole *program
	edges          []edge
}

// special nodes stand for objects that a one-word value is the handle of.
type special uint8

const (
	plain special = iota
	mapObject
	chanObject
)

type objKey struct {
	special special
	a, b    *node
}

// An edge is one way from a value of a type to other types.
type edge struct {
	to *node
	by edgeKind
}

type edgeKind uint8

const (
	byValue edgeKind = iota
	byPointer
	bySlice
	byHandle // map, channel
)

// relevant reports whether following the edge can matter.
func (e edge) relevant() bool {
	switch n := e.to; e.by {
	case byPointer:
		return n.moved || n.walk || n.inside || n.insideArray
	case bySlice:
		return n.moved || n.walk || n.insideArray
	default:
		return n.moved || n.walk
	}
}

// nodeOf gives t's node with settled flags.
func (p *Plan) nodeOf(t reflect.Type) *node {
	if n := p.nodes[t]; n != nil && n.final {
		return n
	}
	p.meet(t)
	var fresh []*node
	n := p.enter(t, &fresh)
	p.settle(fresh)
	return n
}

// enter makes nodes for t and everything its type leads to.
func (p *Plan) enter(t reflect.Type, fresh *[]*node) *node {
	if n := p.nodes[t]; n != nil {
		return n
	}
	n := &node{old: t, new: t, size: t.Size()}
	p.nodes[t] = n
	*fresh = append(*fresh, n)
	n.new = t
	if c, ok := p.tryCounterpart(t); ok {
		n.new = c
	} else {
		n.bad = "reflection cannot build its counterpart: give it a name and a pair"
	}
	n.newSize = n.new.Size()
	n.newRT = rtype(n.new)
	n.moved = p.movedType(t)
	switch {
	case !n.moved || t.Name() != "":
	case p.sealed && p.unknownInside(t):
		n.bad = fmt.Sprintf("%v: a changed type without a name was first met after commit: pointers into its values may have been passed over; give it a name", t)
	default:
		p.addInside(t)
	}
	if p.newTypes[t] {
		n.moved = false
		return n
	}
	if why := p.unmade[t]; why != "" {
		n.bad = why
	}
	if m := p.unpaired(t); m != nil {
		n.bad = fmt.Sprintf("%v mentions %v, which the release changes, but has no pair; give it one", t, m)
		if _, plain := generic(t); !plain {
			n.bad = fmt.Sprintf("%v mentions %v, which the release changes, and the new release does not show what it becomes; declare a variable of the type there", t, m)
		}
	}
	add := func(t reflect.Type, by edgeKind) {
		// An array is as many elements; so are pointers to it and slices of it.
		for by != byValue && t.Kind() == reflect.Array {
			t = t.Elem()
		}
		n.edges = append(n.edges, edge{p.enter(t, fresh), by})
	}
	switch t.Kind() {
	case reflect.Pointer:
		add(t.Elem(), byPointer)
	case reflect.Slice:
		add(t.Elem(), bySlice)
	case reflect.Map:
		add(t.Key(), byHandle)
		add(t.Elem(), byHandle)
	case reflect.Chan:
		add(t.Elem(), byHandle)
	case reflect.Array:
		if t.Len() > 0 {
			add(t.Elem(), byValue)
		}
	case reflect.Struct:
		if e := atomicPointer(t); e != nil {
			add(e, byPointer)
			break
		}
		for i := range t.NumField() {
			add(t.Field(i).Type, byValue)
		}
	}
	return n
}

// meet pairs the instances of generic types, in what t leads to, that nothing has shown
// before. After Apply it is too late: pointers into their values may have been passed over.
func (p *Plan) meet(t reflect.Type) {
	if p.sealed || p.opts.Instance == nil || len(p.pairs) == 0 || p.met[t] || p.newTypes[t] {
		return
	}
	put(&p.met, t, true)
	if _, plain := generic(t); !plain && p.pairs[t] == nil {
		if new := p.opts.Instance(t); new != nil && new != t {
			p.meetInstance(t, new)
		}
	}
	switch t.Kind() {
	case reflect.Map:
		p.meet(t.Key())
		p.meet(t.Elem())
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Chan:
		p.meet(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			p.meet(t.Field(i).Type)
		}
	}
}

func (p *Plan) meetInstance(old, new reflect.Type) {
	pairs, problems := len(p.order), len(p.problems)
	p.addPair(Pair{Old: old, New: new})
	for i := pairs; i < len(p.order); i++ { // deriving appends
		p.checkPair(p.order[i])
		if p.movedPair(p.order[i]) {
			p.addInside(p.order[i].Old)
		}
	}
	clear(p.counterpart)
	for _, pr := range p.problems[problems:] {
		p.unmade[old] = pr.Error()
	}
	p.problems = p.problems[:problems]
}

func (p *Plan) tryCounterpart(t reflect.Type) (c reflect.Type, ok bool) {
	defer func() {
		if recover() != nil {
			c, ok = t, false
		}
	}()
	return p.Counterpart(t), true
}

// settle computes walk as the least solution over the graph of types, starting
// from nodes of which nothing final depends.
func (p *Plan) settle(fresh []*node) {
	for _, n := range fresh {
		n.inside, n.insideArray = p.inside[n.old], p.insideArray[n.old]
		n.walk = p.walksByItself(n)
	}
	for again := true; again; {
		again = false
		for _, n := range fresh {
			if n.walk {
				continue
			}
			for _, e := range n.edges {
				if e.relevant() {
					n.walk, again = true, true
					break
				}
			}
		}
	}
	for _, n := range fresh {
		n.final = true
	}
}

// walksByItself: interfaces reach everything, and so may unsafe.Pointer.
func (p *Plan) walksByItself(n *node) bool {
	if len(p.pairs) == 0 || p.newTypes[n.old] {
		return false
	}
	if n.bad != "" {
		return true
	}
	switch n.old.Kind() {
	case reflect.Interface, reflect.UnsafePointer:
		return true
	case reflect.Struct:
		// Their words hide what they lead to behind unsafe casts.
		return n.old == syncMap || n.old == ownIter || n.old == goIter
	case reflect.Func:
		return p.opts.Code != nil && n.new != n.old
	}
	return false
}

// resettle computes all flags again after the set of components has grown.
func (p *Plan) resettle() {
	p.stale = false
	all := make([]*node, 0, len(p.nodes))
	for _, n := range p.nodes {
		n.final, n.inPlace, n.whole = false, nil, nil
		all = append(all, n)
	}
	p.objs = map[objKey]*node{}
	p.ifaces = map[reflect.Type]*iface{}
	p.settle(all)
}

// object gives the node of the objects that handles of type t denote. Types that
// differ by name or direction only denote the same objects.
func (p *Plan) object(t reflect.Type) *node {
	k := objKey{chanObject, p.nodeOf(t.Elem()), nil}
	if t.Kind() == reflect.Map {
		k.special, k.b = mapObject, p.nodeOf(t.Key())
	}
	if n := p.objs[k]; n != nil {
		return n
	}
	n := &node{old: t, new: p.Counterpart(t), size: 8, newSize: 8, special: k.special, elem: k.a, key: k.b, walk: true, final: true}
	n.newRT = rtype(n.new)
	switch k.special {
	case chanObject:
		n.moved = k.a.moved
	case mapObject:
		n.moved = k.a.moved || k.b.moved
	}
	p.objs[k] = n
	return n
}

// atomicPointer gives T when t is atomic.Pointer[T].
func atomicPointer(t reflect.Type) reflect.Type {
	if t.PkgPath() != "sync/atomic" || t.NumField() == 0 {
		return nil
	}
	if name, plain := generic(t); plain || name != "Pointer" {
		return nil
	}
	if f := t.Field(0).Type; f.Kind() == reflect.Array && f.Elem().Kind() == reflect.Pointer {
		return f.Elem().Elem()
	}
	return nil
}

// leaf strips arrays off t: it gives their element and how many there are.
func leaf(t reflect.Type) (reflect.Type, uintptr) {
	n := uintptr(1)
	for t.Kind() == reflect.Array {
		n *= uintptr(t.Len())
		t = t.Elem()
	}
	return t, n
}

// component reports whether cnt values of type want lie off bytes into a value
// of type t.
func component(t reflect.Type, off uintptr, want reflect.Type, cnt uintptr) bool {
	for {
		if off == 0 && t == want && cnt == 1 {
			return true
		}
		switch t.Kind() {
		case reflect.Array:
			if e, _ := leaf(t); e == want && e.Size() > 0 && off%e.Size() == 0 && off+cnt*e.Size() <= t.Size() {
				return true
			}
			if t.Size() == 0 {
				return false
			}
			t, off = t.Elem(), off%t.Elem().Size()
		case reflect.Struct:
			f, ok := fieldAt(t, off)
			if !ok {
				return false
			}
			t, off = f.Type, off-f.Offset
		default:
			return false
		}
	}
}

// fieldAt finds the field of t that occupies the byte at off.
func fieldAt(t reflect.Type, off uintptr) (reflect.StructField, bool) {
	for i := range t.NumField() {
		if f := t.Field(i); f.Offset <= off && off < f.Offset+f.Type.Size() {
			return f, true
		}
	}
	return reflect.StructField{}, false
}
