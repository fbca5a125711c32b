package reserve

import (
	"os"
	"runtime"
	"runtime/debug"
	"syscall"
	"testing"
)

// faults is how many pages the system has given to this process.
func faults(t testing.TB) int {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return int(u.Minflt)
}

type small struct {
	next *small
	data [5]int
}

func list(n int) (first *small) {
	for range n {
		first = &small{next: first}
	}
	return first
}

// TestTouch: many small objects find their pages there.
func TestTouch(t *testing.T) {
	const n = 1_000_000
	pages := n * 48 / os.Getpagesize()
	count := func(touch uint64) int {
		debug.FreeOSMemory() // nothing is left of what was before
		defer debug.SetGCPercent(debug.SetGCPercent(-1))
		if touched := Touch(touch); touched > touch || touched < touch/2 {
			t.Errorf("%d bytes were touched of %d", touched, touch)
		}
		before := faults(t)
		l := list(n)
		defer runtime.KeepAlive(l)
		return faults(t) - before
	}
	if without := count(0); without < pages*3/4 {
		t.Skipf("the system gives more than a page at a time: %d for %d", without, pages)
	}
	if with := count(n * 64); with > pages/4 {
		t.Errorf("%d pages of %d were not there", with, pages)
	}
}

// TestTouchNearALimit: what would come near to a limit is left.
func TestTouchNearALimit(t *testing.T) {
	debug.FreeOSMemory()
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(64 << 20))
	if n := Touch(1 << 30); n > 32<<20 {
		t.Errorf("%d bytes were touched where 64 MB are the limit", n)
	}
}

// BenchmarkTouched is to make many small objects, in memory that was touched before and in
// memory that the system gives page by page.
func BenchmarkTouched(b *testing.B) {
	const n = 500_000
	for _, touched := range []bool{false, true} {
		b.Run(map[bool]string{false: "page by page", true: "touched"}[touched], func(b *testing.B) {
			defer debug.SetGCPercent(debug.SetGCPercent(-1))
			for b.Loop() {
				b.StopTimer()
				debug.FreeOSMemory()
				if touched {
					Touch(n * 64)
				}
				b.StartTimer()
				runtime.KeepAlive(list(n))
			}
		})
	}
}
