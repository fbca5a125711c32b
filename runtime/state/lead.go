package state

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unsafe"
)

// A field of a new type may be the successor of what an old one leads to, by fields of other
// objects: Pair.Leads. What lies at the end of the way is found, and becomes what it becomes, like
// the value of a field of the object itself.
//
// An object on the way is read whenever one that begins the way is converted, which may be late.
// So it must be then what it was at the end of the old release. That is so of objects that the
// transfer moves: nobody writes to their old memory any more. Those that would be patched where
// they lie get memory of their own, too (Pair.Apart). Objects of a type that the new release has
// not are never patched, and nothing of the new release comes to them. Objects of a type that is
// the same in both releases are the new release's as well, and are refused by whoever knows that
// type (the plan does not tell them from those that are gone).

// A Lead says where the value of a new field lies in the old release.
type Lead struct {
	Field string   // of the new type
	Path  []string // from the old one: a field, a field of what that is or points to, and so on
}

// A route is a Lead that goes by other objects.
type route struct {
	so, do  uintptr
	between []between // in their order, the first one led to by the word at so
	body    *program  // of the value that the last one has
	rt      unsafe.Pointer
	leads   bool // the value's first word leads to something
	where   string
}

// A between is an object on the way: the value, or the word that leads to the next one, lies at off.
type between struct {
	typ reflect.Type
	off uintptr
}

// leads are a pair's, by new field.
func leadsOf(g Pair) (m map[string][]string) {
	for _, l := range g.Leads {
		put(&m, l.Field, l.Path)
	}
	return m
}

// way follows a path through the old types. off is where in o the first word lies that leads to
// another object, or the value if there is none; last is the value's type.
func way(o reflect.Type, path []string) (off uintptr, l []between, last reflect.Type, err error) {
	at := &off
	for i, name := range path {
		if i > 0 && o.Kind() == reflect.Pointer {
			o = o.Elem()
			l = append(l, between{typ: o})
			at = &l[len(l)-1].off
		}
		if o.Kind() != reflect.Struct {
			return 0, nil, nil, fmt.Errorf("%s: %v has no fields", strings.Join(path[:i+1], "."), o)
		}
		f, ok := field(o, name)
		if !ok {
			return 0, nil, nil, fmt.Errorf("%s: %v has no such field", strings.Join(path[:i+1], "."), o)
		}
		*at += f.Offset
		o = f.Type
	}
	if len(path) == 0 {
		return 0, nil, nil, errors.New("it leads nowhere")
	}
	return off, l, o, nil
}

// Between are the types of the objects that a path goes by from an object of type o.
func Between(o reflect.Type, path []string) (types []reflect.Type) {
	_, l, _, _ := way(o, path)
	for _, b := range l {
		types = append(types, b.typ)
	}
	return types
}

// setApart has the objects that pr's ways go by moved.
func (p *Plan) setApart(pr *pair) {
	for _, path := range pr.leads {
		_, l, _, err := way(pr.Old, path)
		if err != nil {
			continue // checkLead says so
		}
		for _, b := range l {
			if q := p.pairs[b.typ]; q != nil {
				q.Apart = true
			}
		}
	}
}

// checkLead reports why a new field cannot have what a way leads to.
func (p *Plan) checkLead(pr *pair, nf reflect.StructField) {
	path := pr.leads[nf.Name]
	_, l, last, err := way(pr.Old, path)
	what := "it is to have what " + strings.Join(path, ".") + " leads to"
	switch {
	case err != nil:
		p.problem(pr.New, nf.Name, what+": "+err.Error())
	case !p.related(last, nf.Type):
		p.problem(pr.New, nf.Name, fmt.Sprintf("%s, which is %v, and is %v: it becomes something else; give a Convert function", what, last, nf.Type))
	case last.Kind() == reflect.UnsafePointer:
		p.problem(pr.New, nf.Name, "unsafe.Pointer: what it points to is not known; give a Convert function and list the field as zero")
	case len(l) > 0 && (last.Kind() == reflect.Struct || last.Kind() == reflect.Array):
		p.problem(pr.New, nf.Name, fmt.Sprintf("%s, a %v that is part of another object: there would be two of it; give a Convert function", what, last))
	}
}

// emitLead makes the program of a field with a Lead.
func (p *Plan) emitLead(g *program, pr *pair, nf reflect.StructField, so, do uintptr, where string, full bool) {
	off, l, last, err := way(pr.Old, pr.leads[nf.Name])
	if err != nil || !p.related(last, nf.Type) {
		return // NewPlan has refused it
	}
	if len(l) == 0 {
		p.emit(g, last, nf.Type, so+off, do+nf.Offset, where+"."+nf.Name, full)
		return
	}
	r := route{so: so + off, do: do + nf.Offset, between: l, body: &program{}, rt: rtype(nf.Type), where: where + "." + strings.Join(pr.leads[nf.Name], ".")}
	switch last.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Chan, reflect.Func, reflect.Slice, reflect.Interface:
		r.leads = true
	}
	p.emit(r.body, last, nf.Type, 0, 0, r.where, full)
	r.body.join()
	g.routes = append(g.routes, r)
}

// successorField is the field of n that has what o's field name is, where o has become n.
func (p *Plan) successorField(o, n reflect.Type, name string) (reflect.StructField, bool) {
	pr := p.pairs[o]
	if pr == nil || pr.leads == nil {
		return field(n, name)
	}
	if _, other := pr.leads[name]; !other {
		if f, ok := field(n, name); ok {
			return f, ok
		}
	}
	for i := range n.NumField() {
		if f := n.Field(i); slices.Equal(pr.leads[f.Name], []string{name}) {
			return f, true
		}
	}
	return reflect.StructField{}, false
}

// destination gives the place of the value that a route leads to from the object at src, nil if the way
// ends before. unsure says that it ended, or that there is nothing there, in an object that stands
// for one that has ended: that may have had something.
func (t *Transfer) destination(r *route, src unsafe.Pointer) (at unsafe.Pointer, unsure bool) {
	at = unsafe.Add(src, r.so)
	for _, b := range r.between {
		p := *(*unsafe.Pointer)(at)
		if p == nil {
			return nil, unsure
		}
		unsure = t.standsFor(p, b.typ)
		at = unsafe.Add(p, b.off)
	}
	return at, unsure && r.leads && *(*unsafe.Pointer)(at) == nil
}

// standsFor reports whether the object at p is a stand-in. There is none before the first Apply.
func (t *Transfer) standsFor(p unsafe.Pointer, typ reflect.Type) bool {
	if t.sealed == 0 || t.plan.pairs[typ] == nil {
		return false
	}
	i := t.holder(p, t.plan.nodeOf(typ))
	return i != 0 && t.ext(i).flags&standIn != 0
}

// scanRoute reaches what a route leads to.
func (t *Transfer) scanRoute(r *route, src unsafe.Pointer) {
	if at, _ := t.destination(r, src); at != nil {
		t.scan(r.body, at)
	}
}

// fillRoute fills the field of the value at dst that a route is for.
func (t *Transfer) fillRoute(r *route, src, dst unsafe.Pointer) {
	to := unsafe.Add(dst, r.do)
	at, unsure := t.destination(r, src)
	if unsure {
		t.flaw(pending{old: src, new: dst, ext: t.filling}, fmt.Errorf("%s: what it leads to has ended, and is not known any more", r.where))
	}
	if at == nil {
		typedmemmove(r.rt, to, unsafeNew(r.rt))
		return
	}
	t.fillValue(r.body, at, to)
}
