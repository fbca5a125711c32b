package updater

import (
	"errors"
	"fmt"
	"reflect"
	goruntime "runtime"
	"sync"
	"sync/atomic"

	"github.com/upstarego/upstarego/runtime"
)

// An older brings values up that foreign code has kept over an update (package older). It
// is made anew with each update, and only grows.
type older struct {
	plans []*plan  // of the committed updates, oldest first
	types sync.Map // reflect.Type → *met
}

// A met is a type that a value had.
type met struct {
	from []int // the updates that change it: it is a type of the releases before them
	to   []int // the updates that have brought it, or what it is made of
}

// serveOlder is called at commit.
func serveOlder(plans []*plan) {
	o := &older{plans: plans[:len(plans):len(plans)]}
	for _, p := range plans {
		if p.tr != nil {
			runtime.ServeOlder(o.bring)
			return
		}
	}
}

// bring makes of x what it has become in the release that polls word. current says that
// no value of its type is ever anything else.
func (o *older) bring(x any, word *atomic.Uint32) (new any, ok, current bool) {
	m := o.met(reflect.TypeOf(x))
	if len(m.from) == 0 {
		return nil, false, true
	}
	to := 0 // how many updates lead to the release
	for i, p := range o.plans {
		if p.next.Word == word {
			to = i + 1
		}
	}
	if o.converting() {
		return nil, false, false
	}
	runtime.During(func() {
		for i := o.since(x, m, to); i < to; i++ {
			if o.plans[i].tr != nil {
				x, ok = o.plans[i].bring(x), true
			}
		}
	})
	return x, ok, false
}

// converting reports whether the running goroutine is that of a conversion. The functions
// of the map that it calls, and what they call, must take what they find as it is: it has
// its update's lock, and others wait for that with the lock of another.
func (o *older) converting() bool {
	for _, p := range o.plans {
		if p.inside.Load() == runtime.Cur() {
			return true
		}
	}
	return false
}

func (o *older) met(t reflect.Type) *met {
	if m, ok := o.types.Load(t); ok {
		return m.(*met)
	}
	m := &met{}
	for i, p := range o.plans {
		if p.tr == nil {
			continue
		}
		old, new := p.tr.mentions(t)
		if old {
			m.from = append(m.from, i)
		}
		if new {
			m.to = append(m.to, i)
		}
	}
	o.types.Store(t, m)
	return m
}

// since tells in which release x is still: how many updates lead there. A type that has
// come back is that of several releases. What an earlier update has reached is of the
// release before that one; anything else is taken to be of the latest.
func (o *older) since(x any, m *met, to int) int {
	last := to
	for _, i := range m.from {
		if i >= to {
			break
		}
		last = i
	}
	for _, j := range m.to {
		if last <= j && j < to {
			last = to // it is that release's own
		}
	}
	for _, i := range m.from {
		if i >= last {
			break
		}
		if o.plans[i].has(reflect.ValueOf(x)) {
			return i
		}
	}
	return last
}

// has is the transfer's.
func (p *plan) has(v reflect.Value) bool {
	p.lateMu.Lock()
	defer p.lateMu.Unlock()
	return p.tr.has(v)
}

// bring converts a value by one update, as a goroutine's that comes back would be.
func (p *plan) bring(x any) any {
	p.lateMu.Lock()
	defer p.lateMu.Unlock()
	if v := reflect.ValueOf(x); v.Kind() == reflect.Pointer && v.Type().Name() == "" && !v.IsNil() {
		if new, ok := p.tr.reached(v.UnsafePointer(), v.Type().Elem()); ok {
			return reflect.NewAt(p.tr.counterpart(v.Type()).Elem(), new).Interface()
		}
	}
	var new any
	err := p.late(p.transforms, func() error {
		// A box is the interface's own, and may lie where it does not stay.
		from := reflect.New(reflect.TypeOf(x)).Elem()
		from.Set(reflect.ValueOf(x))
		to := reflect.New(p.tr.counterpart(from.Type())).Elem()
		p.tr.from("", "", "a value that foreign code has kept")
		err := p.tr.value(to, from)
		if err == nil {
			err = p.tr.runLate()
			p.letGoLater()
		}
		new = to.Interface()
		return err
	})
	if err != nil {
		panic(p.lost(asserts(), err, "foreign code has handed over, in release %d, what cannot be carried over"))
	}
	return new
}

// asserts is where the assertion stands that has come upon a value.
func asserts() Position {
	var pcs [32]uintptr
	fs := goruntime.CallersFrames(pcs[:goruntime.Callers(2, pcs[:])])
	for {
		f, more := fs.Next()
		if runtime.OwnFile(f.File) {
			return Position{Pos: fmt.Sprintf("%s:%d", f.File, f.Line), Func: f.Function}
		}
		if !more {
			return Position{}
		}
	}
}

// late runs f, which converts what has come back after commit; asks says that functions of
// the developer's may be called.
func (p *plan) late(asks bool, f func() error) (err error) {
	convert := func() { err = guard("a conversion", f) }
	if !asks {
		convert()
		return err
	}
	if !runtime.Aside(func() {
		p.inside.Store(runtime.Cur())
		defer p.inside.Store(nil)
		convert()
	}) {
		err = errors.Join(err, errors.New("a function of the frame map has ended its goroutine"))
	}
	return err
}
