package state

import (
	"reflect"
	"strings"
	"testing"
	"unsafe"

	"github.com/upstarego/upstarego/runtime/state/internal/v1"
	"github.com/upstarego/upstarego/runtime/state/internal/v2"
)

// A daemon of two releases, whose parts lead to it by way of something in the first one and by
// themselves in the second.
type (
	daemon1 struct {
		Name  string
		Parts []*piece1
	}
	daemon2 struct {
		Name  string
		Parts []*piece2
		Added int
	}
	gone1 struct { // the second release has no such thing
		N  int
		At gate1
	}
	gate1  struct{ D *daemon1 }
	kept1  struct{ D *daemon1 } // the second one has it as it is
	kept2  struct{ D *daemon2 }
	piece1 struct {
		ID   int
		Ctx  *gone1
		Kept *kept1
		Was  *daemon1
		Lock v1.Inner
	}
	piece2 struct {
		ID     int
		D      *daemon2 // Ctx.At.D
		K      *daemon2 // Kept.D
		Is     *daemon2 // Was
		Now    v1.Inner // Lock
		N      int      // Ctx.N
		Always any
	}
)

func piecePairs() []Pair {
	return []Pair{
		pairOf[daemon1, daemon2]("Added"), pairOf[kept1, kept2](),
		{Old: reflect.TypeFor[piece1](), New: reflect.TypeFor[piece2](), Zero: []string{"Always"}, Leads: []Lead{
			{"D", []string{"Ctx", "At", "D"}}, {"K", []string{"Kept", "D"}}, {"Is", []string{"Was"}}, {"Now", []string{"Lock"}}, {"N", []string{"Ctx", "N"}},
		}},
	}
}

func newPieces(n int) (*daemon1, *gone1, *kept1) {
	d := &daemon1{Name: "d"}
	c, k := &gone1{N: 7, At: gate1{d}}, &kept1{d}
	for i := range n {
		d.Parts = append(d.Parts, &piece1{ID: i, Ctx: c, Kept: k, Was: d, Lock: v1.Inner{N: i}})
	}
	return d, c, k
}

func (p *piece2) leadsTo(t *testing.T, what string, d *daemon2, id int) {
	t.Helper()
	eq(t, what+": by what is gone", p.D, d)
	eq(t, what+": by what is there still", p.K, d)
	eq(t, what+": by another name", p.Is, d)
	eq(t, what+": a value by another name", p.Now.N, id)
	eq(t, what+": a number elsewhere", p.N, 7)
	eq(t, what, p.ID, id)
}

func TestLeads(t *testing.T) {
	for _, n := range []int{3, 4 * fewUnmet} { // several goroutines, too
		d, _, _ := newPieces(n)
		nd := *carry[*daemon2](t, newPlan(t, Options{}, piecePairs()...).Begin(), &d)
		eq(t, "parts", len(nd.Parts), n)
		for i, p := range nd.Parts {
			p.leadsTo(t, "at commit", nd, i)
		}
	}
}

// TestLeadsInside: a pointer to a field leads to the one that has its value now.
func TestLeadsInside(t *testing.T) {
	d, _, _ := newPieces(1)
	frame := struct {
		D *daemon1
		P *v1.Inner
	}{d, &d.Parts[0].Lock}
	n := carry[struct {
		D *daemon2
		P *v1.Inner
	}](t, newPlan(t, Options{}, piecePairs()...).Begin(), &frame)
	eq(t, "the pointer", n.P, &n.D.Parts[0].Now)
}

// TestLeadsEnd: a way that ends before leads to nothing.
func TestLeadsEnd(t *testing.T) {
	d := &daemon1{Parts: []*piece1{{ID: 1, Kept: &kept1{}}}}
	nd := *carry[*daemon2](t, newPlan(t, Options{}, piecePairs()...).Begin(), &d)
	eq(t, "all", *nd.Parts[0], piece2{ID: 1})
}

