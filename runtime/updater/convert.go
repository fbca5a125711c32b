package updater

import (
	"errors"
	"fmt"
	"reflect"
	goruntime "runtime"
	"slices"
	"strings"
	"unsafe"

	"github.com/upstarego/upstarego/runtime"
)

// A move is one field of a frame struct that the next one has as well.
type move struct {
	name, was string // in the new frame and in the old one
	from, to  reflect.Type
	src, dst  uintptr
	// box: the new frame has a pointer to the variable, and the old one had the variable; to is
	// the variable's type.
	box bool
}

// into is where the value goes in a new frame: into the field, or into a variable that is made
// for it.
func (m *move) into(new unsafe.Pointer) unsafe.Pointer {
	at := unsafe.Add(new, m.dst)
	if !m.box {
		return at
	}
	p := (*unsafe.Pointer)(at)
	if *p == nil {
		*p = reflect.New(m.to).UnsafePointer()
	}
	return *p
}

// pointers is how many pointers a type is, one to the other, before something else.
func pointers(t reflect.Type) (n int) {
	for ; t.Kind() == reflect.Pointer && t.Name() == ""; t = t.Elem() {
		n++
	}
	return n
}

// begin gives locals of a new frame what they are declared with.
func (m *FuncMap) begin(pt int, frame reflect.Type, new unsafe.Pointer) error {
	if m == nil {
		return nil
	}
	for _, b := range m.Begun[pt] {
		f, ok := frame.FieldByName(b.Name)
		t, at := f.Type, unsafe.Add(new, f.Offset)
		if ok && b.Boxed && t.Kind() == reflect.Pointer {
			v := reflect.New(t.Elem())
			reflect.NewAt(t, at).Elem().Set(v)
			t, at = t.Elem(), v.UnsafePointer()
		} else if b.Boxed {
			ok = false
		}
		if v := reflect.ValueOf(b.Value); ok && b.Value != nil {
			if ok = v.CanConvert(t) && kindOf(v.Type()) == kindOf(t); ok {
				reflect.NewAt(t, at).Elem().Set(v.Convert(t))
			}
		}
		if !ok {
			return fmt.Errorf("local %s of %s cannot be given %v", b.Name, m.New, b.Value)
		}
	}
	return nil
}

// fieldMoves finds them by name, or by renamed: new name → old name.
func fieldMoves(from, to reflect.Type, renamed map[string]string) []move {
	var ms []move
	for i := range to.NumField() {
		d := to.Field(i)
		name := d.Name
		if renamed != nil {
			name = renamed[name]
		}
		if s, ok := from.FieldByName(name); ok && name != "_" {
			m := move{name: d.Name, was: name, from: s.Type, to: d.Type, src: s.Offset, dst: d.Offset}
			if m.box = pointers(m.to) == pointers(m.from)+1; m.box {
				m.to = m.to.Elem()
			}
			ms = append(ms, m)
		}
	}
	return ms
}

// fields carries out moves between two frame structs.
func (p *plan) fields(moves []move, old, new unsafe.Pointer) error {
	var errs []error
	for _, m := range moves {
		if p.tr != nil {
			p.tr.local(m.was)
		}
		dst := reflect.NewAt(m.to, m.into(new)).Elem()
		src := reflect.NewAt(m.from, unsafe.Add(old, m.src)).Elem()
		if err := p.value(dst, src); err != nil {
			errs = append(errs, fmt.Errorf("local %s: %w", m.name, err))
		}
	}
	return errors.Join(errs...)
}

// value fills new from old: at once if no type has changed, else when the
// transfer runs.
func (p *plan) value(new, old reflect.Value) error {
	if t := p.counterpart(old.Type()); named(t, new.Type()) {
		new = reflect.NewAt(t, new.Addr().UnsafePointer()).Elem()
	}
	if p.tr != nil {
		return p.tr.value(new, old)
	}
	if err := p.can(old.Type(), new.Type()); err != nil {
		return err
	}
	new.Set(old)
	return nil
}

