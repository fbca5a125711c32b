package updater

import (
	"cmp"
	"slices"

	"github.com/upstarego/upstarego/runtime"
)

// A committed plan serves goroutines that come back, and the plans of later updates, as
// long as the process runs. Most never do. So all that follows from the two releases and
// from the map is dropped at commit, and found out again when somebody asks; of the map
// itself only what is not as a rule has it stays.

// kept is what stays of a map.
type kept struct {
	maps  []FuncMap // but for those that say nothing, by Old
	holes []string  // functions of the old release that are not in the map, in order
}

// keeps is what is to be kept of a plan.
func (p *plan) keeps() (k kept) {
	for f, fp := range p.funcs {
		switch {
		case fp.m == nil:
			k.holes = append(k.holes, f.Key)
		case !fp.m.plain(f):
			k.maps = append(k.maps, *fp.m)
		}
	}
	slices.Sort(k.holes)
	slices.SortFunc(k.maps, func(a, b FuncMap) int { return cmp.Compare(a.Old, b.Old) })
	k.maps = slices.Clip(k.maps)
	return k
}

// plain reports whether frames of f stay where they are, as far as the map says.
func (m *FuncMap) plain(f *runtime.Func) bool {
	for i, pt := range m.Points {
		if pt != i {
			return false
		}
	}
	return m.Old == m.New && (m.Points == nil || len(m.Points) == f.Points) && m.Moves == nil && m.MovesAt == nil &&
		m.Pinned == nil && m.Leads == nil && m.Starts == nil && m.Convert == nil && !m.ruled
}

// settle is called at commit, when nobody else reads the plan yet.
func (p *plan) settle() {
	p.up = &Update{Release: p.up.Release, Results: p.up.Results, Entries: p.up.Entries, Late: p.up.Late}
	p.funcs, p.vars, p.fromVars, p.named, p.routes = nil, nil, nil, nil, nil
	p.reads, p.reflects = nil, nil
	if p.code != nil {
		p.code.said = nil
	}
}

// of is what the map says of a function of the old release; nil if it does not.
func (k *kept) of(f *runtime.Func) *FuncMap {
	if _, hole := slices.BinarySearch(k.holes, f.Key); hole {
		return nil
	}
	i, ok := slices.BinarySearchFunc(k.maps, f.Key, compareOld)
	if ok {
		return &k.maps[i]
	}
	return &FuncMap{Old: f.Key, New: f.Key}
}

// stays is the function and the point that a frame goes to if its record is that function's as it is;
// else the function is nil. It needs little stack.
func (k *kept) stays(fr *runtime.Frame, next *runtime.Release) (*runtime.Func, int) {
	f, pt := fr.Fn, fr.Pt
	key := f.Key
	if _, hole := slices.BinarySearch(k.holes, key); hole || pt < 0 || pt >= f.Points {
		return nil, 0
	}
	if i, ok := slices.BinarySearchFunc(k.maps, key, compareOld); ok {
		m := &k.maps[i]
		if m.Moves != nil || m.MovesAt != nil || m.Begun != nil || m.Convert != nil {
			return nil, 0
		}
		if key = m.New; m.Points != nil {
			pt = m.Points[pt]
		}
	}
	new := next.Func(key)
	if new == nil || new.Frame != f.Frame || pt < 0 || pt >= new.Points {
		return nil, 0
	}
	return new, pt
}

func compareOld(m FuncMap, key string) int { return cmp.Compare(m.Old, key) }

// where says where the frames of a function go; nil if it is none of the old release's.
// How they are converted it need not say.
func (p *plan) where(f *runtime.Func) *funcPlan {
	if p.funcs != nil {
		return p.funcs[f]
	}
	if p.old.Func(f.Key) != f {
		return nil
	}
	fp := &funcPlan{old: f, m: p.kept.of(f)}
	if fp.m == nil || fp.m.New == "" && fp.m.Convert == nil {
		return fp
	}
	fp.points = fp.m.points(f)
	if fp.m.Convert == nil {
		fp.new = p.next.Func(fp.m.New)
	}
	return fp
}

// how says all of it. Once committed it is called under lateMu if types have changed.
func (p *plan) how(f *runtime.Func) *funcPlan {
	fp := p.where(f)
	if p.funcs == nil && fp != nil && fp.new != nil {
		fp, _ = p.function(f, fp.m) // that it fits has been found when the update was planned
	}
	return fp
}

// readsOf are the arguments of a function that readable finds.
func (p *plan) readsOf(f *runtime.Func) []string {
	if p.funcs != nil || p.tr == nil || !readableFrame(f) {
		return p.reads[f]
	}
	return p.readable(f)
}
