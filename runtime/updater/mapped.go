package updater

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"unsafe"

	"github.com/upstarego/upstarego/framemap"
	"github.com/upstarego/upstarego/runtime"
	"github.com/upstarego/upstarego/runtime/state"
)

// Use adds what the release's framemap.go says. Points come resolved in Funcs
// already: the checker has read them out of the same file.
func (u *Update) Use(m *framemap.Map) {
	u.named(m)
	types := map[string]int{}
	for i, t := range u.Pairs { // what is inferred
		types[t.Key] = i
	}
	for _, t := range m.Types {
		i, ok := types[t.New]
		if !ok {
			i = len(u.Pairs)
			types[t.New] = i
			u.Pairs = append(u.Pairs, TypePair{Key: t.New, Old: t.Old})
		}
		p := &u.Pairs[i]
		if t.Transform != nil {
			p.Transform = telling(t.New, t.Transform)
		}
		p.Zero = append(p.Zero, t.Zero...)
	}
	for _, f := range m.Fields {
		i, ok := types[f.Type]
		if !ok {
			i = len(u.Pairs)
			types[f.Type] = i
			u.Pairs = append(u.Pairs, TypePair{Key: f.Type, Old: u.Moved.Back().Key(f.Type)})
		}
		u.Pairs[i].Leads = append(u.Pairs[i].Leads, state.Lead{Field: f.Field, Path: strings.Split(f.From, ".")})
	}
	for _, v := range m.Validates {
		i, ok := types[v.New]
		if !ok {
			i = len(u.Pairs)
			types[v.New] = i
			u.Pairs = append(u.Pairs, TypePair{Key: v.New, Old: v.Old})
		}
		u.Pairs[i].Validate = v.Holds
	}
	fills := map[string][]func(s *framemap.Stack, old, new unsafe.Pointer){}
	for _, f := range m.Funcs {
		if f.Fill != nil {
			fills[f.Old] = append(fills[f.Old], f.Fill)
		}
	}
	stacks := map[string]map[int]func(s *framemap.Stack, old unsafe.Pointer){}
	for _, s := range m.Stacks {
		if stacks[s.Old] == nil {
			stacks[s.Old] = map[int]func(s *framemap.Stack, old unsafe.Pointer){}
		}
		stacks[s.Old][s.Point] = s.Make
	}
	for i := range u.Funcs {
		f := &u.Funcs[i]
		if fills[f.Old] != nil || stacks[f.Old] != nil {
			for pt := range stacks[f.Old] {
				if pt < len(f.Points) {
					f.Points[pt] = 0 // the rule says where it goes
				}
			}
			f.ruled = true
			f.Convert = (&rule{m: *f, fills: fills[f.Old], stacks: stacks[f.Old]}).convert
		}
	}
	for _, n := range m.Nevers {
		if u.never == nil {
			u.never = map[string]map[int]bool{}
		}
		if u.never[n.Old] == nil {
			u.never[n.Old] = map[int]bool{}
		}
		for _, p := range n.Points {
			u.never[n.Old][p] = true
		}
		if n.Points == nil {
			u.never[n.Old][allPoints] = true
		}
	}
	for _, v := range m.Vars {
		vm := VarMap{Key: v.Key, Old: v.Old, oldMirror: v.OldType, newMirror: v.NewType}
		if v.Init != nil {
			vm.Init = v.Init
		}
		if v.Transform != nil {
			vm.Transform = v.Transform
		}
		u.Vars = append(u.Vars, vm)
	}
	for _, r := range m.Turns {
		if u.Results == nil {
			u.Results = map[string]any{}
		}
		u.Results[r.Old] = r.Convert
	}
	for _, g := range m.Gos {
		u.Starts = append(u.Starts, EntryMap{g.Key, g.Each})
	}
	u.heap = func(h framemap.Heap) { m.Heap = h }
	u.BeforeStop = append(u.BeforeStop, m.Befores...)
	if len(m.Predicates) > 0 {
		u.Predicate = func() error {
			for _, p := range m.Predicates {
				if err := p(); err != nil {
					return err
				}
			}
			return nil
		}
	}
	u.AfterCommit = append(u.AfterCommit, m.Afters...)
}