// segment converts the frames of one segment (innermost first). then is what is to be
// done when they go on. When it is late there is no way back: it
// makes what frames it can, and the error says what is wrong with them.
func (p *plan) segment(frames []runtime.Frame, late, again bool) (out []runtime.Frame, then []func(), err error) {
	own := frames[len(frames)-1].Own
	frames, outside := turns(frames)
	out = make([]runtime.Frame, 0, len(frames))
	var flaws []error
	var back *runtime.Frame
	var settle func()
	// Outermost first: a Convert may take frames inside its own.
	for i := len(frames) - 1; i >= 0; {
		taken := 0
		fr := frames[i]
		fp := p.how(fr.Fn)
		if fp == nil || !fp.mapped(fr.Pt) {
			if flaws = append(flaws, p.unmapped(fr)); late {
				break // what it called has no place either
			}
			return nil, nil, flaws[0]
		}
		var skip map[string]bool // what the operation yielded does not count
		if op := fr.Fn.ChanOp(fr.Pt); again && i == 0 && op != nil {
			skip = op.Yields()
		}
		if p.tr != nil {
			p.tr.from(fr.Fn.Key, fr.Fn.Pos(fr.Pt), "")
		}
		if watching.frame != nil {
			watching.frame(fr.Fn, fr.Pt)
		}
		var err error
		if fp.m.Convert != nil {
			c := &Conversion{Late: late, plan: p, inner: frames[:i], outer: frames[i+1:], skip: skip}
			if p.calledSince(fr) {
				c.args, c.passed = fr.Args, fr.Passed
			}
			var made []runtime.Frame
			p.side.lends(func() {
				err = guard("the conversion of "+fr.Fn.Key, func() (err error) {
					made, err = fp.m.Convert(fr.Pt, fr.Data, c)
					return err
				})
			})
			out = append(out, made...)
			if p.reflecting && i == len(frames)-1 && !own {
				p.lose(fr.Fn, strings.Join(p.readsOf(fr.Fn), ", "))
			}
			taken = c.taken
			then = append(then, c.then...)
		} else if p.calledSince(fr) {
			data := fr.Data
			if fp.same {
				err = p.captured(fp.old, data, fr.Passed)
			} else {
				data = reflect.New(fp.new.Frame).UnsafePointer()
				err = errors.Join(p.call(fp.moves, fp.old, fp.new, fr.Data, data, fr.Passed), fp.m.begin(fr.Pt, fp.new.Frame, data))
			}
			out = append(out, runtime.Frame{Fn: fp.new, Pt: fp.points[fr.Pt], Data: data, Args: fr.Args, Passed: fr.Passed})
		} else {
			var data unsafe.Pointer
			if late && fr.Pt == 0 && !fp.same && p.tr != nil {
				data, err = p.passedBy(fp, fr.Data)
				if p.reflecting && i == len(frames)-1 && !own {
					back, settle = p.handBack(fp, fr.Data, data)
				}
			} else {
				data, err = p.record(fp, fr.Pt, fr.Data, skip)
			}
			out = append(out, runtime.Frame{Fn: fp.new, Pt: fp.points[fr.Pt], Data: data})
		}
		if taken < 0 || taken > i {
			err = errors.Join(err, errorf(CodeMapIncomplete, "its conversion took %d frames of the %d inside it", taken, i))
			taken = i
		}
		if err != nil {
			if flaws = append(flaws, p.misfit(fr, err)); !late {
				return nil, nil, flaws[0]
			}
		}
		i -= 1 + taken
	}
	outer, err := p.outer(frames[len(frames)-1], out, own)
	if err != nil {
		return nil, nil, errors.Join(append(flaws, err)...)
	}
	if back != nil && len(outer) == 0 {
		outer = []runtime.Frame{*back}
		p.settles = append(p.settles, settle)
	} else if base := frames[len(frames)-1].Fn; back != nil {
		p.lose(base, strings.Join(p.readsOf(base), ", "))
	}
	out = append(outer, out...)
	out[0].Own = own
	for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
		out[i], out[j] = out[j], out[i]
	}
	return append(out, outside...), then, errors.Join(flaws...)
}

// calledSince reports whether a frame is of a call that code of the new release, or of a
// later one, has made: the arguments are what they are to be already. The new release
// gets its number at commit, which captured frames do not wait for.
func (p *plan) calledSince(fr runtime.Frame) bool {
	return fr.Args != nil && fr.Args.Number > p.old.Number
}

