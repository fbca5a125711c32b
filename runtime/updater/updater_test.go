package updater

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	goruntime "runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"
	"weak"

	"github.com/upstarego/upstarego/runtime"
)

// A process has one current release, so the tests take turns: each goes on from
// where the one before has left it.
var (
	cur     *prog
	mods    = &modules{updates: map[string]func() (*Update, error){}}
	updater = New(mods)
)

func TestMain(m *testing.M) {
	cur = newProg(1, false)
	runtime.First(cur.rel)
	code := m.Run()
	if n := violations.Load(); n != 0 {
		fmt.Println("FAIL: statements run while the program stood still or after their release was retired:", n)
		code = 1
	}
	os.Exit(code)
}

// modules stands for the loader: the releases are in the process already.
type modules struct {
	updates              map[string]func() (*Update, error)
	committed, abandoned atomic.Int64
}

func (l *modules) Check(path string) error {
	if l.updates[path] == nil {
		return errors.New("no such file")
	}
	return nil
}

func (l *modules) Load(path string) (Module, error) { return &module{l, l.updates[path]}, nil }

type module struct {
	l *modules
	f func() (*Update, error)
}

func (m *module) Update() (*Update, error) { return m.f() }
func (m *module) Commit(func(string) error) error {
	still.Store(false)
	m.l.committed.Add(1)
	return nil
}
func (m *module) Abandon() error { m.l.abandoned.Add(1); return nil }

// nextUpdate makes the next release and an update to it with identity maps.
func nextUpdate(wide bool) (*prog, *Update) {
	p := newProg(cur.gen+1, wide)
	up := &Update{Release: p.rel}
	for f := range cur.rel.AllFuncs() {
		key := f.Key
		m := FuncMap{Old: key, New: key}
		if key == "calc" && cur.wide != wide {
			m.Convert = convertCalc
		}
		up.Funcs = append(up.Funcs, m)
	}
	if wide && !cur.wide {
		up.Pairs = []TypePair{{Key: "prog.thing", Zero: []string{"n"}}}
	}
	// From here to the commit of the module no own statement may run. An
	// update that is undone clears it itself.
	up.Predicate = func() error { still.Store(true); return nil }
	return p, up
}

func (up *Update) funcMap(key string) *FuncMap {
	for i := range up.Funcs {
		if up.Funcs[i].Old == key {
			return &up.Funcs[i]
		}
	}
	panic(key)
}

func convertCalc(pt int, old unsafe.Pointer, c *Conversion) ([]runtime.Frame, error) {
	var data unsafe.Pointer
	if c.plan.next.Func("calc").Frame.NumField() == 4 {
		f := (*calcF)(old)
		data = ptr(&calcWide{"made wide", int64(f.n), int64(f.i), f.v})
	} else {
		w := (*calcWide)(old)
		data = ptr(&calcF{w.v, int(w.n), int(w.i)})
	}
	f, err := c.Frame("calc", pt, data)
	return []runtime.Frame{f}, err
}

// do runs one update to its end.
func do(t *testing.T, up *Update, q Request) Result {
	t.Helper()
	q.Path = t.Name()
	mods.updates[q.Path] = func() (*Update, error) { return up, nil }
	id, err := updater.Start(q)
	if err != nil {
		t.Fatal(err)
	}
	return wait(t, id)
}

func wait(t *testing.T, id string) Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	r, ok := updater.Wait(ctx, id)
	if !ok || !r.Done() {
		t.Fatalf("update %s is not decided: %+v", id, r)
	}
	return r
}

// commit runs an update that must succeed.
func commit(t *testing.T, p *prog, up *Update) Result {
	t.Helper()
	r := do(t, up, Request{})
	if r.State != StateCommitted {
		t.Fatalf("not committed: %v", r.Error)
	}
	if runtime.Current() != p.rel {
		t.Fatal("committed, but the release is not current")
	}
	cur = p
	return r
}

