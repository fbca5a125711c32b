package diff

import (
	"fmt"
	"path"
	"slices"

	"github.com/upstarego/upstarego/framemap/check"
	"github.com/upstarego/upstarego/rewriter/ledger"
	"github.com/upstarego/upstarego/rewriter/match"
)

// A Function is one whose frames do not simply go on.
type Function struct {
	Old   string `json:"old,omitempty"` // keys
	New   string `json:"new,omitempty"`
	State string `json:"state"`
	Was   *Place `json:"was,omitempty"`
	Is    *Place `json:"is,omitempty"`

	Matched int      `json:"matched"`          // points that go on by themselves
	Points  []Point  `json:"points,omitempty"` // those that do not, or not at the same text
	Locals  []Local  `json:"locals,omitempty"` // that are not carried over by name
	Carried int      `json:"carried"`          // locals that are
	Rules   []string `json:"rules,omitempty"`  // what framemap.go says of its frames as a whole
	// Concerns are what frames would skip or do twice, and for review, checks that are
	// where they were with another condition.
	Concerns []Concern `json:"concerns,omitempty"`
	May      []Guess   `json:"may,omitempty"` // functions that one that is gone may have become
}

// A Concern is a statement between the points that could change what the program does.
type Concern struct {
	Text    string `json:"text"`
	Verdict string `json:"verdict"`
	Points  []int  `json:"points,omitempty"` // of the old function
	Why     string `json:"why"`
	Was     *Place `json:"was,omitempty"`
	Is      *Place `json:"is,omitempty"`
	Open    bool   `json:"open,omitempty"`
}

func concern(c *match.Concern, open bool) Concern {
	place := func(e *ledger.Effect, in, other *ledger.Func) *Place {
		if other != nil {
			in = other
		}
		if e == nil || in == nil {
			return nil
		}
		return &Place{File: in.File, Line: e.Line, Text: e.What}
	}
	return Concern{Text: c.Text(), Verdict: string(c.Verdict), Points: c.Points, Why: c.Why(), Open: open,
		Was: place(c.Old, c.Step.Old, c.From), Is: place(c.New, c.Step.New, c.To)}
}

// What happens at a point.
const (
	Matched = "matched"
	Mapped  = "mapped" // by framemap.Func
	Frames  = "frames" // are made by framemap.At
	Never   = "never"  // may anybody stand there
	Open    = "open"
)

// A Point is one of the old function, or one of the new function that none becomes.
type Point struct {
	Old     int     `json:"old"` // -1: it is new
	New     int     `json:"new"` // -1: it has no place by itself
	State   string  `json:"state"`
	Why     string  `json:"why,omitempty"`
	Was     *Place  `json:"was,omitempty"`
	Is      *Place  `json:"is,omitempty"`
	Guesses []Guess `json:"guesses,omitempty"` // where an open one may go, best first
}

// A Guess is where something may have gone.
type Guess struct {
	Key        string  `json:"key"`
	Point      int     `json:"point,omitempty"`
	At         Place   `json:"at"`
	Confidence float64 `json:"confidence"`
	Reason     string  `json:"reason"`
}

// What becomes of a local.
const (
	Needed = "needed" // it has no value at a point that frames come to
	Set    = "set"    // by framemap.Locals
	Unset  = "new"    // it is set before anybody reads it
	Lost   = "gone"
)

// A Local is a variable of a function's frames, or a deferred call.
type Local struct {
	Name  string `json:"name"`
	Type  string `json:"type"`
	State string `json:"state"`
	From  string `json:"from,omitempty"` // the old local
	Why   string `json:"why,omitempty"`
}

// functions compares them in the order of the old release, then lists those that only
// the new one has.
func (d *differ) functions() {
	became := map[string]bool{}
	for i := range d.Matches {
		m, r := &d.Matches[i], &d.rules.Funcs[i]
		became[r.New] = true
		for _, leads := range r.Leads {
			for _, l := range leads {
				became[l.Key] = true
			}
		}
		if f, same := d.function(m, r); same {
			d.report.Same.Functions++
		} else {
			d.report.Functions = append(d.report.Functions, f)
		}
	}
	for i := range d.New.Funcs {
		n := &d.New.Funcs[i]
		if !became[n.Key] {
			d.report.Functions = append(d.report.Functions, Function{New: n.Key, State: New, Is: &Place{File: n.File, Line: n.Line}})
		}
	}
}

