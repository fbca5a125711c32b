package updater

import (
	"fmt"
	"reflect"
	"unsafe"
)

// A program is what framemap.go may read of it while an update is under way. Before
// commit the old variables lead to what the old program has left; what the new ones
// lead to may still be waiting to be patched. Behind the patches it is the other way
// round.
type program struct{ p *plan }

func (h program) Old(key string, as reflect.Type) unsafe.Pointer {
	if h.p.applied {
		panic("the old release's variables cannot be read any more")
	}
	return variable(h.p.old.Vars, key, as, "was")
}

func (h program) New(key string, as reflect.Type) unsafe.Pointer {
	if !h.p.applied {
		panic("the new release's variables cannot be read yet")
	}
	return variable(h.p.next.Vars, key, as, "is")
}

// variable is a variable's address, for framemap.go.
func variable(vars map[string]reflect.Value, key string, as reflect.Type, pkg string) unsafe.Pointer {
	v := vars[key]
	if !v.IsValid() {
		panic("the release has no variable " + key)
	}
	if !mirrors(v.Type(), as) {
		panic(fmt.Sprintf("framemap.go takes %s for a %s, it is %s; write its type with the mirrors of package %s", key, as, v.Type(), pkg))
	}
	return v.Addr().UnsafePointer()
}

// Shared is what has been made of an old variable.
func (w *work) Shared(old unsafe.Pointer, make func() unsafe.Pointer) unsafe.Pointer {
	p := w.c.plan
	p.sharedMu.Lock()
	defer p.sharedMu.Unlock()
	new, ok := p.shared[old]
	if !ok {
		if p.shared == nil {
			p.shared = map[unsafe.Pointer]unsafe.Pointer{}
		}
		new = make()
		p.shared[old] = new
	}
	return new
}

// FromVariable notes, or when it is late does at once, that a field gets a variable's
// value.
func (w *work) FromVariable(dst unsafe.Pointer, key string, as reflect.Type) {
	if w.err != nil {
		return
	}
	v := w.c.plan.next.Vars[key]
	to, ok := w.field(dst, as)
	switch {
	case !v.IsValid():
		w.err = fmt.Errorf("FromVariable: the new release has no variable %s", key)
	case !ok:
		w.err = fmt.Errorf("FromVariable: the destination is no local of a frame made here")
	case to.Type() != v.Type():
		w.err = fmt.Errorf("FromVariable: %s is %s, the local is %s", key, v.Type(), to.Type())
	case w.c.Late:
		to.Set(v)
	default:
		w.c.plan.fromVars = append(w.c.plan.fromVars, func() { to.Set(v) })
	}
}
