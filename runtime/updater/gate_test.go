package updater

import (
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/upstarego/upstarego/runtime"
)

// The gates: what foreign code calls. They hold no locals and hand over in place,
// so they count as frames that are not there; the bodies are their own functions
// only because the tests write fast and resume body as one.

// worker answers every number with calc(calc(number)).
//
//line own.go:30000000
func (p *prog) worker(in chan int, out chan answer) {
	g := runtime.Enter()
	if g.Entered() {
		defer g.Leave()
	}
	if p.W.Load() != 0 && gate0(p.fWorker, g.Entered(), ptr(&workerF{in: in, out: out})) {
		return
	}
	p.workerLoop(0, in, out, 0, false)
}

// deep waits for a number at recursion depth n and adds one per level on the
// way back. Points: 1 after the receive, 2 after the call.
func (p *prog) deep(n int, c chan int) int {
	g := runtime.Enter()
	if g.Entered() {
		defer g.Leave()
	}
	if p.W.Load() != 0 {
		if r, ok := gate[int](p.fDeep, g.Entered(), ptr(&deepF{n: n, c: c})); ok {
			return r
		}
	}
	return p.deepBody(0, n, 0, c)
}

// lock takes a mutex, holds it over a receive on gens' counterpart, and tells
// which release let it go. Points: 1 after Lock, 2 after the send.
func (p *prog) lock(mu *sync.Mutex, gens chan int) {
	g := runtime.Enter()
	if g.Entered() {
		defer g.Leave()
	}
	if p.W.Load() != 0 && gate0(p.fLock, g.Entered(), ptr(&lockF{mu: mu, gens: gens})) {
		return
	}
	p.lockBody(0, mu, gens)
}

// handler is a gate that net/http calls. Point 1 is after the receive.
func (p *prog) handler(wait chan int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		g := runtime.Enter()
		if g.Entered() {
			defer g.Leave()
		}
		if p.W.Load() != 0 && gate0(p.fServe, g.Entered(), ptr(&serveF{w: w, r: r, wait: wait})) {
			return
		}
		p.serveBody(0, w, r, wait, 0)
	}
}

// sorted calls foreign code that calls less back, which waits: two segments on
// one stack. It tells the release that finished it.
func (p *prog) sorted(xs []int, c chan int) int {
	g := runtime.Enter()
	if g.Entered() {
		defer g.Leave()
	}
	if p.W.Load() != 0 {
		if r, ok := gate[int](p.fSort, g.Entered(), ptr(&sortF{xs: xs, c: c})); ok {
			return r
		}
	}
	return p.sortBody(0, xs, c)
}

func (p *prog) less(xs []int, c chan int) func(i, j int) bool {
	return func(i, j int) bool {
		g := runtime.Enter()
		if g.Entered() {
			defer g.Leave()
		}
		if p.W.Load() != 0 {
			if r, ok := gate[bool](p.fLess, g.Entered(), ptr(&lessF{xs, c, i, j})); ok {
				return r
			}
		}
		return p.lessBody(0, xs, c, i, j)
	}
}

func (p *prog) busy(end *atomic.Bool, gen chan int) {
	g := runtime.Enter()
	if g.Entered() {
		defer g.Leave()
	}
	if p.W.Load() != 0 && gate0(p.fBusy, g.Entered(), ptr(&busyF{end, gen})) {
		return
	}
	p.busyBody(end, gen)
}

func (p *prog) keep(wait chan int, say chan string) {
	g := runtime.Enter()
	if g.Entered() {
		defer g.Leave()
	}
	if p.W.Load() != 0 && gate0(p.fKeep, g.Entered(), p.keepFrame(p.narrow, p.broad, wait, say)) {
		return
	}
	p.keepBody(p.narrow, p.broad, wait, say)
}
