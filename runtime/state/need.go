package state

import (
	"math"
	"reflect"
	"runtime/metrics"
)

// Before anything is stopped nobody walks over the heap, so what a transfer will take is not
// known. But the allocator counts its objects by size: those of the changed types are among
// those of their sizes. What arrays and maps hold of them by value is not to be told from
// other memory.

// What the allocator adds to an object with pointers that is larger than that, and what a
// transfer has for each object in its table.
const (
	headed     = 512
	header     = 8
	tableBytes = 48
)

// Need is about how much memory a transfer may take, a bound for most programs. It may be
// called while the program runs.
func (p *Plan) Need() uint64 {
	h := readHeap()
	grows := map[int]float64{} // by size, what each object becomes
	held := false              // by value, in arrays or maps
	object := func(n *node) {
		if n.moved && n.special == plain {
			i := h.class(n.old)
			grows[i] = max(grows[i], float64(n.new.Size()))
		}
	}
	for _, pr := range p.order {
		object(p.nodeOf(pr.Old)) // interfaces may have it
	}
	for _, n := range p.nodes {
		for _, e := range n.edges {
			switch {
			case !e.to.moved:
			case e.by == byPointer:
				object(e.to)
			case n.old.Kind() == reflect.Slice, n.old.Kind() == reflect.Array, n.old.Kind() == reflect.Map:
				held = true
			}
		}
	}
	need, rest := 0.0, h.bytes
	for i, size := range grows {
		n := h.objects[i]
		need += n * (size + tableBytes)
		rest -= n * h.least[i]
	}
	if held {
		need += max(rest, 0) * p.Growth()
	}
	return uint64(need)
}

// A heap is what the allocator counts: how many objects there are of a size, and the
// smallest size that is one.
type heap struct {
	bytes          float64
	objects, least []float64
}

func readHeap() heap {
	s := []metrics.Sample{{Name: "/gc/heap/allocs-by-size:bytes"}, {Name: "/gc/heap/frees-by-size:bytes"}, {Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(s)
	made, gone := s[0].Value.Float64Histogram(), s[1].Value.Float64Histogram()
	h := heap{bytes: float64(s[2].Value.Uint64()), least: made.Buckets}
	for i, n := range made.Counts {
		h.objects = append(h.objects, float64(n-min(n, gone.Counts[i])))
	}
	return h
}

// class is the size of objects of a type, as an index.
func (h *heap) class(t reflect.Type) int {
	size := float64(t.Size())
	if size > headed {
		size += header
	}
	for i := range h.objects {
		if size < h.least[i+1] || math.IsInf(h.least[i+1], 1) {
			return i
		}
	}
	return len(h.objects) - 1
}