// undone runs an update that must be undone, with an error of the given code
// that says the given words.
func undone(t *testing.T, up *Update, q Request, code string, words ...string) Result {
	t.Helper()
	was := runtime.Current()
	gone := mods.abandoned.Load()
	r := do(t, up, q)
	if r.State != StateUndone || r.Error == nil || r.Error.Code != code {
		t.Fatalf("got state %s, error %v; want undone with %s", r.State, r.Error, code)
	}
	for _, w := range words {
		if !strings.Contains(r.Error.Error(), w) {
			t.Errorf("the error does not say %q:\n%v", w, r.Error)
		}
	}
	if runtime.Current() != was || r.ReleaseAfter != r.ReleaseBefore {
		t.Error("undone, but another release is current")
	}
	if mods.abandoned.Load() != gone+1 {
		t.Error("undone, but the module was not abandoned")
	}
	return r
}

// until waits for a fact.
func until(t *testing.T, what string, f func() bool) {
	t.Helper()
	end := time.Now().Add(20 * time.Second)
	for !f() {
		if time.Now().After(end) {
			t.Fatalf("waited in vain until %s", what)
		}
		time.Sleep(50 * time.Microsecond)
	}
}

func parked() int { return runtime.Scan().Parked }

// alone waits until the goroutines of earlier tests, which were let go and not waited
// for, have left: they would be counted.
func alone(t *testing.T) {
	t.Helper()
	until(t, "nobody else is in own code", func() bool {
		s := runtime.Scan()
		return s.Parked == 0 && s.Running == 0 && s.Captured == 0
	})
}

// load runs n workers and checks all their answers until stop is called, which
// returns how many there were and the newest release that gave one.
func load(t *testing.T, n int) (stop func() (answers int64, gen int)) {
	var wg sync.WaitGroup
	var end atomic.Bool
	var count, newest atomic.Int64
	for w := range n {
		in, out := make(chan int), make(chan answer)
		go cur.worker(in, out)
		wg.Add(1)
		go func() {
			defer wg.Done()
			defer close(in)
			for i := w; !end.Load(); i += n {
				in <- i
				a := <-out
				if want := calcPlain(calcPlain(i, 20), 30); a.v != want {
					t.Errorf("worker %d, number %d: got %d, want %d", w, i, a.v, want)
					return
				}
				if int64(a.gen) > newest.Load() {
					newest.Store(int64(a.gen))
				}
				count.Add(1)
			}
		}()
	}
	return func() (int64, int) {
		end.Store(true)
		wg.Wait()
		return count.Load(), int(newest.Load())
	}
}

func TestUpdateUnderLoad(t *testing.T) {
	stop := load(t, 8)
	end := time.Now().Add(20 * time.Second)
	mid := 0 // stacks captured with more than one frame
	for n := 0; n < 10 || mid == 0; n++ {
		p, up := nextUpdate(n%2 == 0)
		r := commit(t, p, up)
		if r.Frames > r.Rebuilt {
			mid++
		}
		if r.ReleaseAfter != r.ReleaseBefore+1 || r.RequestToCommitNS <= 0 || len(r.Phases) != 6 {
			t.Errorf("incomplete result: %+v", r)
		}
		if time.Now().After(end) {
			t.Fatal("no goroutine was ever captured in mid-stack")
		}
	}
	// Every worker gets to the newest release without being asked.
	answers, gen := stop()
	if answers == 0 {
		t.Error("no worker answered")
	}
	if gen > cur.gen {
		t.Errorf("an answer of release %d, which there never was", gen)
	}
}

