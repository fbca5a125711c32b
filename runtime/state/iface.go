package state

import (
	"fmt"
	"reflect"
	"unsafe"
)

var anyType = reflect.TypeFor[any]()

// An iface is a static interface type and the dynamic types met under it.
type iface struct {
	old, new reflect.Type
	seen     map[unsafe.Pointer]*dynamic // by type word or itab
	lastWord unsafe.Pointer
	last     *dynamic
}

// A dynamic is one dynamic type under one static interface type.
type dynamic struct {
	node     *node
	word     unsafe.Pointer // the new type word or itab
	relevant bool           // the value leads somewhere
	direct   bool           // the data word is the value
	// single: new and old do not agree in direct, or the direct value moves; the
	// value is converted for each interface by itself.
	single bool
	box    *node // of the elements of what the data word points to
	cnt    uintptr
	bad    string
	easy   *ref // how hands follow the data word; nil if they do not
}

func (p *Plan) ifaceOf(o, n reflect.Type) *iface {
	if i := p.ifaces[o]; i != nil && i.new == n {
		return i
	}
	i := &iface{old: o, new: n, seen: map[unsafe.Pointer]*dynamic{}}
	put(&p.ifaces, o, i)
	return i
}

func (p *Plan) dynamic(i *iface, at *words) *dynamic {
	w := at[0]
	if w == i.lastWord {
		return i.last
	}
	d := i.seen[w]
	if d == nil {
		d = p.newDynamic(i, reflect.NewAt(i.old, unsafe.Pointer(at)).Elem().Elem().Type(), w)
		i.seen[w] = d
	}
	i.lastWord, i.last = w, d
	return d
}

func (p *Plan) newDynamic(i *iface, t reflect.Type, w unsafe.Pointer) *dynamic {
	n := p.nodeOf(t)
	d := &dynamic{node: n, word: w, relevant: n.moved || n.walk, direct: directIface(t), bad: n.bad}
	if n.bad != "" {
		return d
	}
	switch {
	case n.new == t && i.new == i.old:
	case i.new.Kind() != reflect.Interface:
		d.bad = fmt.Sprintf("%v is no longer an interface", i.new)
		return d
	case i.new.NumMethod() == 0:
		d.word = rtype(n.new)
	default:
		if d.word = itab(i.new, n.new); d.word == nil {
			d.bad = fmt.Sprintf("%v does not implement %v: a value of it is held in one; give its holder a Convert function", n.new, i.new)
			return d
		}
	}
	newDirect := directIface(n.new)
	d.single = n.moved && (d.direct || newDirect)
	lt, cnt := leaf(t)
	d.box, d.cnt = p.nodeOf(lt), cnt
	return d
}

func (t *Transfer) scanInterface(i *iface, at *words, where string) {
	if at[0] == nil {
		return
	}
	d := t.plan.dynamic(i, at)
	switch {
	case d.bad != "":
		t.fail("%s: %s", where, d.bad)
	case !d.relevant:
	case d.direct:
		t.scan(t.plan.scanning(d.node), unsafe.Pointer(&at[1]))
	case d.single:
		t.scan(t.plan.scanning(d.node), at[1])
	case common(at[1]): // it leads nowhere
	default:
		t.reach(at[1], d.box, d.cnt, boxed)
	}
}

// convertInterface gives the words of the new release's interface value.
func (t *Transfer) convertInterface(i *iface, at *words) words {
	if at[0] == nil {
		return words{}
	}
	d := t.plan.dynamic(i, at)
	switch {
	case !d.relevant || at[1] == nil:
		return words{d.word, at[1]}
	case d.single:
		return words{d.word, t.convertSingle(d, at)}
	case d.direct:
		g := t.plan.patching(d.node)
		if len(g.refs) == 0 {
			return words{d.word, at[1]}
		}
		return words{d.word, t.follow(&g.refs[0], at[1])}
	case common(at[1]):
		if d.node.moved {
			return words{d.word, t.newBox(d.node, at[1])}
		}
		return words{d.word, at[1]}
	case t.deep && (d.node.moved || t.probeBox(d, at[1])):
		return words{d.word, t.newBox(d.node, at[1])}
	}
	box := t.forwardBox(at[1], d.box)
	if box == nil { // too far
		return words{}
	}
	return words{d.word, box}
}

func (t *Transfer) convertSingle(d *dynamic, at *words) unsafe.Pointer {
	src := at[1]
	if d.direct {
		src = unsafe.Pointer(&at[1])
	}
	box := t.newBox(d.node, src)
	if directIface(d.node.new) {
		return *(*unsafe.Pointer)(box)
	}
	return box
}

// newBox converts the value at src into memory of its own, at once.
func (t *Transfer) newBox(n *node, src unsafe.Pointer) unsafe.Pointer {
	if !t.take(n.newSize) {
		// Nobody will see it: the Run is over.
		return unsafeNew(n.newRT)
	}
	box := unsafeNew(n.newRT)
	t.atOnce(n, src, box, false)
	t.stats.Converted++
	t.stats.Bytes += int(n.newSize)
	return box
}

// forwardBox: boxes outside the heap may be read-only and were copied.
func (t *Transfer) forwardBox(p unsafe.Pointer, n *node) unsafe.Pointer {
	if n.moved {
		return t.forward(p, n)
	}
	if base, _ := block(p); base != 0 {
		return p
	}
	if i := t.holder(p, n); i != 0 {
		if e := t.ext(i); e.flags&loosened != 0 {
			return nil
		} else if e.node == n && e.new != nil {
			return unsafe.Add(e.new, (uintptr(p)-uintptr(e.old))/n.size*n.newSize)
		}
	}
	return p
}

// changes reports whether an interface value will not be the same afterwards,
// counting the contents of its box.
func (t *Transfer) changes(i *iface, at *words) bool {
	if at[0] == nil {
		return false
	}
	d := t.plan.dynamic(i, at)
	switch {
	case d.word != at[0] || d.node.moved:
		return true
	case !d.relevant || at[1] == nil:
		return false
	case d.direct:
		return t.probe(t.plan.patching(d.node), unsafe.Pointer(&at[1]))
	}
	return t.probeBox(d, at[1])
}

// probeBox is probe for a box. One that has been patched in an earlier round is what it
// is going to be.
func (t *Transfer) probeBox(d *dynamic, box unsafe.Pointer) bool {
	return !t.patchedBefore(box, d.box, d.cnt) && t.probe(t.plan.patching(d.node), box)
}
