package updater

import (
	"reflect"
	"strings"

	"github.com/upstarego/upstarego/runtime"
)

// instancePairs finds the instances of generic types, foreign ones too, whose type
// arguments have changed: those of the same name in what releases register and what their
// variables and frames are made of, and those at the same place of these. Others are
// found by package state.
func (p *plan) instancePairs() []pair {
	w := instanceWalk{seen: map[[2]reflect.Type]bool{}}
	for key, old := range p.old.Vars {
		if new := p.next.Vars[key]; new.IsValid() {
			w.walk(old.Type(), new.Type())
		}
	}
	for f := range p.old.AllFuncs() {
		g := p.next.Func(f.Key)
		if g == nil || f.Frame == g.Frame || f.Frame.Kind() != reflect.Struct || g.Frame.Kind() != reflect.Struct {
			continue
		}
		for i := range f.Frame.NumField() {
			local := f.Frame.Field(i)
			if now, ok := g.Frame.FieldByName(local.Name); ok {
				w.walk(local.Type, now.Type)
			}
		}
	}
	paired := map[reflect.Type]bool{}
	for _, i := range w.pairs {
		paired[i.old] = true
	}
	for key, old := range p.instances(p.old) {
		if new := p.instances(p.next)[key]; new != nil && new != old && !paired[old] {
			w.pairs = append(w.pairs, pair{old: old, new: new})
		}
	}
	return w.pairs
}

type instanceWalk struct {
	seen  map[[2]reflect.Type]bool
	pairs []pair
}

// walk follows what two types without a name are made of.
func (w *instanceWalk) walk(old, new reflect.Type) {
	if old == new || old.Kind() != new.Kind() || w.seen[[2]reflect.Type{old, new}] {
		return
	}
	w.seen[[2]reflect.Type{old, new}] = true
	if old.Name() != "" {
		if old.PkgPath() == new.PkgPath() && sameGeneric(old.Name(), new.Name()) {
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
	}
}

// sameGeneric compares the names of two instances, whose type arguments have the
// same names when they are the same types in two releases.
func sameGeneric(old, new string) bool { return old == new && strings.Contains(old, "[") }

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