func TestAbortedTwiceThenCommitted(t *testing.T) {
	var end, spinEnd atomic.Bool
	gen := make(chan int)
	go cur.busy(&end, gen)
	in, out := make(chan int), make(chan answer)
	go cur.worker(in, out)

	// A goroutine that does not reach a point.
	up := make(chan bool)
	go cur.spin(&spinEnd, up)
	<-up
	p, u := nextUpdate(true)
	r := undone(t, u, Request{Timeout: time.Second}, CodeTimedOut, "spin", "out of time")
	if len(r.Stragglers) == 0 || !strings.Contains(r.Stragglers[0].Stack, "spin") {
		t.Errorf("the goroutine in the way is not reported: %+v", r.Stragglers)
	}
	in <- 5
	if a := <-out; a.gen != cur.gen || a.v != calcPlain(calcPlain(5, 20), 30) {
		t.Errorf("after the abort: %+v", a)
	}
	spinEnd.Store(true)

	// A map that returns an error, for a frame that is captured.
	p, u = nextUpdate(true)
	u.funcMap("busy").Convert = func(pt int, _ unsafe.Pointer, c *Conversion) ([]runtime.Frame, error) {
		still.Store(false)
		return nil, errors.New("no idea how")
	}
	undone(t, u, Request{}, CodeFailed, "no idea how", "own.go", "busy")
	in <- 6
	if a := <-out; a.gen != cur.gen || a.v != calcPlain(calcPlain(6, 20), 30) {
		t.Errorf("after the second abort: %+v", a)
	}

	// And a map that panics.
	p, u = nextUpdate(true)
	u.funcMap("busy").Convert = func(pt int, _ unsafe.Pointer, c *Conversion) ([]runtime.Frame, error) {
		still.Store(false)
		panic("lost")
	}
	undone(t, u, Request{}, CodeFailed, "lost", "panicked")

	p, u = nextUpdate(!cur.wide)
	r = commit(t, p, u)
	if r.Rebuilt == 0 {
		t.Error("the busy goroutine was not rebuilt")
	}
	in <- 7
	if a := <-out; a.gen != p.gen {
		t.Errorf("answer of release %d after the update to %d", a.gen, p.gen)
	}
	close(in)
	end.Store(true)
	if g := <-gen; g != p.gen {
		t.Errorf("the busy goroutine ended in release %d, want %d", g, p.gen)
	}
}

func TestParkedConvertOnReturn(t *testing.T) {
	alone(t)
	c := make(chan int)
	depth := make(chan int)
	go func() { depth <- cur.deep(20, c) }()

	var mu sync.Mutex
	gens := make(chan int)
	go cur.lock(&mu, gens) // holds the mutex while it waits to send
	until(t, "the mutex is held", func() bool { return !mu.TryLock() || func() bool { mu.Unlock(); return false }() })
	go cur.lock(&mu, gens)

	reply := make(chan int)
	srv := httptest.NewServer(cur.handler(reply))
	defer srv.Close()
	defer close(reply)
	get := func(path string) string {
		resp, err := http.Get(srv.URL + path)
		if err != nil {
			return err.Error()
		}
		defer resp.Body.Close()
		b, _ := io.ReadAll(resp.Body)
		return string(b)
	}
	body := make(chan string)
	go func() { body <- get("/wait") }()

	xs, turn, sorted := []int{3, 2}, make(chan int), make(chan int)
	go func() { sorted <- cur.sorted(xs, turn) }()
	until(t, "all are parked", func() bool { return parked() == 5 })

	p, up := nextUpdate(cur.wide)
	r := commit(t, p, up)
	if r.Parked != 5 {
		t.Errorf("%d parked at commit, want %d", r.Parked, 5)
	}
	late := runtime.ReadStats().Late

	c <- 1
	if d := <-depth; d != 21 {
		t.Errorf("deep returned %d, want 21", d)
	}
	// The holder chose its number in the old release, the waiter in the new one.
	if g := <-gens; g != p.gen-1 {
		t.Errorf("the holder sent %d, want %d", g, p.gen-1)
	}
	if g := <-gens; g != p.gen {
		t.Errorf("the waiter sent %d, want %d", g, p.gen)
	}
	reply <- 9
	if b, want := <-body, fmt.Sprintf("release %d got 9", p.gen); b != want {
		t.Errorf("the request that was in flight got %q, want %q", b, want)
	}
	turn <- 0
	if g := <-sorted; g != p.gen || xs[0] != 2 {
		t.Errorf("sorted by release %d: %v", g, xs)
	}
	// deep, holder, waiter, handler, less, sorted
	if n := runtime.ReadStats().Late - late; n != 6 {
		t.Errorf("%d segments converted on return, want 6", n)
	}
	// net/http still holds the old handler: its gate hands over.
	if b, want := get("/"), fmt.Sprintf("release %d got 0", p.gen); b != want {
		t.Errorf("a new request got %q, want %q", b, want)
	}
}

func TestLateThroughTwoReleases(t *testing.T) {
	const depth = 10000
	alone(t)
	c, res := make(chan int), make(chan int)
	go func() { res <- cur.deep(depth, c) }()
	until(t, "it waits", func() bool { return parked() == 1 })
	for range 2 {
		p, up := nextUpdate(!cur.wide)
		commit(t, p, up)
	}
	late := runtime.ReadStats().Late
	c <- 7
	if got := <-res; got != depth+7 {
		t.Errorf("got %d, want %d", got, depth+7)
	}
	if n := runtime.ReadStats().Late - late; n != 2 {
		t.Errorf("%d conversions on return, want 2", n)
	}
	if d := runtime.ReadStats().Deepest; d <= depth {
		t.Errorf("deepest segment %d, want more than %d", d, depth)
	}
}

