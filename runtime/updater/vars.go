package updater

import (
	"fmt"
	"reflect"
	"slices"
	"sort"
	"unsafe"
)

// A varPlan is what happens to one package variable.
type varPlan struct {
	key      string
	old, new reflect.Value // old is invalid for a new variable
	m        *VarMap
	shared   bool // one variable in both releases

	ready reflect.Value // the value that Init made before the stop
}

// variables plans all variables of the new release; it reports gaps.
func (p *plan) variables() (gaps []Position) {
	maps := map[string]*VarMap{}
	for i := range p.up.Vars {
		m := &p.up.Vars[i]
		if !p.next.Vars[m.Key].IsValid() {
			gaps = append(gaps, Position{Func: m.Key, Why: "variable mapped, but the new release does not have it"})
			continue
		}
		maps[m.Key] = m
	}
	for key, new := range p.next.Vars {
		v := varPlan{key: key, new: new, m: maps[key]}
		from := p.earlier(key)
		if v.m != nil && v.m.Old != "" {
			from = v.m.Old
		}
		v.old = p.old.Vars[from]
		if why := v.check(p); why != "" {
			gaps = append(gaps, Position{Func: key, Why: why})
			continue
		}
		if v.old.IsValid() {
			v.shared = v.old.Addr().Pointer() == v.new.Addr().Pointer()
		}
		if v.old.IsValid() && !v.shared && p.tr == nil && len(p.up.Moved) > 0 {
			gaps = append(gaps, Position{Func: key, Why: "its package has another path and no type of the program has changed, so that pointers to it would not be looked for"})
			continue
		}
		if v.m != nil && (v.m.Init != nil || v.m.Transform != nil) || v.old.IsValid() && (!v.shared || p.tr != nil) {
			p.vars = append(p.vars, v)
		}
	}
	// One order for all runs: an error must not depend on map order.
	sort.Slice(p.vars, func(i, j int) bool { return p.vars[i].key < p.vars[j].key })
	return gaps
}

var errorType = reflect.TypeFor[error]()

func (v *varPlan) check(p *plan) string {
	if v.m != nil && v.m.missing {
		return "its initial value cannot be made by an update; give it one with framemap.Var"
	}
	if v.m != nil && v.m.newMirror != nil && !mirrors(v.new.Type(), v.m.newMirror) {
		return fmt.Sprintf("framemap.go gives it a %s, it is %s; write its type with the mirrors of package is", v.m.newMirror, v.new.Type())
	}
	if v.m != nil && v.m.oldMirror != nil && v.old.IsValid() && !mirrors(v.old.Type(), v.m.oldMirror) {
		return fmt.Sprintf("framemap.go takes the old one for a %s, it is %s; write its type with the mirrors of package was", v.m.oldMirror, v.old.Type())
	}
	if v.m != nil && v.m.Init != nil {
		if _, plain := v.m.Init.(func(new unsafe.Pointer)); plain {
			return ""
		}
		t := reflect.TypeOf(v.m.Init)
		ok := t.Kind() == reflect.Func && t.NumIn() == 0 && t.NumOut() >= 1 && t.NumOut() <= 2 && t.Out(0).AssignableTo(v.new.Type())
		if ok && t.NumOut() == 2 {
			ok = t.Out(1) == errorType
		}
		if !ok {
			return fmt.Sprintf("its initial value is %s, want func() %s or func() (%[2]s, error)", t, v.new.Type())
		}
		return ""
	}
	if v.m != nil && v.m.Transform != nil {
		if !v.old.IsValid() {
			return "variable transformed, but the previous release does not have it"
		}
		if _, plain := v.m.Transform.(func(old, new unsafe.Pointer) error); plain {
			return ""
		}
		t := reflect.TypeOf(v.m.Transform)
		ok := t.Kind() == reflect.Func && t.NumIn() == 2 && t.NumOut() <= 1 &&
			t.In(0) == reflect.PointerTo(v.old.Type()) && t.In(1) == reflect.PointerTo(v.new.Type())
		if ok && t.NumOut() == 1 {
			ok = t.Out(0) == errorType
		}
		if !ok {
			return fmt.Sprintf("its transformer is %s, want func(*%s, *%s)", t, v.old.Type(), v.new.Type())
		}
		return ""
	}
	if v.old.IsValid() {
		if err := p.can(v.old.Type(), v.new.Type()); err != nil {
			return "variable: " + err.Error()
		}
	}
	return ""
}

// starts says that the variable starts with a value of its own, whatever it was.
func (v *varPlan) starts() bool { return v.m != nil && v.m.Init != nil }

