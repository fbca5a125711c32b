package updater

import (
	"maps"
	"reflect"
	goruntime "runtime"
	"slices"
	"testing"
	"weak"

	"github.com/upstarego/upstarego/runtime"
)

// TestSettledPlansSayTheSame: what a committed plan finds out again is what it has dropped.
func TestSettledPlansSayTheSame(t *testing.T) {
	alone(t)
	for _, wide := range []bool{cur.wide, !cur.wide} {
		_, up := nextUpdate(wide)
		up.funcMap("deep").Points = []int{0, 1, -1}
		up.funcMap("lock").Pinned = []int{1}
		up.Funcs = slices.DeleteFunc(up.Funcs, func(m FuncMap) bool { return m.Old == "sorted" })
		p, err := newPlan(runtime.Current(), up)
		if err != nil {
			t.Fatal(err)
		}
		was, reads := p.funcs, maps.Clone(p.reads)
		p.settle()
		if p.up.Funcs != nil || len(p.kept.maps) >= len(was)-1 || !slices.Contains(p.kept.holes, "sorted") {
			t.Errorf("%d maps of %d functions are kept, holes %v", len(p.kept.maps), len(was), p.kept.holes)
		}
		for f, fp := range was {
			where, how := p.where(f), p.how(f)
			if (fp.m == nil) != (how.m == nil) || how.new != fp.new || where.new != fp.new || how.same != fp.same || !reflect.DeepEqual(how.moves, fp.moves) || !reflect.DeepEqual(how.at, fp.at) {
				t.Errorf("%s: %+v was %+v", f.Key, how, fp)
			}
			if fp.m != nil && !reflect.DeepEqual(fp.m.Pinned, where.m.Pinned) {
				t.Errorf("%s: pinned %v was %v", f.Key, where.m.Pinned, fp.m.Pinned)
			}
			for pt := -1; pt <= f.Points; pt++ {
				if where.mapped(pt) != fp.mapped(pt) || how.mapped(pt) != fp.mapped(pt) || fp.mapped(pt) && where.points[pt] != fp.points[pt] {
					t.Errorf("%s: point %d", f.Key, pt)
				}
			}
			if !slices.Equal(p.readsOf(f), reads[f]) {
				t.Errorf("%s: reads %v was %v", f.Key, p.readsOf(f), reads[f])
			}
		}
		if f := p.next.Func("deep"); p.where(f) != nil || p.how(f) != nil {
			t.Error("it speaks of functions of the new release")
		}
	}
}

// TestWaitingThroughManyUpdates: a goroutine waits with an object that each update gives new
// memory. Those of the releases between end, and when it comes back it has the program's.
func TestWaitingThroughManyUpdates(t *testing.T) {
	if cur.wide {
		p, up := nextUpdate(false)
		commit(t, p, up)
	}
	alone(t)
	wait, said := make(chan int), make(chan string)
	func() {
		it := &thing{name: "shared"}
		it.next = it
		cur.narrow = it
		go cur.keep(wait, said)
		until(t, "it waits", func() bool { return parked() == 1 })
	}()
	var between []interface{ gone() bool }
	first := len(updater.plans)
	for k := range 7 {
		was := cur
		p, up := nextUpdate(!cur.wide)
		commit(t, p, up)
		if k > 0 {
			between = append(between, was.itIs())
		}
		was.narrow, was.broad = nil, nil // a variable on the heap keeps what it has
	}
	until(t, "what lies between is gone", func() bool {
		goruntime.GC()
		for _, b := range between {
			if !b.gone() {
				return false
			}
		}
		return true
	})
	until(t, "no entries are left of what lies between", func() bool {
		goruntime.GC()
		for _, p := range updater.plans[first+1 : len(updater.plans)-1] {
			p.lateMu.Lock()
			left := p.tr.sweep()
			p.lateMu.Unlock()
			if left > 1 { // the variable
				return false
			}
		}
		return true
	})
	close(wait)
	if s := <-said; s != "shared 0 true true" {
		t.Errorf("it has become %s", s)
	}
	cur.broad = nil
}

type ended[T any] struct{ p weak.Pointer[T] }

func (e ended[T]) gone() bool { return e.p.Value() == nil }

// itIs tells when the object in a release's variable is gone.
func (p *prog) itIs() interface{ gone() bool } {
	if p.wide {
		return ended[thingBroad]{weak.Make(p.broad)}
	}
	return ended[thing]{weak.Make(p.narrow)}
}
