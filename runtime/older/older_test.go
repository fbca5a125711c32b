package older

import (
	"sync/atomic"
	"testing"

	"github.com/upstarego/upstarego/runtime"
)

// Costs in an update's code are those of a build in which seen.go says true:
//
//	echo '{"Replace": {"seen.go": "/tmp/seen.go"}}' >/tmp/overlay.json
//	echo 'package older; const Seen = true' >/tmp/seen.go
//	go test -ldflags=-checklinkname=0 -overlay /tmp/overlay.json -bench . ./runtime/older

type (
	a struct{ n int }
	b struct{ n int }
	c interface{ C() int }
)

func (b *b) C() int { return b.n }

func plainLeaf(x any) *a { return x.(*a) }
func leaf(x any) *a      { return Any(x).(*a) }

var (
	things = []any{&a{1}, &b{2}, &a{3}, "s", &b{4}, 5, &a{6}, &b{7}}
	sum    int
)

func plainSwitch() (s int) {
	for _, x := range things {
		switch x := x.(type) {
		case *a:
			s += x.n
		case int:
			s += x
		case *b:
			s += x.n
		}
	}
	return s
}

func switches() (s int) {
	for _, x := range things {
		switch x := Any(x).(type) {
		case *a:
			s += x.n
		case int:
			s += x
		case *b:
			s += x.n
		}
	}
	return s
}

func benchmarks(b *testing.B) {
	b.Run("leaf/plain", func(b *testing.B) {
		for i := range b.N {
			sum += plainLeaf(things[i%2*2]).n
		}
	})
	b.Run("leaf/brought", func(b *testing.B) {
		for i := range b.N {
			sum += leaf(things[i%2*2]).n
		}
	})
	b.Run("switch8/plain", func(b *testing.B) {
		for range b.N {
			sum += plainSwitch()
		}
	})
	b.Run("switch8/brought", func(b *testing.B) {
		for range b.N {
			sum += switches()
		}
	})
	b.Run("iface/plain", func(b *testing.B) {
		for i := range b.N {
			x, _ := things[i&7].(c)
			if x != nil {
				sum++
			}
		}
	})
	b.Run("iface/brought", func(b *testing.B) {
		for i := range b.N {
			x, _ := Any(things[i&7]).(c)
			if x != nil {
				sum++
			}
		}
	})
}

func Benchmark(b *testing.B) {
	b.Run("same", benchmarks)
	runtime.ServeOlder(func(x any, _ *atomic.Uint32) (any, bool, bool) { return nil, false, true })
	b.Run("changed", benchmarks)
}
