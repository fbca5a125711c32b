package updater

import (
	"fmt"
	"reflect"
	"unsafe"

	"github.com/upstarego/upstarego/runtime/state"
)

// newTransfer plans the state transfer for the changed types; nil if none has
// changed.
func (p *plan) newTransfer(pairs []pair, opts state.Options) (transfer, []Position, error) {
	if len(pairs) == 0 {
		return nil, nil, nil
	}
	ps, leads := make([]state.Pair, len(pairs)), false
	for i, pr := range pairs {
		convert, err := pr.converter()
		if err != nil {
			return nil, []Position{{Func: pr.new.String(), Why: err.Error()}}, nil
		}
		ps[i] = state.Pair{Old: pr.old, New: pr.new, Convert: convert, Validate: pr.validate, Zero: pr.zero, Leads: pr.leads, Apart: pr.apart}
	}
	var gaps []Position
	for _, pr := range pairs {
		leads = leads || pr.leads != nil
		gaps = append(gaps, p.ledBy(pr)...)
	}
	plan, problems := state.NewPlan(ps, opts)
	for _, pr := range problems {
		at := pr.Type.String()
		if pr.Field != "" {
			at += "." + pr.Field
		}
		gaps = append(gaps, Position{Func: at, Why: pr.What})
	}
	if len(gaps) > 0 {
		return nil, gaps, nil
	}
	t := plan.Begin()
	t.Share(&p.lateMu, p.letGoLater, p.asks || leads)
	return &heap{plan: plan, t: t}, nil, nil
}

// ledBy reports objects that a pair's fields are led to by and that both releases have: what is
// in them when a goroutine comes back late is the new release's.
func (p *plan) ledBy(pr pair) (gaps []Position) {
	for _, l := range pr.leads {
		for _, by := range state.Between(pr.old, l.Path) {
			key := instanceKey(by)
			own := p.instance(p.old, key) != nil && p.instance(p.next, key) != by
			for key, t := range p.old.Types {
				own = own || t == by && p.next.Types[key] != by
			}
			if !own {
				gaps = append(gaps, Position{Func: pr.new.String() + "." + l.Field,
					Why: fmt.Sprintf("it is led to by a %v, and objects of that type are the new release's as well: who comes late would not find what was there", by)})
			}
		}
	}
	return gaps
}

// converter is the developer's transformer as the transfer calls it.
func (p pair) converter() (func(old, new unsafe.Pointer), error) {
	switch f := p.transform.(type) {
	case nil:
		return nil, nil
	case func(old, new unsafe.Pointer):
		return f, nil
	}
	f := reflect.ValueOf(p.transform)
	t := f.Type()
	if t.Kind() != reflect.Func || t.NumIn() != 2 || t.NumOut() != 0 || t.In(0) != reflect.PointerTo(p.old) || t.In(1) != reflect.PointerTo(p.new) {
		return nil, fmt.Errorf("its transformer is %s, want func(*%s, *%s)", t, p.old, p.new)
	}
	return func(old, new unsafe.Pointer) {
		f.Call([]reflect.Value{reflect.NewAt(p.old, old), reflect.NewAt(p.new, new)})
	}, nil
}

// A heap is a transfer by package state.
type heap struct {
	plan   *state.Plan
	t      *state.Transfer
	origin state.Origin
}

func (h *heap) from(function, pos, variable string) {
	h.origin = state.Origin{Func: function, Pos: pos, Name: variable}
	h.t.From(h.origin)
}

func (h *heap) local(name string) {
	h.origin.Name = name
	h.t.From(h.origin)
}

func (h *heap) can(from, to reflect.Type) error {
	if h.plan.Counterpart(from) != to {
		return fmt.Errorf("%s cannot become %s without a conversion", from, to)
	}
	return nil
}

func (h *heap) value(new, old reflect.Value) error {
	if err := h.can(old.Type(), new.Type()); err != nil {
		return err
	}
	return h.t.Value(new.Addr().UnsafePointer(), old.Addr().UnsafePointer(), old.Type())
}

func (h *heap) variable(new, old reflect.Value) error {
	if err := h.can(old.Type(), new.Type()); err != nil {
		return err
	}
	return h.t.Forward(old.Addr().UnsafePointer(), old.Type().Size(), new.Addr().UnsafePointer(), old.Type())
}

func (h *heap) inPlace(v reflect.Value) error {
	return h.t.InPlace(v.Addr().UnsafePointer(), v.Type())
}

func (h *heap) changes(t reflect.Type) bool { return h.plan.Counterpart(t) != t }

func (h *heap) counterpart(t reflect.Type) reflect.Type { return h.plan.Counterpart(t) }

func (h *heap) mentions(t reflect.Type) (old, new bool) { return h.plan.Mentions(t) }

func (h *heap) has(v reflect.Value) bool { return h.t.Has(v) }

func (h *heap) reached(old unsafe.Pointer, typ reflect.Type) (unsafe.Pointer, bool) {
	return h.t.Reached(old, typ)
}

func (h *heap) holds(t reflect.Type) bool { return h.plan.Holds(t) }

func (h *heap) leaving(chans map[unsafe.Pointer]bool) { h.t.Leaving(chans) }

func (h *heap) back(old, new reflect.Value) error {
	return h.t.Back(old.Addr().UnsafePointer(), new.Addr().UnsafePointer(), old.Type())
}

func (h *heap) isNew(p unsafe.Pointer) bool { return h.t.New(p) }
func (h *heap) keep(t reflect.Type)         { h.plan.Keep(t) }

func (h *heap) growth() float64 { return h.plan.Growth() }

func (h *heap) bound(l state.Limits) { h.t.Bound(l) }

func (h *heap) need() uint64 { return h.plan.Need() }

func (h *heap) calm()   { h.t.Calm() }
func (h *heap) excite() { h.t.Excite() }

func (h *heap) run() error     { return h.t.Run() }
func (h *heap) runLate() error { return h.t.RunLate() }

func (h *heap) know(t reflect.Type) string { return h.plan.Know(t) }

func (h *heap) objects() int { return h.t.Stats().Converted }
func (h *heap) apply()       { h.t.Apply() }
func (h *heap) discard()     { h.t.Discard() }

func (h *heap) weaken(limit int) (more bool) { return h.t.Weaken(limit) }
func (h *heap) loosen(limit int) (more bool) { return h.t.Loosen(limit) }
func (h *heap) sweep() (left int)            { return h.t.Sweep() }

func (h *heap) prune() { h.t.Prune() }

func (h *heap) before(next transfer) {
	if n, ok := next.(*heap); ok {
		h.t.Before(n.t)
	}
}

func (h *heap) successor(old unsafe.Pointer, typ reflect.Type) (unsafe.Pointer, bool) {
	return h.t.Successor(old, typ)
}