// named gives what the map says of functions, types and variables of the previous release
// the names that these have there.
func (u *Update) named(m *framemap.Map) {
	if len(u.Moved) == 0 {
		return
	}
	back := u.Moved.Back()
	for i := range m.Types {
		m.Types[i].Old = back.Key(m.Types[i].Old)
	}
	for i := range m.Validates {
		m.Validates[i].Old = back.Key(m.Validates[i].Old)
	}
	for i := range m.Funcs {
		m.Funcs[i].Old = back.Key(m.Funcs[i].Old)
	}
	for i := range m.Stacks {
		m.Stacks[i].Old = back.Key(m.Stacks[i].Old)
	}
	for i := range m.Nevers {
		m.Nevers[i].Old = back.Key(m.Nevers[i].Old)
	}
	for i := range m.Vars {
		m.Vars[i].Old = back.Key(m.Vars[i].Old)
	}
	for i := range m.Turns {
		m.Turns[i].Old = back.Key(m.Turns[i].Old)
	}
}

// Start gives variables of the new release their initial values, made before the
// stop by the new code, in this order: variables that the old release does not have,
// or whose initial value changed. Those with a rule of their own are left to it.
func (u *Update) Start(keys ...string) {
	ruled := map[string]bool{}
	for _, v := range u.Vars {
		ruled[v.Key] = true
	}
	calls := map[uintptr]func() []reflect.Value{}
	for _, k := range keys {
		if ruled[k] {
			continue
		}
		init, ok := u.Release.Inits[k]
		if !ok {
			u.Vars = append(u.Vars, VarMap{Key: k, missing: true})
			continue
		}
		f := reflect.ValueOf(init.Func)
		if calls[f.Pointer()] == nil { // one call for all the variables that it gives values to
			calls[f.Pointer()] = sync.OnceValue(func() []reflect.Value { return f.Call(nil) })
		}
		results, i := calls[f.Pointer()], init.Result
		u.Vars = append(u.Vars, VarMap{Key: k, Aside: !slices.Contains(u.Behind, k), Init: func(new unsafe.Pointer) {
			v := reflect.NewAt(u.Release.Vars[k].Type(), new).Elem()
			r := results()[i]
			if r.Kind() == reflect.Interface && v.Kind() != reflect.Interface {
				r = r.Elem() // the variable's type could not be written
			} else if r.Kind() == reflect.Interface && r.IsNil() {
				return
			}
			v.Set(r)
		}})
	}
}

const allPoints = -1

// forbids reports whether the map says that nobody may stand at a point of the old
// release.
func (u *Update) forbids(f *runtime.Func, pt int) bool {
	n := u.never[f.Key]
	return n[pt] || n[allPoints] || u.keptFree(f, pt) != ""
}

// keptFree says why a point is kept free that no rule names, or "".
func (u *Update) keptFree(f *runtime.Func, pt int) string {
	if u.kept == nil {
		u.kept = map[string]map[int]string{}
		for i := range u.Funcs {
			if m := &u.Funcs[i]; m.Kept != nil {
				u.kept[m.Old] = m.Kept
			}
		}
	}
	return u.kept[f.Key][pt]
}

// unmapped says why a goroutine must not stand at a point that is not mapped.
func (u *Update) unmapped(f *runtime.Func, pt int) string {
	if why := u.keptFree(f, pt); why != "" {
		return "kept free, since goroutines do not stay there: " + why
	}
	return "not mapped"
}

// A rule converts the frames of one function by the developer's functions.
type rule struct {
	m      FuncMap
	fills  []func(s *framemap.Stack, old, new unsafe.Pointer)
	stacks map[int]func(s *framemap.Stack, old unsafe.Pointer)
}

func (r *rule) convert(pt int, old unsafe.Pointer, c *Conversion) ([]runtime.Frame, error) {
	from := c.plan.old.Func(r.m.Old)
	w := &work{c: c, from: from, pt: pt, old: old, to: r.m.New, moves: r.m.movesAt(pt), leads: r.m.Leads[pt]}
	if c.args != nil {
		var moves []move
		if to := c.plan.next.Func(r.m.New); to != nil {
			moves = fieldMoves(from.Frame, to.Frame, r.m.movesAt(pt))
		}
		w.old, w.sure = c.plan.withoutArgs(moves, from, old, c.passed)
		w.called = old
	}
	err := guard("the rule for frames of "+r.m.Old, func() error { r.apply(w); return w.err })
	w.settle()
	if err == nil {
		err = w.err
	}
	if leads := r.m.Leads[pt]; err != nil && c.Late && len(w.made) == 0 && len(leads) > 0 {
		// It panics there instead, with its deferred calls.
		w.err = nil
		w.Frame(leads[0].Key, leads[0].Point)
		w.settle()
		err = errors.Join(err, w.err)
	}
	c.then = append(w.then, begin(w.started)...)
	return w.made, err
}

