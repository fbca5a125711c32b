package updater

import (
	"fmt"
	"reflect"
	"slices"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/upstarego/upstarego/runtime"
	"github.com/upstarego/upstarego/runtime/reserve"
	"github.com/upstarego/upstarego/runtime/state"
)

// A plan is an update's maps, resolved against the release it starts from and
// proved to fit. It outlives the update: frames parked at commit are converted
// with it when they return.
type plan struct {
	up        *Update
	old, next *runtime.Release
	funcs     map[*runtime.Func]*funcPlan // until it is committed: where, how
	vars      []varPlan
	kept      kept

	asks, transforms bool     // functions of the map are called for frames and values, or for values
	tr               transfer // nil: no type changed

	// named are the instances of generic types that releases show, by name.
	named map[*runtime.Release]map[string]reflect.Type

	// applied says that patches have been applied and variables set: what framemap.go
	// may read.
	applied bool

	// fromVars gives locals of captured frames the values of new variables, when these
	// have theirs.
	fromVars []func()

	// shared is what framemap.Shared has made of old variables.
	shared   map[unsafe.Pointer]unsafe.Pointer
	sharedMu sync.Mutex

	// lateMu serialises conversions on return that carry state: two goroutines
	// may share objects that nothing else reaches.
	lateMu sync.Mutex

	// inside is the record of the goroutine on which functions of the map run, which are
	// called under lateMu.
	inside atomic.Pointer[runtime.Rec]

	// side tells, until the update is committed, whose code the transform is in.
	side *side

	// routes has the places that points of earlier releases lead to in the old one.
	routes map[standsAt][]place

	code *coder // of the old release

	// blind are the points of the old release that have no position.
	blind []standsAt

	// space is kept for the transform.
	space *reserve.Space

	// lettingGo says that letGo is at work, or will be: under lateMu once committed.
	lettingGo bool

	// leaving is what goroutines have to do again that are taken out of channels.
	leaving []*runtime.Again

	// The functions that foreign code may call by reflection with arguments that change, and
	// these arguments; the functions by the names that stacks show.
	reads    map[*runtime.Func][]string
	reflects map[string]Position
	// Of the conversion on return that is under way, under lateMu: whether reflection has
	// called what is converted, and what is to be done when the transfer has run.
	reflecting bool
	settles    []func()
	lostArgs   map[*runtime.Func]bool // that lose has listed; under lateMu

	after atomic.Pointer[plan] // of the next update that has been committed

	// failed is told what went wrong on return, once the update is committed.
	failed func(*Error)
}

// newPlan resolves up against old. All gaps are reported together.
func newPlan(old *runtime.Release, up *Update) (*plan, error) {
	if up == nil || up.Release == nil {
		return nil, errorf(CodeRefused, "the update does not hold a release")
	}
	p := &plan{up: up, old: old, next: up.Release, funcs: map[*runtime.Func]*funcPlan{}, asks: up.asks(), transforms: up.transforms()}
	pairs, gaps := p.pairs()
	opts := up.State
	if opts.Instance == nil {
		opts.Instance = func(old reflect.Type) reflect.Type { return p.instance(p.next, up.Moved.Key(instanceKey(old))) }
	}
	if opts.Code == nil {
		p.code = newCoder(old, up.Moved)
		opts.Code = p.code.why
	}
	tr, bad, err := p.newTransfer(pairs, opts)
	if err != nil {
		return nil, asError(err, CodeMapIncomplete, "the update's types")
	}
	if gaps = append(gaps, bad...); tr == nil && len(bad) > 0 {
		return nil, mapError(gaps) // what else is wrong cannot be told from what follows
	}
	p.tr = tr
	for i := range up.Funcs {
		m := &up.Funcs[i]
		f := old.Func(m.Old)
		if f == nil {
			gaps = append(gaps, Position{Func: m.Old, Why: "mapped, but release " + old.ID + " has no such function"})
			continue
		}
		fp, bad := p.function(f, m)
		gaps = append(gaps, bad...)
		p.funcs[f] = fp
	}
	for f := range old.AllFuncs() {
		if p.funcs[f] == nil {
			p.funcs[f] = &funcPlan{old: f}
		}
	}
	for key, with := range up.Results {
		f := old.Func(key)
		if f == nil || p.funcs[f] == nil || p.funcs[f].m == nil || p.next.Func(p.funcs[f].m.New) == nil {
			gaps = append(gaps, Position{Func: key, Why: "its results are to be turned back, and it has no successor"})
		} else if why := resultsFit(f.Results, p.next.Func(p.funcs[f].m.New).Results, reflect.TypeOf(with)); why != "" {
			gaps = append(gaps, Position{Pos: f.Pos(0), Func: key, Why: why})
		}
	}
	gaps = append(gaps, p.know()...)
	gaps = append(gaps, p.variables()...)
	if len(gaps) > 0 {
		return nil, mapError(gaps)
	}
	if p.tr != nil {
		for _, v := range p.vars {
			if v.old.IsValid() {
				p.tr.know(v.old.Type()) // what is wrong with it is said when it is carried over
			}
		}
		p.keep()
		p.reflected()
	}
	p.kept = p.keeps()
	p.next.Seal()
	runtime.WatchReflection(len(p.reflects) > 0)
	return p, nil
}

