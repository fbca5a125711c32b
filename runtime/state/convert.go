package state

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"unsafe"
)

// A Panic is a panic in a function of a Pair.
type Panic struct {
	Doing string // whose function
	Type  reflect.Type
	Value any
}

func (p *Panic) Error() string { return fmt.Sprintf("%s %v panicked: %v", p.Doing, p.Type, p.Value) }

// Unwrap gives what the function panicked with, if that is an error.
func (p *Panic) Unwrap() error {
	err, _ := p.Value.(error)
	return err
}

// protect calls one of the developer's functions.
func protect(doing string, typ reflect.Type, f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &Panic{doing, typ, v}
		}
	}()
	return f()
}

// convert runs Convert functions and hooks, when all they can reach is filled.
func (t *Transfer) convert() {
	for _, c := range t.calls {
		if !t.goOn() {
			return
		}
		t.call(c)
	}
}

func (t *Transfer) call(c pending) {
	if t.mirroring {
		t.callAgain(c)
		return
	}
	if c.call.sync != nil {
		// Where a value is copied, in a map or an interface, nobody can wait.
		if !t.now && !t.waiting.Idle(c.call.sync, c.old) {
			t.syncs = append(t.syncs, syncMove{c, c.call.sync})
		}
		return
	}
	if c.call.hook != nil {
		if err := c.call.hook(c.old, c.new); err != nil {
			t.flaw(c, fmt.Errorf("%s: %w", c.call.where, err))
		}
		return
	}
	pr := c.call.pair
	if pr.Convert != nil {
		if err := t.transform(pr, c); err != nil {
			t.flaw(c, err)
			return
		}
	}
	if pr.Validate != nil && t.sealed == 0 {
		if t.now {
			// The memory at new is a map's, or scratch.
			rt := rtype(pr.New)
			box := unsafeNew(rt)
			typedmemmove(rt, box, c.new)
			c.new = box
		}
		t.checks = append(t.checks, c)
	}
}

// transform calls a pair's Convert function. If that panics the new value is what
// it was before, so that nobody sees one that is half made.
func (t *Transfer) transform(pr *pair, c pending) (err error) {
	convert := func() error { pr.Convert(c.old, c.new); return nil }
	if t.sealed == 0 {
		t.lend(func() { err = protect("the transformer of", pr.New, convert) })
		return err
	}
	t.mirror()
	rt := rtype(pr.New)
	before := unsafeNew(rt)
	typedmemmove(rt, before, c.new)
	err = protect("the transformer of", pr.New, convert)
	if err != nil {
		typedmemmove(rt, c.new, before)
	}
	return err
}

// validate asks the Validate functions, when all Convert functions have been called.
func (t *Transfer) validate() {
	for _, c := range t.checks {
		if !t.goOn() {
			return
		}
		pr := c.call.pair
		var err error
		t.lend(func() {
			err = protect("the validation of", pr.New, func() error { return pr.Validate(c.old, c.new) })
		})
		if err != nil {
			t.spot = t.spotOf(c)
			t.fail("%s: %w", c.call.where, err)
		}
	}
}

// A flaw says that an object's conversion failed after commit, when it could not be
// given up any more. The object has the fields that are carried over by name; who
// brings it later is told.
type flaw struct{ cause error }

// flaw notes that a value could not be converted. Before Apply that ends the Run.
func (t *Transfer) flaw(c pending, err error) {
	if t.sealed == 0 {
		t.spot = t.spotOf(c)
		t.fail("%w", err)
		return
	}
	t.flaws = append(t.flaws, err)
	if c.ext != 0 {
		if t.flawed == nil {
			t.flawed = map[int32]flaw{}
		}
		t.flawed[c.ext] = flaw{err}
		t.ext(c.ext).flags |= failed
	}
}

// meet notes that a value leads to an object whose conversion failed in an earlier
// round.
func (t *Transfer) meet(i int32, e *extent) {
	if e.flags&failed == 0 || i >= t.sealed {
		return
	}
	t.flaws = addOnce(t.flaws, t.flawed[i].cause)
}

func addOnce(errs []error, more ...error) []error {
	for _, err := range more {
		if !slices.Contains(errs, err) {
			errs = append(errs, err)
		}
	}
	return errs
}

// RunLate is Run and Apply after the first Apply: the program runs, so it goes as
// far as it can, and the error only tells what is wrong. A value that cannot be
// carried over is zero afterwards. An object whose Convert function panicked has the
// fields that are carried over by name, and whoever brings it again is told.
func (t *Transfer) RunLate() error {
	roots, before := t.roots, t.flaws
	err := t.Run()
	if err == nil {
		err = errors.Join(t.flaws...)
		t.Apply()
		return err
	}
	t.rollback()
	errs := before
	// one carries what note adds, or makes it zero.
	one := func(note func() error, typ reflect.Type, at unsafe.Pointer) {
		err := note()
		if err == nil {
			err = t.Run()
		}
		if err == nil {
			errs = addOnce(errs, t.flaws...)
			t.Apply()
			return
		}
		t.rollback()
		errs = addOnce(errs, err)
		reflect.NewAt(typ, at).Elem().SetZero()
	}
	for _, r := range roots {
		old := r.node.old
		switch {
		case r.dst != nil:
			one(func() error { t.roots = []root{r}; return nil }, r.node.new, r.dst)
		case old.Kind() == reflect.Struct: // a frame: each local by itself
			for i := range old.NumField() {
				f := old.Field(i)
				at := unsafe.Add(r.src, f.Offset)
				one(func() error { return t.InPlace(at, f.Type) }, f.Type, at)
			}
		default:
			one(func() error { t.roots = []root{r}; return nil }, old, r.src)
		}
	}
	return errors.Join(errs...)
}
