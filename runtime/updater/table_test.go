package updater

import (
	"fmt"
	"os"
	"reflect"
	"strings"
	"unsafe"

	"github.com/upstarego/upstarego/runtime"
)

// newProg makes one more release of the program.
func newProg(gen int, wide bool) *prog {
	p := &prog{gen: gen, wide: wide}
	p.rel = runtime.NewRelease(fmt.Sprint("release ", gen), &p.W)
	p.addFile()
	p.table()
	return p
}

func add[F any](p *prog, key string, results any, points int, bind func(pt int, frame unsafe.Pointer) any) *runtime.Func {
	f := &runtime.Func{Key: key, Frame: reflect.TypeFor[F](), Points: points, PointPos: positions(key, points), Results: reflect.TypeOf(results), Bind: bind}
	p.rel.AddFunc(f)
	return f
}

func (p *prog) table() {
	var void func()
	var number func() int
	p.fWorker = add[workerF](p, "worker", void, 5, p.bindWorker)
	if p.wide {
		p.fCalc = add[calcWide](p, "calc", number, 2, p.bindCalc)
	} else {
		p.fCalc = add[calcF](p, "calc", number, 2, p.bindCalc)
	}
	p.fDeep = add[deepF](p, "deep", number, 3, p.bindDeep)
	p.fLock = add[lockF](p, "lock", void, 3, p.bindLock)
	p.fServe = add[serveF](p, "serve", void, 3, p.bindServe)
	p.fSort = add[sortF](p, "sorted", number, 2, p.bindSort)
	p.fLess = add[lessF](p, "less", (func() bool)(nil), 2, p.bindLess)
	p.fSpin = add[struct{}](p, "spin", void, 2, p.bindSpin)
	p.fBusy = add[busyF](p, "busy", void, 3, p.bindBusy)
	if p.wide {
		p.fKeep = add[keepBroadF](p, "keep", void, 3, p.bindKeep)
		p.rel.AddType("prog.thing", reflect.TypeFor[thingBroad]())
		p.rel.AddVar("prog.it", &p.broad)
	} else {
		p.fKeep = add[keepF](p, "keep", void, 3, p.bindKeep)
		p.rel.AddType("prog.thing", reflect.TypeFor[thing]())
		p.rel.AddVar("prog.it", &p.narrow)
	}
}

// source is own.go as far as it has points, whose comments name them.
var source = func() string {
	text, err := os.ReadFile("prog_test.go")
	if err != nil {
		panic(err)
	}
	_, own, _ := strings.Cut(string(text), "//line own.go:1\n")
	return own
}()

// positions finds the points of a function; point 0 has none.
func positions(key string, points int) string {
	pos := make([]string, points)
	for pt := 1; pt < points; pt++ {
		before, _, ok := strings.Cut(source, fmt.Sprintf("// point %s %d\n", key, pt))
		if !ok {
			panic(fmt.Sprintf("no comment for point %d of %s", pt, key))
		}
		pos[pt] = fmt.Sprintf("own.go:%d:1", 1+strings.Count(before, "\n"))
	}
	return strings.Join(pos, "\n")
}

//line own.go:35000000
func (p *prog) bindWorker(pt int, d unsafe.Pointer) any {
	f := (*workerF)(d)
	return func() { p.workerLoop(pt, f.in, f.out, f.v, f.ok) }
}

func (p *prog) bindCalc(pt int, d unsafe.Pointer) any {
	if p.wide {
		w := (*calcWide)(d)
		return func() int { return p.calcLoop(w.v, int(w.n), int(w.i)+1) }
	}
	f := (*calcF)(d)
	return func() int { return p.calcLoop(f.v, f.n, f.i+1) }
}

func (p *prog) bindDeep(pt int, d unsafe.Pointer) any {
	f := (*deepF)(d)
	return func() int { return p.deepBody(pt, f.n, f.t, f.c) }
}

func (p *prog) bindLock(pt int, d unsafe.Pointer) any {
	return func() { f := (*lockF)(d); p.lockBody(pt, f.mu, f.gens) }
}

func (p *prog) bindServe(pt int, d unsafe.Pointer) any {
	f := (*serveF)(d)
	return func() {
		if pt != 2 {
			p.serveBody(pt, f.w, f.r, f.wait, f.v)
		}
	}
}

func (p *prog) bindSort(pt int, d unsafe.Pointer) any {
	return func() int { f := (*sortF)(d); return p.sortBody(pt, f.xs, f.c) }
}

func (p *prog) bindLess(pt int, d unsafe.Pointer) any {
	return func() bool { f := (*lessF)(d); return p.lessBody(pt, f.xs, f.c, f.i, f.j) }
}

func (p *prog) bindSpin(pt int, d unsafe.Pointer) any { return func() {} }

func (p *prog) bindBusy(pt int, d unsafe.Pointer) any {
	f := (*busyF)(d)
	return func() {
		if pt != 2 {
			p.busyBody(f.end, f.gen)
		}
	}
}

func (p *prog) bindKeep(pt int, d unsafe.Pointer) any {
	return func() {
		if pt == 2 {
			return
		}
		if p.wide {
			f := (*keepBroadF)(d)
			p.keepBody(nil, f.it, f.wait, f.say)
			return
		}
		f := (*keepF)(d)
		p.keepBody(f.it, nil, f.wait, f.say)
	}
}
