package updater

import (
	"reflect"
	"strings"

	"github.com/upstarego/upstarego/runtime"
	"github.com/upstarego/upstarego/runtime/moved"
	"github.com/upstarego/upstarego/runtime/state"
)

// derivedPairs finds the changed types that have no key in a release: interface types of
// foreign packages, and the instances of generic types, foreign ones too, whose type
// arguments have changed. They are those of the same name at the same place of what
// variables and frames are made of and, if some type of the program's own has changed
// (owns), instances of the same name in what releases register and show. Others are found
// by package state.
func (p *plan) derivedPairs(owns bool) []pair {
	w := derivedWalk{seen: map[[2]reflect.Type]bool{}, old: p.old, moved: p.up.Moved}
	for key, old := range p.old.Vars {
		if new := p.next.Vars[w.moved.Key(key)]; new.IsValid() {
			w.walk(old.Type(), new.Type())
		}
	}
	for f := range p.old.AllFuncs() {
		w.frames(f, p.next.Func(f.Key), nil)
	}
	for i := range p.up.Funcs {
		if m := &p.up.Funcs[i]; m.New != m.Old || m.Moves != nil {
			w.frames(p.old.Func(m.Old), p.next.Func(m.New), m.Moves)
		}
	}
	if !owns && len(w.pairs) == 0 {
		return nil
	}
	paired := map[reflect.Type]bool{}
	for _, i := range w.pairs {
		paired[i.old] = true
	}
	for key, old := range p.instances(p.old) {
		if new := p.instances(p.next)[w.moved.Key(key)]; new != nil && new != old && !paired[old] {
			w.pairs = append(w.pairs, pair{old: old, new: new})
		}
	}
	return w.pairs
}

type derivedWalk struct {
	old   *runtime.Release
	moved moved.Paths
	seen  map[[2]reflect.Type]bool
	pairs []pair
}

// frames walks what one function's frames carry over to another's.
func (w *derivedWalk) frames(f, g *runtime.Func, renamed map[string]string) {
	if f == nil || g == nil || f.Frame == g.Frame || f.Frame.Kind() != reflect.Struct || g.Frame.Kind() != reflect.Struct {
		return
	}
	for _, m := range fieldMoves(f.Frame, g.Frame, renamed) {
		w.walk(m.from, m.to)
	}
}

// walk follows what two types without a name are made of.
func (w *derivedWalk) walk(old, new reflect.Type) {
	if old == new || old.Kind() != new.Kind() || w.seen[[2]reflect.Type{old, new}] {
		return
	}
	w.seen[[2]reflect.Type{old, new}] = true
	if old.Name() != "" {
		if state.SameInterface(old, new) && w.old.Types[instanceKey(old)] == nil {
			w.pairs = append(w.pairs, pair{old: old, new: new, apart: true})
		} else if strings.Contains(new.Name(), "[") && w.moved.Key(instanceKey(old)) == instanceKey(new) {
			w.pairs = append(w.pairs, pair{old: old, new: new})
		}
		return
	}
	switch old.Kind() {
	case reflect.Map:
		w.walk(old.Key(), new.Key())
		w.walk(old.Elem(), new.Elem())
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Chan:
		w.walk(old.Elem(), new.Elem())
	case reflect.Func:
		for i := range min(old.NumIn(), new.NumIn()) {
			w.walk(old.In(i), new.In(i))
		}
		for i := range min(old.NumOut(), new.NumOut()) {
			w.walk(old.Out(i), new.Out(i))
		}
	case reflect.Struct:
		for i := range min(old.NumField(), new.NumField()) {
			w.walk(old.Field(i).Type, new.Field(i).Type)
		}
	}
}

// instance finds an instance by its name, in what a release shows; nil if it does not
// show it.
func (p *plan) instance(r *runtime.Release, key string) reflect.Type { return p.instances(r)[key] }

// instances are those that a release registers, and those that its types, variables and
// frames are made of.
func (p *plan) instances(r *runtime.Release) map[string]reflect.Type {
	if p.named == nil {
		p.named = map[*runtime.Release]map[string]reflect.Type{}
	}
	if p.named[r] == nil {
		found, seen := map[string]reflect.Type{}, map[reflect.Type]bool{}
		for _, t := range r.Instances {
			nameInstances(t, found, seen)
		}
		for _, t := range r.Types {
			nameInstances(t, found, seen)
		}
		for _, v := range r.Vars {
			nameInstances(v.Type(), found, seen)
		}
		for f := range r.AllFuncs() {
			nameInstances(f.Frame, found, seen)
		}
		p.named[r] = found
	}
	return p.named[r]
}

func instanceKey(t reflect.Type) string { return t.PkgPath() + "." + t.Name() }

func nameInstances(t reflect.Type, found map[string]reflect.Type, seen map[reflect.Type]bool) {
	if t == nil || seen[t] {
		return
	}
	seen[t] = true
	if strings.Contains(t.Name(), "[") {
		found[instanceKey(t)] = t
	}
	switch t.Kind() {
	case reflect.Map:
		nameInstances(t.Key(), found, seen)
		nameInstances(t.Elem(), found, seen)
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Chan:
		nameInstances(t.Elem(), found, seen)
	case reflect.Struct:
		for i := range t.NumField() {
			nameInstances(t.Field(i).Type, found, seen)
		}
	case reflect.Func:
		for i := range t.NumIn() {
			nameInstances(t.In(i), found, seen)
		}
		for i := range t.NumOut() {
			nameInstances(t.Out(i), found, seen)
		}
	}
}
