package updater

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unsafe"

	"github.com/upstarego/upstarego/runtime"
)

// Foreign code that calls a function by reflection (net/rpc) may read, when that returns,
// what has been written into objects that it has made as arguments. It reads them by the
// types that it has. If an update gives an argument's type another form, new code writes
// into the successor. So calls that are under way are over before the update is made, but
// for those that main itself waits for: they run as long as the program (a container that
// calls the function that serves). A call that comes later is handed over at the gate: what
// has been written is copied back when it returns, where the old type has a place for it;
// what has none is listed in the update's status.

const byReflection = "foreign code has called it by reflection, and may read what it writes into an argument whose type the update changes"

// readable are the arguments of a function, but for its receiver, by which foreign code may
// read what the function has written into objects of types that the update changes.
func (p *plan) readable(f *runtime.Func) (names []string) {
	receiver := receiverOf(f.Key)
	for i, name := range f.Params {
		field, ok := f.Frame.FieldByName(name)
		t := field.Type
		if ok && slices.Contains(f.Boxes, name) {
			t = t.Elem()
		}
		switch {
		case !ok || !oneWord(t) || !p.tr.changes(t):
		case i == 0 && receiver != "" && t.Kind() == reflect.Pointer && strings.HasPrefix(t.Elem().Name()+"[", receiver+"["):
		default:
			names = append(names, name)
		}
	}
	return names
}

func readableFrame(f *runtime.Func) bool { return f.Frame != nil && f.Frame.Kind() == reflect.Struct }

// receiverOf is the name of the type that a function is a method of, by its key.
func receiverOf(key string) string {
	rest := strings.TrimPrefix(key[strings.LastIndexByte(key, '/')+1:], packageOf(key[strings.LastIndexByte(key, '/')+1:])+".")
	typ, _, ok := strings.Cut(rest, ".")
	if !ok {
		return ""
	}
	typ, _, _ = strings.Cut(strings.Trim(typ, "(*)"), "[")
	return typ
}

// reflected finds the functions of which no call by reflection may be under way.
func (p *plan) reflected() {
	main := ""
	for f := range p.funcs {
		if pkg := packageOf(f.Key); f.Key == pkg+".main" {
			main = pkg
		}
	}
	p.reads, p.reflects = map[*runtime.Func][]string{}, map[string]Position{}
	for f := range p.funcs {
		if !readableFrame(f) {
			continue
		}
		names := p.readable(f)
		if len(names) == 0 {
			continue
		}
		p.reads[f] = names
		if !foreignReflects(p.old) {
			continue
		}
		at := Position{Pos: f.Pos(0), Func: f.Key, Why: byReflection, leave: true}
		p.reflects[f.Key] = at
		if pkg := packageOf(f.Key); pkg == main && main != "" {
			p.reflects["main"+strings.TrimPrefix(f.Key, pkg)] = at // as stacks show it
		}
	}
}

// turnPackage is what the names of functions of this package begin with.
const turnPackage = "github.com/upstarego/upstarego/runtime/updater."

// calledByReflection finds, in one stack of a goroutine profile, functions that package
// reflect has called and that do not wait at their entry.
func calledByReflection(lines []string, calls map[string]Position) (found []Position) {
	name := func(line string) string {
		fields := strings.Split(line, "\t")
		if len(fields) < 4 || !strings.HasPrefix(line, "#\t0x") {
			return ""
		}
		name, _, _ := strings.Cut(fields[2], "+0x")
		return name
	}
	for i, line := range lines {
		if name(line) == "main.main" {
			return nil
		}
		at, ok := calls[name(line)]
		if !ok {
			continue
		}
		// A turn, too, calls so: then it is the turn's base that counts, which stacks leave out.
		j, called := i, true
		next := func() string {
			if j++; j < len(lines) {
				return name(lines[j])
			}
			return ""
		}
		for turn := true; turn; {
			n := next()
			called = n == "reflect.Value.call"
			for strings.HasPrefix(n, "reflect.Value.") {
				n = next()
			}
			if turn = called && strings.HasPrefix(n, turnPackage); turn {
				for ; strings.HasPrefix(n, turnPackage) || n == "reflect.callReflect" || n == "reflect.makeFuncStub"; n = next() {
				}
				j--
			}
		}
		if !called {
			continue
		}
		if i > 0 && strings.HasPrefix(name(lines[i-1]), "github.com/upstarego/upstarego/runtime.") {
			continue // at its gate, where it has not begun, or captured
		}
		found = append(found, at)
	}
	return found
}