func TestBusyAndCancel(t *testing.T) {
	var end atomic.Bool
	up := make(chan bool)
	go cur.spin(&end, up)
	<-up
	_, u := nextUpdate(cur.wide)
	mods.updates[t.Name()] = func() (*Update, error) { return u, nil }
	id, err := updater.Start(Request{Path: t.Name()})
	if err != nil {
		t.Fatal(err)
	}
	var e *Error
	if _, err := updater.Start(Request{Path: t.Name()}); !errors.As(err, &e) || e.Code != CodeBusy {
		t.Errorf("a second update: %v, want %s", err, CodeBusy)
	}
	until(t, "it quiesces", func() bool { r, _ := updater.Get(id); return r.Attempts > 0 })
	if !updater.Cancel(id) || updater.Cancel("none") {
		t.Error("Cancel knows the wrong ids")
	}
	r := wait(t, id)
	if r.State != StateUndone || r.Error.Code != CodeFailed || !strings.Contains(r.Error.Message, "on request") {
		t.Errorf("cancelled: %s, %v", r.State, r.Error)
	}
	end.Store(true)
	p, u := nextUpdate(cur.wide)
	commit(t, p, u)
}

func TestUnmappedLivePointIsRefused(t *testing.T) {
	alone(t)
	c, res := make(chan int), make(chan int)
	go func() { res <- cur.deep(3, c) }()
	until(t, "it waits", func() bool { return parked() == 1 })

	// Parked in it: only the stack says so.
	_, up := nextUpdate(cur.wide)
	up.funcMap("deep").Points = []int{0, 1, -1}
	r := undone(t, up, Request{}, CodeMapIncomplete, "deep", "own.go")
	if n := len(r.Error.Positions); n != 1 || r.Error.Positions[0].Point != 2 {
		t.Errorf("positions: %+v", r.Error.Positions)
	}
	if r := do(t, up, Request{DryRun: true}); r.Error == nil || r.Error.Code != CodeMapIncomplete || r.Attempts != 0 {
		t.Errorf("dry run: %+v", r)
	}
	// Through a release that maps it, it is still there.
	p, up := nextUpdate(cur.wide)
	commit(t, p, up)
	_, up = nextUpdate(cur.wide)
	up.funcMap("deep").New = ""
	undone(t, up, Request{}, CodeMapIncomplete, "deep", "not mapped")

	c <- 4
	if got := <-res; got != 7 {
		t.Errorf("got %d, want 7", got)
	}
	// Captured in it: the records say so.
	var end atomic.Bool
	gen := make(chan int)
	go cur.busy(&end, gen)
	_, up = nextUpdate(cur.wide)
	up.funcMap("busy").New = ""
	undone(t, up, Request{}, CodeMapIncomplete, "busy")
	end.Store(true)
	<-gen

	// Nobody is in it any more.
	p, up = nextUpdate(cur.wide)
	up.funcMap("busy").New = ""
	up.funcMap("deep").Points = []int{0, 1, -1}
	if r := do(t, up, Request{DryRun: true}); r.State != StateFits {
		t.Errorf("dry run: %s, %v", r.State, r.Error)
	}
	commit(t, p, up)
}

func TestPredicateIsTriedAgain(t *testing.T) {
	p, up := nextUpdate(cur.wide)
	tries := 0
	up.Predicate = func() error {
		if tries++; tries < 3 {
			return errors.New("not now")
		}
		return nil
	}
	if r := commit(t, p, up); r.Attempts != 3 {
		t.Errorf("%d attempts, want 3", r.Attempts)
	}
	_, up = nextUpdate(cur.wide)
	up.Predicate = func() error { return errors.New("never") }
	undone(t, up, Request{Timeout: 20 * time.Millisecond}, CodeTimedOut, "never")
}

