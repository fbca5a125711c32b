package state

import (
	"fmt"
	"reflect"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/upstarego/upstarego/runtime/state/internal/v1"
	"github.com/upstarego/upstarego/runtime/state/internal/v2"
)

// The structures of internal/bench/testdata/updates/state: very many objects of one
// changed type, in so many parts. What somebody would write by hand, with as many
// goroutines as there are processors, stands beside the transfer. The collector runs as
// it does in a program.

const benchParts = 64

type oldParts struct {
	maps  [benchParts]map[int64]v1.Datum
	lists [benchParts]*v1.Link
	trees [benchParts]*v1.Leaf
}

type newParts struct {
	maps  [benchParts]map[int64]v2.Datum
	lists [benchParts]*v2.Link
	trees [benchParts]*v2.Leaf
}

func datum(i int) v1.Datum { return v1.Datum{ID: int64(i), Text: "datum", Price: float64(i) / 4} }

func newDatum(d v1.Datum) v2.Datum { return v2.Datum{Text: d.Text, ID: d.ID, Price: d.Price} }

func fillParts(kind string, n int) *oldParts {
	s := new(oldParts)
	for p := range benchParts {
		from, to := n*p/benchParts, n*(p+1)/benchParts
		switch kind {
		case "map":
			s.maps[p] = map[int64]v1.Datum{}
			for i := from; i < to; i++ {
				s.maps[p][int64(i)] = datum(i)
			}
		case "list":
			for i := from; i < to; i++ {
				s.lists[p] = &v1.Link{Datum: datum(i), Next: s.lists[p]}
			}
		case "tree":
			s.trees[p] = grow(from, to)
		}
	}
	return s
}

func grow(from, to int) *v1.Leaf {
	if from >= to {
		return nil
	}
	mid := (from + to) / 2
	return &v1.Leaf{Datum: datum(mid), Left: grow(from, mid), Right: grow(mid+1, to)}
}

func copyPart(from *oldParts, to *newParts, p int) {
	if m := from.maps[p]; m != nil {
		n := make(map[int64]v2.Datum, len(m))
		for k, v := range m {
			n[k] = newDatum(v)
		}
		to.maps[p] = n
	}
	end := &to.lists[p]
	for l := from.lists[p]; l != nil; l = l.Next {
		*end = &v2.Link{Datum: newDatum(l.Datum)}
		end = &(*end).Next
	}
	to.trees[p] = copyLeaf(from.trees[p])
}

func copyLeaf(l *v1.Leaf) *v2.Leaf {
	if l == nil {
		return nil
	}
	return &v2.Leaf{Datum: newDatum(l.Datum), Left: copyLeaf(l.Left), Right: copyLeaf(l.Right)}
}

func copyParts(from *oldParts) *newParts {
	to := new(newParts)
	work := make(chan int)
	var done sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		done.Go(func() {
			for p := range work {
				copyPart(from, to, p)
			}
		})
	}
	for p := range benchParts {
		work <- p
	}
	close(work)
	done.Wait()
	return to
}

// processors is what the process has had of processors, the collector's part included.
func processors() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		panic(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

var benchSink any // keeps what is measured in the heap

func BenchmarkParts(b *testing.B) {
	for _, kind := range []string{"map", "list", "tree"} {
		for _, n := range []int{benchSize / 4, benchSize} {
			run := func(name string, f func(*oldParts)) {
				b.Run(fmt.Sprintf("%s/%d/%s", kind, n, name), func(b *testing.B) {
					cpu := time.Duration(0)
					for range b.N {
						b.StopTimer()
						benchSink = nil
						s := fillParts(kind, n)
						runtime.GC()
						before := processors()
						b.StartTimer()
						f(s)
						b.StopTimer()
						cpu += processors() - before
						b.StartTimer()
					}
					b.ReportMetric(float64(cpu.Nanoseconds())/float64(b.N)/float64(n), "cpu-ns/object")
					b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/object")
				})
			}
			run("transfer", func(s *oldParts) {
				x, to := newPlan(b, Options{}).Begin(), new(newParts)
				check(b, x.Value(unsafe.Pointer(&to.maps), unsafe.Pointer(&s.maps), reflect.TypeOf(s.maps)))
				check(b, x.Value(unsafe.Pointer(&to.lists), unsafe.Pointer(&s.lists), reflect.TypeOf(s.lists)))
				check(b, x.Value(unsafe.Pointer(&to.trees), unsafe.Pointer(&s.trees), reflect.TypeOf(s.trees)))
				check(b, x.Run())
				x.Apply()
				benchSink = to
			})
			run("hand", func(s *oldParts) { benchSink = copyParts(s) })
		}
	}
	benchSink = nil
}
