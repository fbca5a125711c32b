// Package probe answers, on the unix socket that SOAK_PROBE names, what a process
// costs just now. The soak links it into its programs: it is foreign code there, and
// the program's own code is what it is without it.
package probe

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"runtime"
	"runtime/metrics"
	"runtime/pprof"
	"time"
)

// Cost is the answer.
type Cost struct {
	HeapLive   uint64 `json:"heap_live"`  // bytes that a garbage collection has marked
	GC         int64  `json:"gc_ns"`      // of three collections asked for, the shortest
	Unwind     int64  `json:"unwind_ns"`  // of nine walks over all stacks, the shortest
	Goroutines int    `json:"goroutines"` // how many these had
}

func init() {
	if os.Getenv("SOAK_HEAP") != "" {
		runtime.MemProfileRate = 1 // half a kilobyte an update is not seen in samples
	}
	path := os.Getenv("SOAK_PROBE")
	if path == "" {
		return
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		fmt.Fprintln(os.Stderr, "probe:", err)
		os.Exit(1)
	}
	go serve(l)
}

func serve(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		json.NewEncoder(c).Encode(measure())
		c.Close()
		profile()
	}
}

// profile leaves what the heap is made of in the file that SOAK_HEAP names.
func profile() {
	path := os.Getenv("SOAK_HEAP")
	if path == "" {
		return
	}
	f, err := os.Create(path)
	if err != nil {
		fmt.Fprintln(os.Stderr, "probe:", err)
		return
	}
	pprof.WriteHeapProfile(f)
	f.Close()
}

func measure() Cost {
	c := Cost{GC: 1 << 62, Unwind: 1 << 62}
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	c.HeapLive = 1 << 62
	for range 3 {
		began := time.Now()
		runtime.GC()
		c.GC = min(c.GC, int64(time.Since(began)))
		metrics.Read(live)
		c.HeapLive = min(c.HeapLive, live[0].Value.Uint64())
	}
	stacks := make([]runtime.StackRecord, 2*runtime.NumGoroutine()+100)
	for range 9 {
		began := time.Now()
		n, ok := runtime.GoroutineProfile(stacks)
		if ok {
			c.Unwind, c.Goroutines = min(c.Unwind, int64(time.Since(began))), n
		}
	}
	return c
}
