package updater

import (
	"fmt"
	"net/http"
	"sort"
	"strconv"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/upstarego/upstarego/runtime"
)

// This file is the own code of the program under test: what the rewriter would
// emit, by hand. Every prog is one release of it, with its own state word, in
// one process. A release that is wide has other frame structs for calc and keep.
//
// All of it stands in one file, own.go, on the lines that the runtime knows
// generated code by.

//line own.go:1
type prog struct {
	W    atomic.Uint32
	gen  int
	wide bool
	rel  *runtime.Release

	fWorker, fCalc, fDeep, fLock, fServe, fSort, fLess, fSpin, fBusy, fKeep *runtime.Func

	hits, misses int // stand for package variables
	narrow       *thing
	broad        *thingBroad
}

// What no release may do: run a statement while the program stands still, or
// after its release has been retired.
var (
	still      atomic.Bool
	violations atomic.Int64
)

// stmt is a user statement.
func (p *prog) stmt() {
	if still.Load() || p.W.Load()&2 != 0 {
		violations.Add(1)
	}
}

func (p *prog) addFile() { p.rel.AddFile() }

func ptr[T any](v *T) unsafe.Pointer { return unsafe.Pointer(v) }

type answer struct{ v, gen int }

type workerF struct {
	in  chan int
	out chan answer
	v   int
	ok  bool
}

// workerLoop is both bodies of worker: pt 0 is the start of an iteration, 1 after
// the receive, 2 after the first calc, 3 after the second, 4 after the send.
func (p *prog) workerLoop(pt int, in chan int, out chan answer, v int, ok bool) {
	if (pt == 2 || pt == 3) && runtime.More() {
		v = runtime.Next().(func() int)()
		if p.W.Load() != 0 && capture0(p.fWorker, pt, ptr(&workerF{in, out, v, ok})) {
			return
		}
	}
	for {
		switch pt {
		case 0, 4:
			p.stmt()
			r := runtime.Park()
			v, ok = <-in // point worker 1
			r.Unpark()
			if p.W.Load() != 0 && capture0(p.fWorker, 1, ptr(&workerF{in, out, v, ok})) {
				return
			}
			pt = 1
		case 1:
			if !ok {
				return
			}
			p.stmt()
			v = p.calcLoop(v, 20, 0) // point worker 2
			if p.W.Load() != 0 && capture0(p.fWorker, 2, ptr(&workerF{in, out, v, ok})) {
				return
			}
			pt = 2
		case 2:
			p.stmt()
			v = p.calcLoop(v, 30, 0) // point worker 3
			if p.W.Load() != 0 && capture0(p.fWorker, 3, ptr(&workerF{in, out, v, ok})) {
				return
			}
			pt = 3
		case 3:
			p.stmt()
			a := answer{v, p.gen}
			r := runtime.Park()
			out <- a // point worker 4
			r.Unpark()
			if p.W.Load() != 0 && capture0(p.fWorker, 4, ptr(&workerF{in, out, v, ok})) {
				return
			}
			pt = 4
		}
	}
}

type calcF struct{ v, n, i int }

type calcWide struct {
	note string
	n, i int64
	v    int
}

func calcPlain(v, n int) int {
	for i := range n {
		v = v*3 + i
	}
	return v & (1<<40 - 1)
}

// calcLoop has one point, at its back edge.
func (p *prog) calcLoop(v, n, i int) int {
	for ; i < n; i++ {
		p.stmt()
		v = v*3 + i // point calc 1
		if p.W.Load() != 0 {
			if r, ok := capture[int](p.fCalc, 1, p.calcFrame(v, n, i)); ok {
				return r
			}
		}
	}
	return v & (1<<40 - 1)
}

func (p *prog) calcFrame(v, n, i int) unsafe.Pointer {
	if p.wide {
		return ptr(&calcWide{"wide", int64(n), int64(i), v})
	}
	return ptr(&calcF{v, n, i})
}

type deepF struct {
	n, t int
	c    chan int
}

func (p *prog) deepBody(pt, n, t int, c chan int) int {
	switch {
	case pt == 0:
		p.stmt()
		if n == 0 {
			pt = 1
			r := runtime.Park()
			t = <-c // point deep 1
			r.Unpark()
			if p.W.Load() != 0 {
				if r, ok := capture[int](p.fDeep, 1, ptr(&deepF{n, t, c})); ok {
					return r
				}
			}
			break
		}
		pt = 2
		t = p.deepBody(0, n-1, 0, c) // point deep 2
		if p.W.Load() != 0 {
			if r, ok := capture[int](p.fDeep, 2, ptr(&deepF{n, t, c})); ok {
				return r
			}
		}
	case pt == 2 && runtime.More():
		t = runtime.Next().(func() int)()
		if p.W.Load() != 0 {
			if r, ok := capture[int](p.fDeep, 2, ptr(&deepF{n, t, c})); ok {
				return r
			}
		}
	}
	p.stmt()
	if pt == 2 {
		t++
	}
	return t
}

type lockF struct {
	mu   *sync.Mutex
	held int
	gens chan int
}