// record converts the record of one frame at a point.
func (p *plan) record(fp *funcPlan, pt int, old unsafe.Pointer, skip map[string]bool) (unsafe.Pointer, error) {
	if fp.same {
		if p.tr != nil {
			return old, p.tr.inPlace(reflect.NewAt(fp.old.Frame, old).Elem())
		}
		return old, nil
	}
	new := reflect.New(fp.new.Frame).UnsafePointer()
	err := p.fields(without(fp.movesAt(pt), skip), old, new)
	return new, errors.Join(err, fp.m.begin(pt, fp.new.Frame, new))
}

// without leaves out moves of some old fields.
func without(moves []move, skip map[string]bool) []move {
	if skip == nil {
		return moves
	}
	return slices.DeleteFunc(slices.Clone(moves), func(m move) bool { return skip[m.was] })
}

// passedBy is record for a call that foreign code has made which was under way at commit.
// It may have looked for its arguments in what the update has patched since.
func (p *plan) passedBy(fp *funcPlan, old unsafe.Pointer) (unsafe.Pointer, error) {
	new := reflect.New(fp.new.Frame).UnsafePointer()
	var errs []error
	for _, m := range fp.movesAt(0) {
		src := unsafe.Add(old, m.src)
		if fp.found(m) && p.isNew(*(*unsafe.Pointer)(src)) {
			reflect.NewAt(m.to, m.into(new)).Elem().Set(reflect.NewAt(m.to, src).Elem())
			continue
		}
		errs = append(errs, p.fields([]move{m}, old, new))
	}
	return new, errors.Join(append(errs, fp.m.begin(0, fp.new.Frame, new))...)
}

// found reports whether a field of a function's frame is an argument that foreign code may
// have found in what has been patched.
func (fp *funcPlan) found(m move) bool {
	return slices.Contains(arguments(fp.old, fp.old.Expression && !fp.old.Wrapped), m.was) && !slices.Contains(fp.old.Boxes, m.was) && oneWord(m.from) && passed(fp.old, m)
}

// keep tells the transfer about the arguments of functions that foreign code may call.
func (p *plan) keep() {
	for _, fp := range p.funcs {
		if fp.new == nil || fp.same || len(fp.points) == 0 || !fp.mapped(0) {
			continue
		}
		for _, m := range fp.movesAt(0) {
			if m.from != m.to && fp.found(m) {
				p.tr.keep(m.from)
			}
		}
	}
}

// isNew is the transfer's, and those of later updates: of what has been carried over more
// than once the last one knows first.
func (p *plan) isNew(at unsafe.Pointer) bool {
	if p.tr.isNew(at) {
		return true
	}
	for q := p.after.Load(); q != nil; q = q.after.Load() {
		if q.tr == nil {
			continue
		}
		q.lateMu.Lock() // after those of earlier ones
		is := q.tr.isNew(at)
		q.lateMu.Unlock()
		if is {
			return true
		}
	}
	return false
}

// oneWord: values of the type begin with the word that leads to what they are.
func oneWord(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Chan, reflect.Slice:
		return true
	}
	return false
}

// arguments names the fields of a function's frame at its entry that are the caller's: its
// parameters, and the receiver if it was passed like one.
func arguments(fn *runtime.Func, receiver bool) []string {
	if receiver && fn.Receiver != "" {
		return append(slices.Clone(fn.Params), fn.Receiver)
	}
	return fn.Params
}

// captured is record for a call that newer code made through an old function value: the
// arguments are the caller's.
func (p *plan) captured(fn *runtime.Func, frame unsafe.Pointer, receiver bool) error {
	if p.tr == nil {
		return nil
	}
	var errs []error
	args := arguments(fn, receiver)
	for i := range fn.Frame.NumField() {
		if f := fn.Frame.Field(i); !slices.Contains(args, f.Name) {
			errs = append(errs, p.tr.inPlace(reflect.NewAt(f.Type, unsafe.Add(frame, f.Offset)).Elem()))
		}
	}
	return errors.Join(errs...)
}