func (d *differ) function(m *match.Func, r *check.Resolved) (f Function, same bool) {
	o, n := m.Old, d.New.Func(r.New)
	f = Function{Old: o.Key, New: r.New, State: Changed, Was: &Place{File: o.File, Line: o.Line}}
	switch {
	case n == nil:
		f.State = Gone
		for _, c := range m.Candidates {
			f.May = append(f.May, Guess{Key: c.Func.Key, At: Place{File: c.Func.File, Line: c.Func.Line}, Confidence: c.Confidence, Reason: c.Reason})
		}
	case path.Dir(o.File) != path.Dir(n.File):
		f.State = Moved
	case o.Key != n.Key && !match.Literal(o):
		f.State = Renamed
	case o.File != n.File:
		f.State = Moved
	}
	if n != nil {
		f.Is = &Place{File: n.File, Line: n.Line}
		if o.Results != n.Results {
			f.Rules = append(f.Rules, fmt.Sprintf("it returned %s and returns %s", bracket(o.Results), bracket(n.Results)))
		}
	}
	for _, g := range d.rules.Gaps {
		if g.Results && g.Func.Old == o {
			f.Rules = append(f.Rules, decide+": callers of the old one wait for "+bracket(o.Results))
		}
	}
	for _, g := range d.rules.Gaps {
		if g.Concern != nil && g.Concern.Step.Old == o {
			f.Concerns = append(f.Concerns, concern(g.Concern, true))
		}
	}
	for i := range d.rules.Notes {
		if c := &d.rules.Notes[i]; c.Step != nil && c.Step.Old == o {
			f.Concerns = append(f.Concerns, concern(c, false))
		}
	}
	if r.Fill {
		f.Rules = append(f.Rules, "framemap.Locals fills its frames")
	}
	for _, key := range r.Starts {
		f.Rules = append(f.Rules, "framemap.Start begins "+key+" beside its frames")
	}
	d.points(&f, m, r, n)
	if n != nil {
		d.locals(&f, o, n, r)
	}
	same = f.State == Changed && o.Hash == n.Hash && o.Results == n.Results && len(f.Points)+len(f.Locals)+len(f.Rules)+len(f.Concerns) == 0
	return f, same
}

func bracket(results string) string { return "(" + trim(ledger.Plain(results)) + ")" }

func trim(s string) string {
	if len(s) > 1 && s[0] == '(' && s[len(s)-1] == ')' {
		return s[1 : len(s)-1]
	}
	return s
}

// points says what happens at each.
func (d *differ) points(f *Function, m *match.Func, r *check.Resolved, n *ledger.Func) {
	o := m.Old
	place := func(f *ledger.Func, i int) *Place {
		if f == nil || i < 0 {
			return nil
		}
		return &Place{File: f.File, Line: f.Points[i].Line, Text: f.Points[i].What}
	}
	reached := map[int]bool{}
	for i := range o.Points {
		if i == 0 && !o.Gate {
			continue // nobody stands there
		}
		p := Point{Old: i, New: i, State: Matched, Was: place(o, i)}
		if r.Points != nil {
			p.New = r.Points[i]
		}
		switch {
		case slices.Contains(r.Never, i):
			p.State, p.New, p.Why = Never, -1, "framemap.Never keeps it free"
			if why := r.Kept[i]; why != "" {
				p.Why = "kept free, since goroutines do not stay there: " + why
			}
		case slices.Contains(r.At, i):
			p.State, p.New, p.Why = Frames, -1, "framemap.At makes its frames"
			for _, l := range r.Leads[i] {
				lead := d.New.Func(l.Key)
				p.Guesses = append(p.Guesses, Guess{Key: l.Key, Point: l.Point, At: *place(lead, l.Point), Confidence: 1, Reason: p.Why})
			}
		case slices.Contains(r.Told, i):
			p.State, p.Why = Mapped, "framemap.Func maps it"
		case p.New < 0:
			p.State, p.Why = Open, "nothing in the new release is certain to be it"
			for _, g := range d.guesses(m, i) {
				p.Guesses = append(p.Guesses, Guess{Key: g.Func.Key, Point: g.Point, At: *place(g.Func, g.Point), Confidence: g.Confidence, Reason: g.Reason})
			}
		}
		if n != nil && p.New >= 0 {
			p.Is = place(n, p.New)
			reached[p.New] = true
			if p.State == Matched {
				f.Matched++
				if p.Was.Text == p.Is.Text {
					continue
				}
				p.Why = r.Relation.Why(i, p.New)
			}
		}
		f.Points = append(f.Points, p)
	}
	if n == nil {
		return
	}
	for j := range n.Points {
		if reached[j] || j == 0 {
			continue
		}
		f.Points = append(f.Points, Point{Old: -1, New: j, State: New, Is: place(n, j)})
	}
}