func (p *prog) lockBody(pt int, mu *sync.Mutex, gens chan int) {
	if pt == 0 {
		p.stmt()
		r := runtime.Park()
		mu.Lock() // point lock 1
		r.Unpark()
		if p.W.Load() != 0 && capture0(p.fLock, 1, ptr(&lockF{mu: mu, gens: gens})) {
			return
		}
	}
	if pt < 2 {
		p.stmt()
		gen := p.gen
		r := runtime.Park()
		gens <- gen // point lock 2
		r.Unpark()
		if p.W.Load() != 0 && capture0(p.fLock, 2, ptr(&lockF{mu: mu, gens: gens})) {
			return
		}
	}
	p.stmt()
	mu.Unlock()
}

type serveF struct {
	w    http.ResponseWriter
	r    *http.Request
	wait chan int
	v    int
}

func (p *prog) serveBody(pt int, w http.ResponseWriter, r *http.Request, wait chan int, v int) {
	if pt == 0 {
		p.stmt()
		if r.URL.Path == "/wait" {
			c := runtime.Park()
			v = <-wait // point serve 1
			c.Unpark()
			if p.W.Load() != 0 && capture0(p.fServe, 1, ptr(&serveF{w, r, wait, v})) {
				return
			}
		}
	}
	p.stmt()
	body := "release " + strconv.Itoa(p.gen) + " got " + strconv.Itoa(v)
	c := runtime.Park()
	w.Write([]byte(body)) // point serve 2
	c.Unpark()
	if p.W.Load() != 0 && capture0(p.fServe, 2, ptr(&serveF{w, r, wait, v})) {
		return
	}
}

type sortF struct {
	xs  []int
	c   chan int
	gen int
}

type lessF struct {
	xs   []int
	c    chan int
	i, j int
}

func (p *prog) sortBody(pt int, xs []int, c chan int) int {
	if pt == 0 {
		p.stmt()
		less := p.less(xs, c)
		r := runtime.Park()
		sort.Slice(xs, less) // point sorted 1
		r.Unpark()
		if p.W.Load() != 0 {
			if r, ok := capture[int](p.fSort, 1, ptr(&sortF{xs, c, 0})); ok {
				return r
			}
		}
	}
	p.stmt()
	return p.gen
}

func (p *prog) lessBody(pt int, xs []int, c chan int, i, j int) bool {
	if pt == 0 {
		p.stmt()
		r := runtime.Park()
		<-c // point less 1
		r.Unpark()
		if p.W.Load() != 0 {
			if r, ok := capture[bool](p.fLess, 1, ptr(&lessF{xs, c, i, j})); ok {
				return r
			}
		}
	}
	p.stmt()
	return xs[i] < xs[j]
}

// spin runs own code without reaching a poll until end says so.
func (p *prog) spin(end *atomic.Bool, up chan bool) {
	g := runtime.Enter()
	if g.Entered() {
		defer g.Leave()
	}
	close(up)
	for !end.Load() {
		p.stmt() // point spin 1
	}
	if p.W.Load() != 0 && capture0(p.fSpin, 1, ptr(&struct{}{})) {
		return
	}
}

type busyF struct {
	end *atomic.Bool
	gen chan int
}

// busyBody runs own code and polls in its loop, until end says so.
func (p *prog) busyBody(end *atomic.Bool, gen chan int) {
	for !end.Load() {
		p.stmt() // point busy 1
		if p.W.Load() != 0 && capture0(p.fBusy, 1, ptr(&busyF{end, gen})) {
			return
		}
	}
	p.stmt()
	g := p.gen
	r := runtime.Park()
	gen <- g // point busy 2
	r.Unpark()
	if p.W.Load() != 0 && capture0(p.fBusy, 2, ptr(&busyF{end, gen})) {
		return
	}
}

// thing changes between releases: in wide ones it is a thingBroad.
type thing struct {
	name string
	next *thing
}

type thingBroad struct {
	name string
	n    int
	next *thingBroad
}

type keepF struct {
	it   *thing
	wait chan int
	say  chan string
}

type keepBroadF struct {
	it   *thingBroad
	wait chan int
	say  chan string
}

func (p *prog) keepFrame(it *thing, broad *thingBroad, wait chan int, say chan string) unsafe.Pointer {
	if p.wide {
		return ptr(&keepBroadF{broad, wait, say})
	}
	return ptr(&keepF{it, wait, say})
}

// keepBody holds a thing in a local until wait is closed, polling if it gets
// something else to do, and says what the thing looks like then.
func (p *prog) keepBody(it *thing, broad *thingBroad, wait chan int, say chan string) {
	for {
		p.stmt()
		r := runtime.Park()
		_, ok := <-wait // point keep 1
		r.Unpark()
		if p.W.Load() != 0 && capture0(p.fKeep, 1, p.keepFrame(it, broad, wait, say)) {
			return
		}
		if !ok {
			break
		}
	}
	p.stmt()
	var s string
	if p.wide {
		s = fmt.Sprint(broad.name, " ", broad.n, " ", broad.next == broad, " ", broad == p.broad)
	} else {
		s = fmt.Sprint(it.name, " ", it.next == it, " ", it == p.narrow)
	}
	r := runtime.Park()
	say <- s // point keep 2
	r.Unpark()
	if p.W.Load() != 0 && capture0(p.fKeep, 2, p.keepFrame(it, broad, wait, say)) {
		return
	}
}