// call is captured where the frame's type has changed, for a frame of the function to.
func (p *plan) call(moves []move, fn, to *runtime.Func, old, new unsafe.Pointer, receiver bool) error {
	var errs []error
	args := arguments(fn, receiver)
	for _, m := range moves {
		if !slices.Contains(args, m.was) {
			errs = append(errs, p.fields([]move{m}, old, new))
			continue
		}
		if narrows(fn, to, m) {
			narrow(fn, m, old, new)
			continue
		}
		if !passed(fn, m) {
			errs = append(errs, fmt.Errorf("argument %s of type %s was passed by value through a function value of an earlier release, and the type has changed", m.name, m.from))
			continue
		}
		src, dst := unsafe.Add(old, m.src), m.into(new)
		v := reflect.NewAt(m.from, src).Elem()
		if m.from.Kind() == reflect.Pointer && p.tr != nil && !v.IsNil() && !slices.Contains(fn.Boxes, m.was) {
			// Foreign code that was called may have kept the old object.
			if to, ok := p.tr.successor(v.UnsafePointer(), m.from.Elem()); ok {
				*(*unsafe.Pointer)(dst) = to
				continue
			}
		}
		reflect.NewAt(m.to, dst).Elem().Set(reflect.NewAt(m.to, src).Elem())
	}
	return errors.Join(errs...)
}

// withoutArgs is an old frame for the developer's functions to read when its
// parameters may not be what its type says: a copy in which those whose type has
// changed are zero. sure says that there are none.
func (p *plan) withoutArgs(moves []move, fn *runtime.Func, old unsafe.Pointer, receiver bool) (frame unsafe.Pointer, sure bool) {
	same := map[string]bool{}
	for _, m := range moves {
		same[m.was] = m.from == m.to
	}
	v := reflect.New(fn.Frame).Elem()
	v.Set(reflect.NewAt(fn.Frame, old).Elem())
	sure = true
	args := arguments(fn, receiver)
	for i := range fn.Frame.NumField() {
		if name := fn.Frame.Field(i).Name; slices.Contains(args, name) && !same[name] {
			reflect.NewAt(fn.Frame.Field(i).Type, v.Field(i).Addr().UnsafePointer()).Elem().SetZero()
			sure = false
		}
	}
	return v.Addr().UnsafePointer(), sure
}

// passed reports whether an argument that newer code passes is what the old function
// takes, word by word. Of a parameter that is boxed the frame has a pointer.
func passed(fn *runtime.Func, m move) bool {
	if slices.Contains(fn.Boxes, m.was) && m.from.Kind() == reflect.Pointer && m.to.Kind() == reflect.Pointer {
		return runtime.SameWords(m.from.Elem(), m.to.Elem())
	}
	return runtime.SameWords(m.from, m.to)
}

// narrows reports whether an argument is an integer that is no larger in the new release: newer
// code passes it in the low bytes of the register in which the old function looks for the
// larger one. What else these bytes hold nobody has set.
func narrows(fn, to *runtime.Func, m move) bool {
	if m.from == m.to || !fn.Registers || !to.Registers {
		return false
	}
	from, into := m.from, m.to
	if slices.Contains(fn.Boxes, m.was) && !m.box {
		if from.Kind() != reflect.Pointer || into.Kind() != reflect.Pointer {
			return false
		}
		from, into = from.Elem(), into.Elem()
	}
	integer := func(t reflect.Type) bool { return kindOf(t) == signed || kindOf(t) == unsigned }
	return integer(from) && integer(into) && into.Size() <= from.Size()
}

// narrow carries out the move of such an argument. Numbers lie in memory with their low bytes
// first.
func narrow(fn *runtime.Func, m move, old, new unsafe.Pointer) {
	src, dst, typ := unsafe.Add(old, m.src), m.into(new), m.to
	if slices.Contains(fn.Boxes, m.was) && !m.box {
		src, typ = *(*unsafe.Pointer)(src), m.to.Elem()
		box := reflect.New(typ).UnsafePointer()
		*(*unsafe.Pointer)(dst), dst = box, box
	}
	reflect.NewAt(typ, dst).Elem().Set(reflect.NewAt(typ, src).Elem())
}