func (r *rule) apply(w *work) {
	if make := r.stacks[w.pt]; make != nil {
		make(framemap.NewStack(w), w.old)
		w.arguments()
		return
	}
	to := w.pt
	if r.m.Points != nil {
		to = r.m.Points[w.pt]
	}
	new := w.Frame(r.m.New, to)
	if w.err == nil {
		w.err = r.m.begin(w.pt, w.made[len(w.made)-1].Fn.Frame, new)
	}
	for _, fill := range r.fills {
		if w.err == nil {
			fill(framemap.NewStack(w), w.old, new)
		}
	}
	w.arguments()
}

// arguments gives frames for the entry the arguments as newer code has passed them,
// whatever the rule made of those that it could not see.
func (w *work) arguments() {
	for i := range w.made {
		f := &w.made[i]
		switch {
		case w.called == nil || w.err != nil:
			return
		case f.Pt == 0 && f.Fn.Key == w.to:
			moves := slices.DeleteFunc(fieldMoves(w.from.Frame, f.Fn.Frame, w.moves), func(m move) bool {
				return !slices.Contains(arguments(w.from, w.c.passed), m.was)
			})
			w.err = w.c.plan.call(moves, w.from, f.Fn, w.called, f.Data, w.c.passed)
			f.Args, f.Passed = w.c.args, w.c.passed
		case !w.sure:
			w.err = fmt.Errorf("it was called through a function value of an earlier release, with arguments of types that have changed since, and the rule makes it a frame of %s at point %d", f.Fn.Key, f.Pt)
		}
	}
}

// work makes new frames out of one old frame.
type work struct {
	c     *Conversion
	from  *runtime.Func
	pt    int
	old   unsafe.Pointer
	to    string            // the new function that takes the old one's place
	moves map[string]string // its FuncMap's
	leads []Lead            // what may be made of the frame
	made  []runtime.Frame
	err   error

	carrying []carrying // left for the transfer
	given    map[unsafe.Pointer]bool

	started []runtime.Frame // goroutines, at the functions that they begin with
	then    []func()        // run when the frames go on

	// Of a call made by newer code: its frame with the arguments as they are; old has
	// none whose type has changed. sure: there is no such argument.
	called unsafe.Pointer
	sure   bool
}

// missing is handed out when a frame cannot be made, so that the developer's
// function can run to its end; the error stops the update.
var missing [1 << 16]byte

func (w *work) Frame(key string, point int) unsafe.Pointer {
	f := w.c.plan.next.Func(key)
	if f == nil || point < 0 || point >= f.Points {
		if w.err == nil {
			_, w.err = w.c.Frame(key, point, nil)
		}
		return unsafe.Pointer(&missing)
	}
	data := reflect.New(f.Frame).UnsafePointer()
	if w.err == nil {
		renamed := w.moves
		if key != w.to {
			renamed = nil // another function's locals: by name
		}
		for _, l := range w.leads {
			if l.Key == key && l.Point == point && l.Moves != nil {
				renamed = l.Moves
			}
		}
		moves := w.c.plan.carried(w.from.Frame, f.Frame, renamed)
		if w.called != nil && !w.sure {
			moves = slices.DeleteFunc(moves, func(m move) bool { return slices.Contains(w.from.Params, m.was) && m.from != m.to })
		}
		w.err = w.carry(moves, data)
	}
	w.made = append(w.made, runtime.Frame{Fn: f, Pt: point, Data: data})
	return data
}

// carried are the fields with equal names whose values can be handed over; the
// others are the developer's.
func (p *plan) carried(from, to reflect.Type, renamed map[string]string) []move {
	var ms []move
	for _, m := range fieldMoves(from, to, renamed) {
		if p.can(m.from, m.to) == nil {
			ms = append(ms, m)
		}
	}
	return ms
}

func (w *work) Carry(dst, src unsafe.Pointer, new, old reflect.Type) {
	if w.err != nil {
		return
	}
	from, ok := w.source(src, old)
	if !ok {
		w.err = fmt.Errorf("Carry: the source is no local of %s, and no field that one leads to", w.from.Key)
		return
	}
	to, ok := w.field(dst, new)
	if !ok {
		w.err = fmt.Errorf("Carry: the destination is no local of a frame made here")
		return
	}
	w.gives(dst)
	if to.Kind() == reflect.Interface && from.Kind() == reflect.Pointer {
		w.err = w.c.plan.boxed(to, from)
		return
	}
	w.err = w.c.plan.value(to, from)
}

// boxed is value of a pointer for a variable of an interface type, which holds the pointer
// itself.
func (p *plan) boxed(to, from reflect.Value) error {
	t := from.Type()
	if p.tr != nil {
		t = p.tr.counterpart(t)
	}
	if t == nil || t.Kind() != reflect.Pointer || !t.Implements(to.Type()) {
		return fmt.Errorf("%s cannot become %s: it has not its methods", from.Type(), to.Type())
	}
	to.Set(reflect.Zero(t))
	const held = unsafe.Sizeof(uintptr(0)) // behind what tells the type
	return p.value(reflect.NewAt(t, unsafe.Add(to.Addr().UnsafePointer(), held)).Elem(), from)
}