// prepareVars makes, before the stop, the initial values that may be made aside, in
// the order in which they depend on each other. Variables of the new module, which
// nobody sees before commit, have theirs at once, so that the next ones can use them.
func (p *plan) prepareVars() error {
	plans := map[string]*varPlan{}
	for i := range p.vars {
		plans[p.vars[i].key] = &p.vars[i]
	}
	for i := range p.up.Vars {
		v := plans[p.up.Vars[i].Key]
		if v == nil || v.m.Init == nil || !v.m.Aside {
			continue
		}
		val, err := v.init()
		if err != nil {
			return err
		}
		if v.ready = val; !v.shared {
			v.new.Set(val)
		}
	}
	return nil
}

func (v *varPlan) init() (val reflect.Value, err error) {
	err = lend("the initial value of "+v.key, func() error {
		if f, plain := v.m.Init.(func(new unsafe.Pointer)); plain {
			val = reflect.New(v.new.Type()).Elem()
			f(val.Addr().UnsafePointer())
			return nil
		}
		out := reflect.ValueOf(v.m.Init).Call(nil)
		if len(out) == 2 && !out[1].IsNil() {
			return asError(out[1].Interface().(error), CodeFailed, "the initial value of "+v.key)
		}
		val = out[0]
		return nil
	})
	return val, err
}

// collectVars notes for the transfer what the variables hold. Those that get another place
// come first: what may lead to them has to be looked at in the others.
func (p *plan) collectVars() error {
	for _, shared := range []bool{false, true} {
		for i := range p.vars {
			if v := &p.vars[i]; v.shared == shared && v.old.IsValid() {
				if err := p.collectVar(v); err != nil {
					return asError(err, CodeFailed, "variable "+v.key)
				}
			}
		}
	}
	return nil
}

func (p *plan) collectVar(v *varPlan) error {
	switch {
	case p.tr == nil:
		if !v.shared && !v.starts() {
			v.new.Set(v.old)
		}
		return nil
	case v.shared:
		p.tr.from("", "", v.key)
		return p.tr.inPlace(v.new)
	}
	p.tr.from("", "", v.key)
	// Nobody can see a variable of the new module before commit.
	if !v.starts() || p.can(v.old.Type(), v.new.Type()) == nil {
		return p.tr.variable(v.new, v.old)
	}
	return nil
}

// behindVars makes the initial values that need what variables of this module hold.
func (p *plan) behindVars() (err error) {
	for _, key := range p.up.Behind {
		i := slices.IndexFunc(p.vars, func(v varPlan) bool { return v.key == key })
		if i < 0 {
			continue
		}
		v := &p.vars[i]
		if p.side.lends(func() { v.ready, err = v.init() }); err != nil {
			return err
		}
		if !v.shared { // nobody sees it before commit
			v.new.Set(v.ready)
		}
	}
	return nil
}

// finishVars runs the developer's functions when the transfer has run. What it
// returns is to be called at commit; it cannot fail.
func (p *plan) finishVars() (commit []func(), err error) {
	if err := p.behindVars(); err != nil {
		return nil, err
	}
	for i := range p.vars {
		v := &p.vars[i]
		set := func(val reflect.Value) { commit = append(commit, func() { v.new.Set(val) }) }
		switch {
		case v.m == nil:
		case v.m.Init != nil:
			val := v.ready
			if !val.IsValid() {
				p.side.lends(func() { val, err = v.init() })
				if err != nil {
					return nil, err
				}
			}
			set(val)
		case v.m.Transform == nil:
		case v.shared:
			// The variable is in use until commit: transform a copy.
			val := reflect.New(v.new.Type()).Elem()
			val.Set(v.old)
			p.side.lends(func() { err = v.transform(val) })
			if err != nil {
				return nil, err
			}
			set(val)
		default:
			p.side.lends(func() { err = v.transform(v.new) })
			if err != nil {
				return nil, err
			}
		}
	}
	return commit, nil
}

func (v *varPlan) transform(new reflect.Value) error {
	return guard("the transformer of "+v.key, func() error {
		if f, plain := v.m.Transform.(func(old, new unsafe.Pointer) error); plain {
			return f(v.old.Addr().UnsafePointer(), new.Addr().UnsafePointer())
		}
		out := reflect.ValueOf(v.m.Transform).Call([]reflect.Value{v.old.Addr(), new.Addr()})
		if len(out) == 1 && !out[0].IsNil() {
			return asError(out[0].Interface().(error), CodeFailed, "the transformer of "+v.key)
		}
		return nil
	})
}