func TestVariables(t *testing.T) {
	shared := 1
	cur.rel.AddVar("shared", &shared)
	cur.rel.AddVar("hits", &cur.hits)
	cur.hits = 41

	release := func() (*prog, *Update) {
		p, up := nextUpdate(cur.wide)
		up.Predicate = nil
		p.rel.AddVar("shared", &shared)
		p.rel.AddVar("hits", &p.hits)
		p.rel.AddVar("misses", &p.misses)
		return p, up
	}
	_, up := release()
	up.Vars = []VarMap{
		{Key: "hits", Transform: func(old, new *int) { *new = *old + 1 }},
		{Key: "shared", Init: func() int { return 2 }},
		{Key: "misses", Init: func() (int, error) { return 0, errors.New("no misses today") }},
	}
	undone(t, up, Request{}, CodeFailed, "no misses today", "misses")
	if shared != 1 || cur.hits != 41 {
		t.Errorf("undone, but shared = %d, hits = %d", shared, cur.hits)
	}
	_, up = release()
	up.Vars = []VarMap{{Key: "hits", Init: func() string { return "" }}, {Key: "other"}}
	undone(t, up, Request{}, CodeMapIncomplete, "want func() int", "other")

	_, up = release()
	up.Vars = []VarMap{
		{Key: "hits", Init: func(unsafe.Pointer) {}, newMirror: reflect.TypeFor[string]()},
		{Key: "shared", Transform: func(old, new unsafe.Pointer) error { return nil }, oldMirror: reflect.TypeFor[uint](), newMirror: reflect.TypeFor[int]()},
	}
	undone(t, up, Request{}, CodeMapIncomplete, "framemap.go gives it a string, it is int", "takes the old one for a uint, it is int")

	p, up := release()
	up.Vars = []VarMap{
		{Key: "hits", Transform: func(old, new *int) { *new = *old + 1 }},
		{Key: "shared", Transform: func(old, new *int) error { *new = 10 * *old; return nil }},
		{Key: "misses", Aside: true, Init: func() int { return 3 }},
	}
	var hooks []string
	up.AfterCommit = []func(){
		func() { hooks = append(hooks, fmt.Sprint(runtime.Current() == p.rel)) },
		func() { panic("hook") },
	}
	r := commit(t, p, up)
	if shared != 10 || p.hits != 42 || p.misses != 3 {
		t.Errorf("shared = %d, hits = %d, misses = %d; want 10, 42, 3", shared, p.hits, p.misses)
	}
	if len(hooks) != 1 || hooks[0] != "true" || len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0], "hook 2") {
		t.Errorf("hooks: %v, warnings: %v", hooks, r.Warnings)
	}
}

// TestChangedTypeKeepsIdentity has one thing in a variable, in a captured frame
// and in a parked one; it refers to itself.
func TestChangedTypeKeepsIdentity(t *testing.T) {
	if cur.wide {
		p, up := nextUpdate(false)
		commit(t, p, up)
	}
	cur.narrow = &thing{name: "one"}
	cur.narrow.next = cur.narrow

	alone(t)
	parkedIn, busyIn := make(chan int), make(chan int)
	said := make(chan string)
	go cur.keep(parkedIn, said)
	go cur.keep(busyIn, said)
	until(t, "both wait", func() bool { return parked() == 2 })

	// What cannot be carried is refused before anything stops.
	p, up := nextUpdate(true)
	up.Pairs[0].Zero = nil
	undone(t, up, Request{}, CodeMapIncomplete, "thingBroad.n", "is new")
	p, up = nextUpdate(true)
	up.Pairs[0].Transform = func(old *thing) {}
	undone(t, up, Request{}, CodeMapIncomplete, "want func(*updater.thing, *updater.thingBroad)")

	// A transformer that fails undoes everything, twice.
	for range 2 {
		p, up = nextUpdate(true)
		up.Pairs[0].Validate = func(old, new unsafe.Pointer) error { still.Store(false); return errors.New("cannot be") }
		undone(t, up, Request{}, CodeFailed, "cannot be")
		if cur.narrow.name != "one" || cur.narrow.next != cur.narrow {
			t.Fatal("undone, but the thing has changed")
		}
	}

	// One of the two is woken by the stop itself: it is captured with its frame.
	stopFeed := feed(busyIn)
	p, up = nextUpdate(true)
	up.Pairs[0].Transform = func(old *thing, new *thingBroad) { new.n = len(old.name) }
	up.Predicate = func() error {
		captured := false
		runtime.CapturedSegments(func(_ *runtime.Rec, fs []runtime.Frame) error {
			captured = captured || fs[len(fs)-1].Fn.Key == "keep"
			return nil
		})
		if !captured {
			return errors.New("not captured yet")
		}
		still.Store(true)
		return nil
	}
	if r := commit(t, p, up); r.Objects == 0 || r.Rebuilt == 0 {
		t.Errorf("nothing carried: %+v", r)
	}
	stopFeed()
	close(busyIn)
	if s := <-said; s != "one 3 true true" {
		t.Errorf("the captured frame's thing: %s", s)
	}
	close(parkedIn)
	if s := <-said; s != "one 3 true true" {
		t.Errorf("the parked frame's thing: %s", s)
	}
	if p.broad == nil || p.broad.next != p.broad {
		t.Error("the variable's thing is not itself")
	}
}