// reflectsOn reports whether package reflect has just called the function of the outermost
// of the running goroutine's frames, and may have arguments that this update changes.
func (p *plan) reflectsOn(frames []runtime.Frame) bool {
	of, _ := turns(frames)
	if len(of) == 0 {
		return false
	}
	base := of[len(of)-1]
	if base.Pt != 0 || len(p.readsOf(base.Fn)) == 0 {
		return false
	}
	called, _ := runtime.ByReflection()
	return called
}

// A handed is an argument of a call by reflection: the old object, and where its successor
// stands when it is known.
type handed struct {
	m   move
	old unsafe.Pointer
	new *unsafe.Pointer
}

// handBack makes the frame that copies back what a call has written; nil if there is nothing
// that it could. The new frame's data is filled later: settle is to be called then.
func (p *plan) handBack(fp *funcPlan, old, new unsafe.Pointer) (back *runtime.Frame, settle func()) {
	var l []handed
	for _, name := range p.readsOf(fp.old) {
		i := slices.IndexFunc(fp.movesAt(0), func(m move) bool { return m.was == name })
		if i < 0 || slices.Contains(fp.old.Boxes, name) {
			p.lose(fp.old, name)
			continue
		}
		m := fp.movesAt(0)[i]
		at := *(*unsafe.Pointer)(unsafe.Add(old, m.src))
		if at == nil || p.isNew(at) {
			continue
		}
		if lost := unreturned(m); lost != "" {
			p.lose(fp.old, lost)
		}
		l = append(l, handed{m, at, (*unsafe.Pointer)(m.into(new))})
	}
	if len(l) == 0 {
		return nil, nil
	}
	to := make([]unsafe.Pointer, len(l))
	t := newTurn(fp.old, fp.new.Results, func(new []reflect.Value, _ reflect.Type) []reflect.Value {
		for i, h := range l {
			if to[i] != nil && to[i] != h.old {
				copyBack(reflect.NewAt(h.m.from.Elem(), h.old).Elem(), reflect.NewAt(h.m.to.Elem(), to[i]).Elem())
			}
		}
		return new
	})
	return &t, func() {
		for i, h := range l {
			if h.m.from.Kind() == reflect.Pointer && h.m.from.Elem().Kind() == reflect.Struct && h.m.to.Kind() == reflect.Pointer && h.m.to.Elem().Kind() == reflect.Struct {
				to[i] = *h.new
			}
		}
	}
}

// copyBack gives the fields of an old object what a new one has, where they are the same.
func copyBack(old, new reflect.Value) {
	for i := range old.NumField() {
		of := old.Type().Field(i)
		if nf, ok := new.Type().FieldByName(of.Name); ok && len(nf.Index) == 1 && nf.Type == of.Type && of.Name != "_" {
			to := reflect.NewAt(of.Type, old.Field(i).Addr().UnsafePointer()).Elem()
			to.Set(reflect.NewAt(nf.Type, new.FieldByIndex(nf.Index).Addr().UnsafePointer()).Elem())
		}
	}
}

// unreturned is what of an argument has no place to be copied back to, or "".
func unreturned(m move) string {
	if m.from.Kind() != reflect.Pointer || m.from.Elem().Kind() != reflect.Struct || m.to.Kind() != reflect.Pointer || m.to.Elem().Kind() != reflect.Struct {
		return m.was + ", a " + m.from.String()
	}
	old, new := m.from.Elem(), m.to.Elem()
	for i := range old.NumField() {
		of := old.Field(i)
		if nf, ok := new.FieldByName(of.Name); of.Name != "_" && (!ok || len(nf.Index) != 1 || nf.Type != of.Type) {
			return of.Name + " of " + old.String()
		}
	}
	return ""
}

// lose lists once for each function what foreign code does not get back from it.
func (p *plan) lose(f *runtime.Func, what string) {
	if p.lostArgs == nil {
		p.lostArgs = map[*runtime.Func]bool{}
	}
	if p.lostArgs[f] || p.failed == nil {
		return
	}
	p.lostArgs[f] = true
	e := errorf(CodeLate, "%s", fmt.Sprintf("foreign code calls %s by reflection, with objects of release %d: it does not see what release %d writes into %s", f.Key, p.old.Number, p.next.Number, what))
	e.Positions = []Position{{Pos: f.Pos(0), Func: f.Key}}
	p.failed(e)
}