// field is the field at p of a frame made here; mirror is what the map sees there.
func (w *work) field(p unsafe.Pointer, mirror reflect.Type) (reflect.Value, bool) {
	for _, f := range slices.Concat(w.made, w.started) {
		if to, ok := fieldAt(f.Fn.Frame, f.Data, p, mirror); ok {
			return to, true
		}
	}
	return reflect.Value{}, false
}

// source is the field at p of an old frame, or of an object that one leads to by pointers,
// nearest first.
func (w *work) source(p unsafe.Pointer, mirror reflect.Type) (reflect.Value, bool) {
	frames := []runtime.Frame{{Fn: w.from, Data: w.old}}
	if in, has := w.c.Inner(1); has {
		frames = append(frames, in)
	}
	type object struct {
		typ  reflect.Type
		base unsafe.Pointer
	}
	var l []object
	for _, f := range append(frames, w.c.outer...) {
		l = append(l, object{f.Fn.Frame, f.Data})
	}
	seen := map[object]bool{}
	for depth := 0; depth < deepest && len(l) > 0; depth++ {
		var next []object
		for _, o := range l {
			if v, ok := fieldAt(o.typ, o.base, p, mirror); ok {
				return v, true
			}
			w.c.plan.leads(reflect.NewAt(o.typ, o.base).Elem(), func(to reflect.Value) {
				if o := (object{to.Type().Elem(), to.UnsafePointer()}); !seen[o] {
					seen[o] = true
					next = append(next, o)
				}
			})
		}
		l = next
	}
	return reflect.Value{}, false
}

// deepest is how many pointers the source of framemap.Carry may lie behind.
const deepest = 8

// leads calls f for the pointers in v to structs whose types the update changes, or that are
// gone: what they lead to is as it was at commit. (framemap/check lets no other ones by.)
func (p *plan) leads(v reflect.Value, f func(reflect.Value)) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			p.leads(v.Field(i), f)
		}
	case reflect.Pointer:
		t := v.Type().Elem()
		if t.Kind() != reflect.Struct || v.IsNil() {
			return
		}
		if is := p.next.Types[t.PkgPath()+"."+t.Name()]; is != t {
			f(v)
		}
	}
}

// fieldAt is the field of the struct at base that begins at p and has the type that a mirror
// stands for, at whatever depth.
func fieldAt(typ reflect.Type, base, p unsafe.Pointer, mirror reflect.Type) (reflect.Value, bool) {
	off := uintptr(p) - uintptr(base)
	if off >= typ.Size() {
		return reflect.Value{}, false
	}
	for i := range typ.NumField() {
		f := typ.Field(i)
		switch {
		case off < f.Offset || off-f.Offset >= f.Type.Size():
		case off == f.Offset && mirrors(f.Type, mirror):
			return reflect.NewAt(f.Type, p).Elem(), true
		case f.Type.Kind() == reflect.Struct:
			if v, ok := fieldAt(f.Type, unsafe.Add(base, f.Offset), p, mirror); ok {
				return v, true
			}
		}
		// What a mirror leads to may be written otherwise (a type without a name, of types that
		// cannot be written): then it is the field that begins there.
		if off == f.Offset && f.Type.Size() == mirror.Size() && off < f.Offset+f.Type.Size() {
			return reflect.NewAt(f.Type, p).Elem(), true
		}
	}
	return reflect.Value{}, false
}

func (w *work) Inner(key string) (unsafe.Pointer, int) {
	f, ok := w.c.Inner(1)
	if !ok || f.Fn.Key != w.c.plan.earlier(key) {
		return nil, -1
	}
	return f.Data, f.Pt
}

func (w *work) Outer(key string) (unsafe.Pointer, int) {
	key = w.c.plan.earlier(key)
	for _, f := range w.c.outer {
		if f.Fn.Key == key {
			return f.Data, f.Pt
		}
	}
	return nil, -1
}

func (w *work) Then(f func()) { w.then = append(w.then, f) }

// Start makes the frame of a goroutine that begins when the frames go on.
func (w *work) Start(key string) unsafe.Pointer {
	f, err := w.c.plan.entry(key)
	if err != nil {
		if w.err == nil {
			w.err = err
		}
		return unsafe.Pointer(&missing)
	}
	w.started = append(w.started, f)
	return f.Data
}

func (w *work) Late() bool { return w.c.Late }
func (w *work) Point() int { return w.pt }