// guesses are where an open point may go.
func (d *differ) guesses(m *match.Func, i int) []match.Guess {
	for _, g := range d.rules.Gaps {
		if g.Func != nil && g.Func.Old == m.Old && g.Needs == nil && !g.Results && g.Point == i {
			return g.Func.Guesses[i]
		}
	}
	return m.Guesses[i]
}

// locals says what is not carried over by name and type.
func (d *differ) locals(f *Function, o, n *ledger.Func, r *check.Resolved) {
	moves := r.Moves
	if moves == nil {
		moves = map[string]string{}
		old := map[string]bool{}
		for _, v := range o.Frame {
			old[v.Name] = true
		}
		for _, v := range n.Frame {
			if old[v.Name] {
				moves[v.Name] = v.Name
			}
		}
	}
	needed, open := map[string][]int{}, map[string]bool{}
	for i := range o.Points {
		j := i
		if r.Points != nil {
			j = r.Points[i]
		}
		if j < 0 || i == 0 && !o.Gate || j >= len(n.Points) {
			continue
		}
		for _, name := range r.Relation.Missing(i, j, moves) {
			needed[name] = append(needed[name], j)
		}
	}
	for _, g := range d.rules.Gaps {
		if g.Func != nil && g.Func.Old == o {
			for _, name := range g.Needs {
				open[name] = true
			}
		}
	}
	was := map[string]ledger.Field{}
	for _, v := range o.Frame {
		was[v.Name] = v
	}
	used := map[string]bool{}
	for _, v := range n.Frame {
		from, has := moves[v.Name]
		used[from] = has
		l := Local{Name: v.Source, Type: ledger.Plain(v.Type)}
		if v.Source == "" {
			l.Name, l.Why = v.Name, v.Role
			if call := ledger.Deferred(v.Role); call != "" {
				l.Name = "defer " + call
			}
		}
		switch {
		case open[v.Name]:
			l.State, l.Why = Needed, at(needed[v.Name])
		case len(needed[v.Name]) > 0:
			l.State, l.Why = Set, "framemap.Locals sets it"
		case !has && v.Source != "":
			l.State, l.Why = Unset, "it is set before it is read"
		case has && v.Source != was[from].Source:
			l.State, l.From, l.Why = Renamed, was[from].Source, "the same declaration but for the name"
		case has && v.Source != "":
			f.Carried++
			continue
		default:
			continue // the rewriter's own
		}
		f.Locals = append(f.Locals, l)
	}
	for _, v := range o.Frame {
		if v.Source != "" && !used[v.Name] {
			f.Locals = append(f.Locals, Local{Name: v.Source, Type: ledger.Plain(v.Type), State: Lost})
		}
	}
}

func at(points []int) string {
	if len(points) == 0 {
		return "no value"
	}
	s := "no value at new point"
	if len(points) > 1 {
		s += "s"
	}
	for i, p := range points {
		if i > 0 {
			s += ","
		}
		s += fmt.Sprint(" ", p)
	}
	return s
}