// TestLateObjectsGo: what a goroutine that comes late has brought goes as well, also when
// there was nothing to wait for any more.
func TestLateObjectsGo(t *testing.T) {
	if cur.wide {
		p, up := nextUpdate(false)
		commit(t, p, up)
	}
	alone(t)
	wait, said := make(chan int), make(chan string)
	old := weak.Make(func() *thing {
		cur.narrow = &thing{name: "private"}
		go cur.keep(wait, said)
		until(t, "it waits", func() bool { return parked() == 1 })
		it := cur.narrow
		cur.narrow = nil
		return it
	}())
	p, up := nextUpdate(true)
	for _, q := range []*prog{cur, p} { // a variable on the heap is left for good
		it := q.rel.Vars["prog.it"]
		delete(q.rel.Vars, "prog.it")
		defer func() { q.rel.Vars["prog.it"] = it }()
	}
	commit(t, p, up)
	pl := updater.plans[len(updater.plans)-1]
	until(t, "all is let go", func() bool {
		goruntime.GC()
		pl.lateMu.Lock()
		defer pl.lateMu.Unlock()
		return !pl.lettingGo
	})
	if old.Value() == nil {
		t.Fatal("the parked goroutine's object is gone")
	}
	close(wait)
	if s := <-said; s != "private 0 false false" {
		t.Errorf("it has become %s", s)
	}
	until(t, "the object is gone", func() bool { goruntime.GC(); return old.Value() == nil })
}

// TestTouchesMemory: what very many objects become has been touched before the stop, and a
// program that has few is left alone.
func TestTouchesMemory(t *testing.T) {
	for _, n := range []int{3, 100_000} {
		if cur.wide {
			p, up := nextUpdate(false)
			commit(t, p, up)
		}
		cur.narrow = nil
		for range n {
			cur.narrow = &thing{name: "one of many", next: cur.narrow}
		}
		debug.FreeOSMemory() // there is none left from before
		was := cur
		p, up := nextUpdate(true)
		r := commit(t, p, up)
		least, most := uint64(0), uint64(0)
		if n > 10 {
			// A new thing and its place in the table take 80 bytes, of which some may be there.
			least, most = uint64(20*n), uint64(400*n)
		}
		if r.Objects < n || r.Touched < least || r.Touched > most {
			t.Errorf("%d objects, %d bytes touched, want %d to %d", r.Objects, r.Touched, least, most)
		}
		was.narrow, cur.broad = nil, nil
		pl := updater.plans[len(updater.plans)-1]
		until(t, "all is let go", func() bool { goruntime.GC(); return pl.sweep() < 10 })
	}
}

// TestTouchTakesTime: a collection that would take up the update's time is not made.
func TestTouchTakesTime(t *testing.T) {
	for _, c := range []struct {
		heap  uint64
		procs int
		least time.Duration
		most  time.Duration
	}{
		{100 << 20, 2, 200 * time.Millisecond, time.Second},
		{4 << 30, 2, 10 * time.Second, 20 * time.Second},
		{4 << 30, 16, time.Second, 5 * time.Second},
	} {
		if d := collection(c.heap, c.procs); d < c.least || d > c.most {
			t.Errorf("%d bytes on %d processors: %v", c.heap, c.procs, d)
		}
	}
}

// feed sends on c until stopped.
func feed(c chan int) (stop func()) {
	end, done := make(chan bool), make(chan bool)
	go func() {
		defer close(done)
		for {
			select {
			case c <- 1:
			case <-end:
				return
			}
		}
	}()
	return func() { close(end); <-done }
}