// know looks at the locals of all frames that have a place: what can be said before the stop
// about goroutines that come back after commit.
func (p *plan) know() (gaps []Position) {
	if p.tr == nil {
		return nil
	}
	for f, fp := range p.funcs {
		if fp.m == nil || f.Frame.Kind() != reflect.Struct || !slices.ContainsFunc(fp.points, func(to int) bool { return to >= 0 }) {
			continue
		}
		for i := range f.Frame.NumField() {
			local := f.Frame.Field(i)
			if !fp.carries(local.Name) {
				continue
			}
			if bad := p.tr.know(local.Type); bad != "" {
				gaps = append(gaps, Position{Pos: f.Pos(0), Func: f.Key, Why: "local " + local.Name + ": " + bad})
			}
		}
	}
	return gaps
}

func mapError(gaps []Position) error {
	sort.Slice(gaps, func(i, j int) bool { return gaps[i].less(gaps[j]) })
	return &Error{Code: CodeMapIncomplete, Message: "the frame map does not fit the running release", Positions: gaps}
}

func (p Position) less(q Position) bool {
	if p.Pos != q.Pos {
		return p.Pos < q.Pos
	}
	if p.Func != q.Func {
		return p.Func < q.Func
	}
	return p.Point < q.Point
}

// earlier is the name that a function, a type or a variable of the old release has there.
func (p *plan) earlier(key string) string { return p.up.Moved.Back().Key(key) }

// A pair is a type of the old release, the one that takes its place, and how.
type pair struct {
	old, new  reflect.Type
	transform any // nil: by field name
	validate  func(old, new unsafe.Pointer) error
	zero      []string // fields that start at zero
	leads     []state.Lead
	apart     bool // see state.Pair
}

// pairs finds the changed types: those of the same name that are not the same,
// and those that the developer paired.
func (p *plan) pairs() (pairs []pair, gaps []Position) {
	transform, ruled := map[string]TypePair{}, map[reflect.Type]bool{}
	for _, t := range p.up.Pairs {
		old := t.Old
		if old == "" {
			old = p.earlier(t.Key)
		}
		if strings.Contains(old, "[") && strings.Contains(t.Key, "[") {
			o, n := p.instance(p.old, old), p.instance(p.next, t.Key)
			if o != nil && n != nil {
				if t.infers() {
					f, err := inferred(&t, o, n)
					if err != nil {
						gaps = append(gaps, Position{Func: t.Key, Why: err.Error()})
						continue
					}
					t.Transform = f
				}
				pairs = append(pairs, pair{old: o, new: n, transform: t.Transform, validate: t.Validate, zero: t.Zero, leads: t.Leads})
				ruled[o] = true
				continue
			}
		}
		if p.old.Types[old] == nil || p.next.Types[t.Key] == nil {
			gaps = append(gaps, Position{Func: t.Key, Why: "type paired with " + old + ", but one of the releases does not have it"})
			continue
		}
		transform[old] = t
	}
	for key, old := range p.old.Types {
		t, paired := transform[key]
		if !paired {
			t.Key = p.up.Moved.Key(key)
		}
		new := p.next.Types[t.Key]
		if new == nil || new == old && t.Transform == nil && t.Validate == nil {
			continue
		}
		if t.infers() {
			f, err := inferred(&t, old, new)
			if err != nil {
				gaps = append(gaps, Position{Func: t.Key, Why: err.Error()})
				continue
			}
			t.Transform = f
		}
		pairs = append(pairs, pair{old: old, new: new, transform: t.Transform, validate: t.Validate, zero: t.Zero, leads: t.Leads})
	}
	for _, i := range p.derivedPairs(len(pairs) > 0) {
		if !ruled[i.old] {
			pairs = append(pairs, i)
		}
	}
	sort.Slice(pairs, func(i, j int) bool { return pairs[i].old.String() < pairs[j].old.String() })
	return pairs, gaps
}

// A funcPlan says where the frames of one function go.
type funcPlan struct {
	old    *runtime.Func
	new    *runtime.Func // nil: not mapped
	m      *FuncMap
	same   bool           // the record is used as it is
	moves  []move         // else: its fields
	at     map[int][]move // FuncMap.MovesAt
	points []int          // old point → new point or -1
}