// outer is what has to stand outside the outermost of the new frames (out, outermost
// first), so that whoever waits for what base returns gets that. own says that it is own
// code.
func (p *plan) outer(base runtime.Frame, out []runtime.Frame, own bool) ([]runtime.Frame, error) {
	if len(out) == 0 {
		return nil, p.misfit(base, errorf(CodeMapIncomplete, "nothing is left of its stack"))
	}
	was, is := base.Fn.Results, out[0].Fn.Results
	if was == is {
		return nil, nil
	}
	since := p.calledSince(base)
	if since && p.newResults(was, is) {
		return nil, nil // the caller is newer: its types are the new function's
	}
	if t, ok := p.turn(base.Fn, out[0].Fn); ok && (!since || p.unaffected(was)) {
		return []runtime.Frame{t}, nil
	}
	if own && !since && p.newResults(was, is) {
		return []runtime.Frame{p.turnBack(base.Fn, is)}, nil
	}
	who := "foreign caller"
	if since || own {
		who = "caller"
	}
	return nil, p.misfit(base, errorf(CodeMapIncomplete, "its %s waits for %s, %s returns %s", who, was, out[0].Fn.Key, is))
}

// newResults reports whether results of the old types become those of the new ones, and
// are the same words.
func (p *plan) newResults(old, new reflect.Type) bool {
	if !runtime.SameResults(old, new) {
		return false
	}
	for i := range old.NumOut() {
		if p.can(old.Out(i), new.Out(i)) != nil {
			return false
		}
	}
	return true
}

// unaffected reports whether results are of the same types in both releases.
func (p *plan) unaffected(results reflect.Type) bool {
	for i := range results.NumOut() {
		if t := results.Out(i); p.tr != nil && p.tr.can(t, t) != nil {
			return false
		}
	}
	return true
}

func (p *plan) unmapped(fr runtime.Frame) error {
	return &Error{Code: CodeMapIncomplete, Message: "a goroutine stands at a point that has no place in the new release",
		Positions: []Position{{Pos: fr.Fn.Pos(fr.Pt), Func: fr.Fn.Key, Point: fr.Pt, Why: "not mapped"}}}
}

func (p *plan) misfit(fr runtime.Frame, err error) error {
	e := *asError(err, CodeFailed, "the conversion of a frame failed")
	if len(e.Positions) == 0 {
		e.Positions = []Position{{Pos: fr.Fn.Pos(fr.Pt), Func: fr.Fn.Key, Point: fr.Pt}}
	}
	return &e
}

// convert is the new release's Convert: of frames that were parked at commit, since
// the job converts those that were captured.
func (p *plan) convert(frames []runtime.Frame, again bool) ([]runtime.Frame, func() error, error) {
	if fs := p.asTheyAre(frames); fs != nil {
		return fs, nil, nil
	}
	return p.convertWhole(frames, again)
}

// asTheyAre converts frames of which nothing changes but the code, when no type has changed: their
// records are the new functions' as they are. A whole conversion does the same; it needs more
// stack than most goroutines have that wait, and to have each of them get a larger one keeps the
// processors from those who ask.
func (p *plan) asTheyAre(frames []runtime.Frame) []runtime.Frame {
	if p.tr != nil || watching.frame != nil {
		return nil
	}
	out := make([]runtime.Frame, len(frames))
	for i := range frames {
		fr := &frames[i]
		new, pt := p.kept.stays(fr, p.next)
		if new == nil || fr.Args != nil || p.old.Func(fr.Fn.Key) != fr.Fn {
			return nil
		}
		out[i] = runtime.Frame{Fn: new, Pt: pt, Data: fr.Data}
	}
	last := len(frames) - 1
	if last < 0 || frames[last].Fn.Results != out[last].Fn.Results {
		return nil
	}
	out[last].Own = frames[last].Own
	return out
}

// convertWhole is convert with whatever may be to do.
func (p *plan) convertWhole(frames []runtime.Frame, again bool) ([]runtime.Frame, func() error, error) {
	fs, then, err := p.convertLate(frames, again)
	at := frames[0]
	if len(fs) > 0 {
		at = fs[0]
	}
	if err != nil {
		// One that has lost its place panics where it is.
		return fs, nil, p.lost(positionOf(at), err, "a goroutine has come back into release %d with what cannot be carried over")
	}
	return fs, p.onward(at, then), nil
}