// TestLeadsLate: who comes back late leads to what the object on the way led to at commit,
// whatever has become of that since.
func TestLeadsLate(t *testing.T) {
	d, c, k := newPieces(0)
	d.Parts = append(d.Parts, &piece1{ID: 5, Kept: k})
	waits := &piece1{ID: 9, Ctx: c, Kept: k, Was: d, Lock: v1.Inner{N: 9}}
	strange := &daemon1{Name: "nobody has seen it"}
	alone := &piece1{ID: 11, Ctx: &gone1{N: 7, At: gate1{strange}}, Kept: &kept1{strange}, Was: strange, Lock: v1.Inner{N: 11}}
	x := newPlan(t, Options{}, piecePairs()...).Begin()
	type frame1 = struct {
		D *daemon1
		K *kept1
	}
	f := &frame1{d, k}
	n := carry[struct {
		D *daemon2
		K *kept2
	}](t, x, f)
	for x.Weaken(1 << 20) {
	}
	n.K.D = &daemon2{Name: "another"} // the new release works on
	late := *carry[*piece2](t, x, &waits)
	late.leadsTo(t, "late", n.D, 9)
	eq(t, "what is there", n.D.Parts[0].K, n.D)

	late = *carry[*piece2](t, x, &alone)
	late.leadsTo(t, "late and alone", late.D, 11)
	eq(t, "found late", late.D.Name, "nobody has seen it")
	if late.D == n.D {
		t.Error("two have become one")
	}
}

// TestLeadsByStandIns: the object on the way has ended, since the goroutine has waited for several
// updates. Its stand-in says what it was; if nobody has filled that, who comes back is told.
func TestLeadsByStandIns(t *testing.T) {
	for _, asks := range []bool{true, false} {
		l := &lineage{t: t}
		r1 := &v1.Table{Last: &v1.Entry{ID: 3, Name: "three"}}
		waits := struct{ T *v1.Table }{&v1.Table{Self: r1}}
		var r2 *v2.Table
		for k := range 4 {
			var extra []Pair
			if k == 2 {
				extra = []Pair{{Old: reflect.TypeFor[v1.Table](), New: reflect.TypeFor[v2.Table](), Leads: []Lead{{"Last", []string{"Self", "Last"}}}}}
				r1.Self = r1
			}
			x := l.step(k == 2 && asks, extra...)
			if r1 != nil {
				r2, r1 = *carry[*v2.Table](t, x, &r1), nil
			} else {
				r1, r2 = *carry[*v1.Table](t, x, &r2), nil
			}
			l.follow(x)
			l.letGo()
		}
		f2 := late[struct{ T *v2.Table }](t, l.tables[0], &waits)
		f1 := late[struct{ T *v1.Table }](t, l.tables[1], f2)
		var n struct{ T *v2.Table }
		x := l.tables[2]
		check(t, x.Value(unsafe.Pointer(&n), unsafe.Pointer(f1), reflect.TypeOf(*f1)))
		err := x.RunLate()
		if !asks {
			wantError(t, err, "Self.Last: what it leads to has ended, and is not known any more")
			continue
		}
		check(t, err)
		f1 = late[struct{ T *v1.Table }](t, l.tables[3], &n)
		eq(t, "the object on the way", f1.T.Self, r1)
		eq(t, "what it leads to", f1.T.Last, r1.Last)
		eq(t, "that", f1.T.Last.Name, "three")
	}
}

func TestLeadProblems(t *testing.T) {
	entry := pairOf[v1.Entry, v2.Entry]("Extra", "When")
	with := func(field, path string) string {
		pairs := append(piecePairs(), entry)
		leads := []Lead{{field, strings.Split(path, ".")}}
		for _, l := range pairs[2].Leads {
			if l.Field != field {
				leads = append(leads, l)
			}
		}
		pairs[2].Leads = leads
		return problemsOf(pairs...)
	}
	for _, c := range []struct{ name, got, want string }{
		{"no such field", with("D", "Ctx.None"), "piece2.D: it is to have what Ctx.None leads to: Ctx.None: state.gone1 has no such field"},
		{"no fields", with("D", "ID.D"), "ID.D: int has no fields"},
		{"something else", with("N", "Ctx.At.D"), "which is *state.daemon1, and is int"},
		{"nothing wrong", with("D", "Ctx.At.D"), ""},
	} {
		if !strings.Contains(c.got, c.want) || c.want == "" && c.got != "" {
			t.Errorf("%s: %q, want %q", c.name, c.got, c.want)
		}
	}
	type old struct{ P *piece1 }
	type new struct{ I v1.Inner }
	pairs := append(piecePairs(), Pair{Old: reflect.TypeFor[old](), New: reflect.TypeFor[new](), Leads: []Lead{{"I", []string{"P", "Lock"}}}})
	if got := problemsOf(pairs...); !strings.Contains(got, "part of another object: there would be two of it") {
		t.Errorf("a value by pointer: %q", got)
	}
}
