package updater

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	goruntime "runtime"
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
}

// source is prog_test.go, where comments name the points.
var source, sourceFile = func() (string, string) {
	_, file, _, _ := goruntime.Caller(0)
	file = filepath.Join(filepath.Dir(file), "prog_test.go")
	text, err := os.ReadFile(file)
	if err != nil {
		panic(err)
	}
	return string(text), file
}()

// positions finds the points of a function; point 0 has none.
func positions(key string, points int) []string {
	pos := make([]string, points)
	for pt := 1; pt < points; pt++ {
		before, _, ok := strings.Cut(source, fmt.Sprintf("// point %s %d\n", key, pt))
		if !ok {
			panic(fmt.Sprintf("no comment for point %d of %s", pt, key))
		}
		pos[pt] = fmt.Sprintf("%s:%d:1", sourceFile, 1+strings.Count(before, "\n"))
	}
	return pos
}

//line upstare-skip:1
func (p *prog) bindWorker(pt int, d unsafe.Pointer) any {
	return func() { p.workerAt(pt, (*workerF)(d)) }
}

func (p *prog) bindCalc(pt int, d unsafe.Pointer) any {
	return func() int { return p.calcAt(d) }
}

func (p *prog) bindDeep(pt int, d unsafe.Pointer) any {
	return func() int { return p.deepAt(pt, (*deepF)(d)) }
}

func (p *prog) bindLock(pt int, d unsafe.Pointer) any {
	return func() { f := (*lockF)(d); p.lockBody(pt, f.mu, f.gens) }
}

func (p *prog) bindServe(pt int, d unsafe.Pointer) any {
	return func() { f := (*serveF)(d); p.serveAt(pt, f) }
}

func (p *prog) bindSort(pt int, d unsafe.Pointer) any {
	return func() int { f := (*sortF)(d); return p.sortBody(pt, f.xs, f.c) }
}

func (p *prog) bindLess(pt int, d unsafe.Pointer) any {
	return func() bool { f := (*lessF)(d); return p.lessBody(pt, f.xs, f.c, f.i, f.j) }
}

func (p *prog) bindSpin(pt int, d unsafe.Pointer) any { return func() {} }

func (p *prog) bindBusy(pt int, d unsafe.Pointer) any {
	return func() { p.busyAt(pt, (*busyF)(d)) }
}