// onward makes one of all that is to be done before frames go on; at is the innermost.
// What fails is the last of it.
func (p *plan) onward(at runtime.Frame, then []func()) func() error {
	if len(then) == 0 {
		return nil
	}
	const what = "a goroutine goes on in release %d, and what was to be done before has failed"
	return func() (err error) {
		returned := false
		defer func() {
			if !returned { // Goexit: nobody gets to see what is returned
				p.lost(positionOf(at), errors.New(onward+" has ended its goroutine"), what)
			}
		}()
		for i := 0; err == nil && i < len(then); i++ {
			err = guard(onward, func() error { then[i](); return nil })
		}
		if returned = true; err != nil {
			err = p.lost(positionOf(at), err, what)
		}
		return err
	}
}

// lost tells what a goroutine panics with when nothing can be undone any more; at is
// where.
func (p *plan) lost(at Position, err error, what string) error {
	e := errorf(CodeLate, what+": %s", p.next.Number, reason(err))
	e.cause = err
	if p.failed != nil {
		located := *e
		located.Positions = []Position{at}
		p.failed(&located)
	}
	return e
}

func positionOf(at runtime.Frame) Position {
	return Position{Pos: at.Fn.Pos(at.Pt), Func: at.Fn.Key, Point: at.Pt}
}

// convertLate converts the frames of a goroutine that was parked at commit.
func (p *plan) convertLate(frames []runtime.Frame, again bool) (fs []runtime.Frame, then []func(), err error) {
	reflecting := false
	if p.tr != nil {
		p.lateMu.Lock()
		defer p.lateMu.Unlock()
		reflecting = p.reflectsOn(frames)
	}
	err = p.late(p.asks, func() error {
		if p.tr != nil {
			p.reflecting, p.settles = reflecting, nil
		}
		fs, then, err = p.segment(frames, true, again)
		if p.tr != nil {
			err = errors.Join(err, p.tr.runLate())
			for _, settle := range p.settles {
				settle()
			}
			p.settles = nil
			p.letGoLater()
		}
		return err
	})
	return fs, then, err
}

// asks reports whether conversions call functions of the developer's.
func (u *Update) asks() bool {
	return slices.ContainsFunc(u.Funcs, func(m FuncMap) bool { return m.Convert != nil }) || u.transforms()
}

// transforms reports whether those of values do.
func (u *Update) transforms() bool {
	return slices.ContainsFunc(u.Pairs, func(t TypePair) bool { return t.Transform != nil })
}

// reason is an error's text without the positions.
func reason(err error) string {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var l []string
		for _, e := range joined.Unwrap() {
			l = append(l, reason(e))
		}
		return strings.Join(l, "; ")
	}
	if e, ok := err.(*Error); ok {
		return e.Message
	}
	return err.Error()
}

// weakenStep is how many old objects are let go of under one lock: about 10 ms.
const weakenStep = 10000

// letGo makes the transfer let go of the old objects, while the program runs, and
// forget those that are gone: once committed, and behind every garbage collection as long
// as any are left.
func (p *plan) letGo() {
	if p.tr == nil {
		return
	}
	for _, step := range []func(int) bool{p.tr.weaken, p.tr.loosen} {
		for more := true; more; {
			p.lateMu.Lock()
			more = step(weakenStep)
			p.lateMu.Unlock()
		}
	}
	p.lateMu.Lock()
	defer p.lateMu.Unlock()
	p.lettingGo = false
	if p.tr.sweep() > 0 {
		p.letGoLater()
	}
	p.tr.prune()
}

// letGoLater has letGo called behind the next garbage collection. lateMu is held.
func (p *plan) letGoLater() {
	if !p.lettingGo {
		p.lettingGo = true
		goruntime.AddCleanup(new(collected), func(p *plan) { go p.letGo() }, p)
	}
}

// collected goes with the next garbage collection.
type collected struct{ _ *int }

// sweep drops what the transfer remembers of objects that are gone, and tells how many
// are left.
func (p *plan) sweep() int {
	if p.tr == nil {
		return 0
	}
	p.lateMu.Lock()
	defer p.lateMu.Unlock()
	return p.tr.sweep()
}
