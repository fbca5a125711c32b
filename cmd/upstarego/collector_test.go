package main

import (
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

// percent is what the collector is set to.
func percent() int {
	p := debug.SetGCPercent(-1)
	debug.SetGCPercent(p)
	return p
}

// The collector is left alone while the heap is small, and not if it is large or if the
// user has set it.
func TestRelaxCollector(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	t.Setenv("GOGC", "100")
	if relaxCollector(); percent() != 100 {
		t.Errorf("GOGC is set, and the collector is at %d", percent())
	}
	t.Setenv("GOGC", "")
	if relaxCollector(); percent() != relaxed {
		t.Errorf("the collector is at %d", percent())
	}
	for range 3 {
		runtime.GC()
	}
	if percent() != relaxed {
		t.Errorf("with a small heap the collector is at %d", percent())
	}
	large := make([]*int, (small+small/4)/8)
	for range 1000 {
		runtime.GC()
		if percent() == 100 {
			break
		}
		time.Sleep(time.Millisecond) // finalizers run by themselves
	}
	if percent() != 100 {
		t.Errorf("with a large heap the collector is at %d", percent())
	}
	runtime.KeepAlive(large)
}