func (p *plan) function(f *runtime.Func, m *FuncMap) (*funcPlan, []Position) {
	fp := &funcPlan{old: f, m: m}
	if m.New == "" && m.Convert == nil {
		return fp, nil
	}
	fp.points = m.points(f)
	if len(fp.points) != f.Points {
		return fp, []Position{{Func: m.Old, Why: fmt.Sprintf("the map covers %d points, the function has %d", len(fp.points), f.Points)}}
	}
	if m.Convert != nil {
		return fp, nil
	}
	if fp.new = p.next.Func(m.New); fp.new == nil {
		return fp, []Position{{Func: m.Old, Why: "mapped to " + m.New + ", which the new release does not have"}}
	}
	var gaps []Position
	for pt, to := range fp.points {
		if to < -1 || to >= fp.new.Points {
			gaps = append(gaps, Position{Pos: f.Pos(pt), Func: f.Key, Point: pt,
				Why: fmt.Sprintf("mapped to point %d of %s, which has %d", to, m.New, fp.new.Points)})
		}
	}
	if why := p.returned(f, fp.new); why != "" {
		gaps = append(gaps, Position{Pos: f.Pos(0), Func: f.Key, Why: why})
	}
	if f.Frame == fp.new.Frame && m.Moves == nil && m.MovesAt == nil && m.Begun == nil {
		fp.same = true
		return fp, gaps
	}
	fp.moves = fieldMoves(f.Frame, fp.new.Frame, m.Moves)
	for _, mv := range fp.moves {
		if mv.from != mv.to && f.Expression && mv.was == f.Receiver && (f.Wrapped || !passed(f, mv)) {
			gaps = append(gaps, Position{Pos: f.Pos(0), Func: f.Key,
				Why: fmt.Sprintf("is held as a method expression that takes the receiver by value or out of another object, and its type %s changed: a later call through the value would pass the new type", mv.from)})
		}
		if slices.Contains(f.Params, mv.was) && !passed(f, mv) && !narrows(f, fp.new, mv) {
			gaps = append(gaps, Position{Pos: f.Pos(0), Func: f.Key,
				Why: fmt.Sprintf("takes %s by value, whose type %s changed, and values of the function may be held: a later call through one would pass the new type", mv.was, mv.from)})
		}
	}
	all := slices.Clone(fp.moves)
	for pt, l := range m.MovesAt {
		if fp.at == nil {
			fp.at = map[int][]move{}
		}
		fp.at[pt] = fieldMoves(f.Frame, fp.new.Frame, l)
		all = append(all, fp.at[pt]...)
	}
	for _, mv := range all {
		if err := p.can(mv.from, mv.to); err != nil {
			gaps = append(gaps, Position{Func: f.Key, Why: "local " + mv.name + ": " + err.Error()})
		}
	}
	return fp, gaps
}

// points is Points, written out.
func (m *FuncMap) points(f *runtime.Func) []int {
	if m.Points != nil {
		return m.Points
	}
	l := make([]int, f.Points)
	for i := range l {
		l[i] = i
	}
	return l
}

// returned says why newer code cannot call a held value of an old function for what the
// new one returns, or "". If the types have nothing to do with each other, values of the
// old function are no values of the new one's type.
func (p *plan) returned(old, new *runtime.Func) string {
	if !old.Held || old.Results.NumOut() != new.Results.NumOut() {
		return ""
	}
	for i := range old.Results.NumOut() {
		from, to := old.Results.Out(i), new.Results.Out(i)
		if p.can(from, to) == nil && !runtime.SameWords(from, to) {
			return fmt.Sprintf("returns a %s by value, which changed, and values of the function may be held: a later call through one would wait for the new type", from)
		}
	}
	return ""
}

// movesAt are the fields of a frame at a point.
func (fp *funcPlan) movesAt(pt int) []move {
	if l, ok := fp.at[pt]; ok {
		return l
	}
	return fp.moves
}

// carries reports whether a field of the old frame is carried over, at some point; of a
// developer's function nothing is known.
func (fp *funcPlan) carries(name string) bool {
	is := func(m move) bool { return m.was == name }
	if fp.new == nil || fp.same || slices.ContainsFunc(fp.moves, is) {
		return true
	}
	for _, l := range fp.at {
		if slices.ContainsFunc(l, is) {
			return true
		}
	}
	return false
}

// mapped reports whether a frame at pt has a place to go.
func (fp *funcPlan) mapped(pt int) bool {
	return fp != nil && (fp.new != nil || fp.m != nil && fp.m.Convert != nil) && pt >= 0 && pt < len(fp.points) && fp.points[pt] >= 0
}

func (p *plan) can(from, to reflect.Type) error {
	if from == to || named(p.counterpart(from), to) {
		return nil
	}
	if p.tr == nil {
		return fmt.Errorf("%s cannot become %s without a conversion", from, to)
	}
	return p.tr.can(from, to)
}

// counterpart is what values of a type are of in the new release, by themselves.
func (p *plan) counterpart(t reflect.Type) reflect.Type {
	if p.tr == nil {
		return t
	}
	return p.tr.counterpart(t)
}

// named reports whether one of two types is a struct without a name, or a pointer to one, and the
// other one the same with a name: their values are the same memory.
func named(a, b reflect.Type) bool {
	if a == b || !a.ConvertibleTo(b) {
		return false
	}
	if a.Kind() == reflect.Pointer && b.Kind() == reflect.Pointer && a.Name() == "" && b.Name() == "" {
		a, b = a.Elem(), b.Elem()
	}
	return a.Kind() == reflect.Struct && b.Kind() == reflect.Struct && (a.Name() == "") != (b.Name() == "")
}
