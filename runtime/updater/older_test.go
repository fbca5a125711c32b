package updater

import (
	"testing"
	"time"

	"github.com/upstarego/upstarego/runtime"
)

// TestBringUp has a thing that the update finds and others that it does not, narrow ones
// that become wide and narrow again.
func TestBringUp(t *testing.T) {
	if cur.wide {
		p, up := nextUpdate(false)
		commit(t, p, up)
	}
	alone(t)
	first := cur
	seen, kept, twice, never := &thing{name: "seen"}, &thing{name: "kept"}, &thing{name: "twice"}, &thing{name: "never"}
	cur.narrow = seen
	bring := func(x any, p *prog) any {
		t.Helper()
		v, ok := runtime.BringUp(x, &p.W)
		if !ok {
			return nil
		}
		return v
	}

	wide, up := nextUpdate(true)
	commit(t, wide, up)
	if v := bring(seen, wide); v != any(wide.broad) {
		t.Errorf("what the update has found has become %v", v)
	}
	broad, _ := bring(kept, wide).(*thingBroad)
	if broad == nil || broad.name != "kept" || bring(kept, wide) != any(broad) {
		t.Errorf("what has been kept has become %v, then %v", broad, bring(kept, wide))
	}
	if v, _ := bring(thing{name: "value", next: kept}, wide).(thingBroad); v.name != "value" || v.next != broad {
		t.Errorf("a value has become %v", v)
	}
	if v, _ := bring([]*thing{kept}, wide).([]*thingBroad); len(v) != 1 || v[0] != broad {
		t.Errorf("a slice has become %v", v)
	}
	for _, x := range []any{nil, broad, "", wide, &stranger{}} {
		if v := bring(x, wide); v != nil {
			t.Errorf("%T has become %v", x, v)
		}
	}
	if v := bring(kept, first); v != nil {
		t.Errorf("for its own release it has become %v", v)
	}

	// While the program stands still nobody converts. Code that has begun before goes on
	// in its release, and gets what is of that.
	made := &thingBroad{name: "made"}
	narrow, up := nextUpdate(false)
	brought, during := make(chan any, 1), false
	up.Predicate = func() error {
		go func() { brought <- bring(twice, wide) }()
		select {
		case <-brought:
			during = true
		case <-time.After(10 * time.Millisecond):
		}
		still.Store(true)
		return nil
	}
	commit(t, narrow, up)
	if during {
		t.Error("converted while the program stood still")
	}
	between, _ := (<-brought).(*thingBroad)
	if between == nil || between.name != "twice" {
		t.Errorf("for the release between it has become %v", between)
	}

	// Narrow things are of two releases now.
	for _, c := range []struct{ first, second any }{{seen, wide.broad}, {kept, broad}, {twice, between}} {
		v, _ := bring(c.first, narrow).(*thing)
		if v == nil || v == c.first || v.name != c.first.(*thing).name || bring(c.second, narrow) != any(v) {
			t.Errorf("%v has become %v, and what it was between %v", c.first, v, bring(c.second, narrow))
		}
		if w := bring(v, narrow); w != nil {
			t.Errorf("%v, of this release, has become %v", v, w)
		}
	}
	if v, _ := bring(made, narrow).(*thing); v == nil || v.name != "made" {
		t.Errorf("what the second release has made has become %v", v)
	}
	if v := bring(never, narrow); v != nil {
		t.Errorf("what no update has seen has become %v", v)
	}
	if v, _ := bring(&thing{name: "leads", next: kept}, narrow).(*thing); v == nil || any(v.next) != bring(kept, narrow) {
		t.Errorf("what leads to what an update has seen has become %v", v)
	}
}

type stranger struct{}

// BenchmarkBringUp: a value whose object has moved, one that is converted first, one of a
// type that never changes, and one of the newest release whose type has come back.
func BenchmarkBringUp(b *testing.B) {
	update := func(wide bool) {
		b.Helper()
		p, up := nextUpdate(wide)
		mods.updates[b.Name()] = func() (*Update, error) { return up, nil }
		id, err := updater.Start(Request{Path: b.Name()})
		if err != nil {
			b.Fatal(err)
		}
		if r, _ := updater.Wait(b.Context(), id); r.State != StateCommitted {
			b.Fatal(r.Error)
		}
		cur = p
	}
	if cur.wide {
		update(false)
	}
	update(true)
	word := &cur.W
	kept := any(&thing{name: "kept"})
	b.Run("known", func(b *testing.B) {
		for range b.N {
			runtime.BringUp(kept, word)
		}
	})
	b.Run("unknown", func(b *testing.B) {
		for range b.N {
			runtime.BringUp(&thing{}, word)
		}
	})
	b.Run("current", func(b *testing.B) {
		for range b.N {
			runtime.BringUp(b, word)
		}
	})
	update(false)
	word = &cur.W
	own := any(&thing{name: "own"})
	b.Run("back", func(b *testing.B) {
		for range b.N {
			runtime.BringUp(own, word)
		}
	})
}
