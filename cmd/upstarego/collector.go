package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

const (
	relaxed = 400       // percent
	small   = 256 << 20 // live heap that may grow by so much
)

// relaxCollector lets the heap grow by more than Go's collector does, as long as it is
// small: most commands are done before it matters. GOGC says otherwise if it is set.
func relaxCollector() {
	if os.Getenv("GOGC") != "" {
		return
	}
	debug.SetGCPercent(relaxed)
	var watch func(*[16]byte)
	watch = func(*[16]byte) { // after each collection
		live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		if metrics.Read(live); live[0].Value.Kind() != metrics.KindUint64 || live[0].Value.Uint64() > small {
			debug.SetGCPercent(100)
			return
		}
		runtime.SetFinalizer(new([16]byte), watch)
	}
	runtime.SetFinalizer(new([16]byte), watch)
}
