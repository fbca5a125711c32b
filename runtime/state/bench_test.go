package state

import (
	"reflect"
	"runtime"
	"runtime/debug"
	"testing"
	"time"
	"unsafe"

	"github.com/upstarego/upstarego/runtime/state/internal/v1"
	"github.com/upstarego/upstarego/runtime/state/internal/v2"
)

const benchSize = 1_000_000

func items() *v1.Item {
	s := make([]*v1.Item, benchSize)
	for i := range s {
		s[i] = &v1.Item{ID: int64(i), Name: "n"}
	}
	for i := range s {
		if i+1 < len(s) {
			s[i].Next = s[i+1]
		}
		s[i].P = s[(i*7919)%len(s)]
	}
	return s[0]
}

// copyItems is what one would write by hand for this one type.
func copyItems(h *v1.Item) *v2.Item {
	to := make(map[*v1.Item]*v2.Item, benchSize)
	var work []*v1.Item
	get := func(o *v1.Item) *v2.Item {
		if o == nil {
			return nil
		}
		n := to[o]
		if n == nil {
			n = new(v2.Item)
			to[o] = n
			work = append(work, o)
		}
		return n
	}
	r := get(h)
	for len(work) > 0 {
		o := work[len(work)-1]
		work = work[:len(work)-1]
		n := to[o]
		n.ID, n.Name, n.Tags, n.Next, n.P = o.ID, o.Name, o.Tags, get(o.Next), get(o.P)
	}
	return r
}

func bench(b *testing.B, f func()) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	for range b.N {
		b.StopTimer()
		runtime.GC()
		b.StartTimer()
		f()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchSize, "ns/object")
}

func benchRun(b *testing.B, x *Transfer, dst, src unsafe.Pointer, t reflect.Type) {
	check(b, x.Value(dst, src, t))
	check(b, x.Run())
	x.Apply()
}

func BenchmarkList(b *testing.B) {
	h := items()
	p := newPlan(b, Options{})
	bench(b, func() {
		var n *v2.Item
		benchRun(b, p.Begin(), unsafe.Pointer(&n), unsafe.Pointer(&h), reflect.TypeOf(h))
	})
}

func BenchmarkListByHand(b *testing.B) {
	h := items()
	bench(b, func() { copyItems(h) })
}

func BenchmarkMapOfValues(b *testing.B) {
	m := make(map[int64]v1.Item, benchSize)
	for i := range int64(benchSize) {
		m[i] = v1.Item{ID: i, Name: "n"}
	}
	p := newPlan(b, Options{})
	bench(b, func() {
		var n map[int64]v2.Item
		benchRun(b, p.Begin(), unsafe.Pointer(&n), unsafe.Pointer(&m), reflect.TypeOf(m))
	})
}

func BenchmarkMapOfValuesByHand(b *testing.B) {
	m := make(map[int64]v1.Item, benchSize)
	for i := range int64(benchSize) {
		m[i] = v1.Item{ID: i, Name: "n"}
	}
	bench(b, func() {
		n := make(map[int64]v2.Item, len(m))
		for k, o := range m {
			n[k] = v2.Item{ID: o.ID, Name: o.Name, Tags: o.Tags}
		}
	})
}

func BenchmarkMapOfPointers(b *testing.B) {
	p := newPlan(b, Options{})
	m := make(map[int64]*v1.Item, benchSize)
	bench(b, func() {
		b.StopTimer()
		for i := range int64(benchSize) {
			m[i] = &v1.Item{ID: i, Name: "n"}
		}
		b.StartTimer()
		x := p.Begin()
		check(b, x.InPlace(unsafe.Pointer(&m), reflect.TypeOf(m)))
		check(b, x.Run())
		x.Apply()
	})
}

func BenchmarkPatchInPlace(b *testing.B) {
	p := newPlan(b, Options{})
	s := make([]*v1.Holder, benchSize/10)
	e := &v1.Entry{}
	bench(b, func() {
		b.StopTimer()
		for i := range s {
			s[i] = &v1.Holder{First: e, Any: e}
			if i > 0 {
				s[i].Peer = s[i-1]
			}
		}
		b.StartTimer()
		x := p.Begin()
		check(b, x.InPlace(unsafe.Pointer(&s), reflect.TypeOf(s)))
		check(b, x.Run())
		x.Apply()
	})
}

// BenchmarkStayed is what is done with objects that stay after the commit, beside the
// program, and what it leaves in the heap.
func BenchmarkStayed(b *testing.B) {
	type small = struct{ E *v1.Entry }
	p := newPlan(b, Options{})
	s := make([]*small, benchSize)
	for i := range s {
		s[i] = &small{}
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	all := &stayed{}
	var x *Transfer
	bench(b, func() {
		b.StopTimer()
		x = p.Begin()
		x.stays, x.release = all, all.begin()
		check(b, x.InPlace(unsafe.Pointer(&s), reflect.TypeOf(s)))
		check(b, x.Run())
		x.Apply()
		b.StartTimer()
		for x.Weaken(10_000) {
		}
		x.Sweep()
	})
	x = nil
	for range 3 {
		runtime.GC()
	}
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(int64(after.HeapAlloc)-int64(before.HeapAlloc))/benchSize, "B/object")
	b.ReportMetric(float64(int64(after.Sys-after.HeapSys)-int64(before.Sys-before.HeapSys))/benchSize, "B/object-outside")
	start := time.Now()
	all.sweep(every)
	b.ReportMetric(float64(time.Since(start).Nanoseconds())/benchSize, "sweep-ns/object")
	runtime.KeepAlive(s)
}
