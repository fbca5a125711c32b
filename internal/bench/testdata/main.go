// Every benchmark is this file and one more, which has work: n rounds, and a result that shows they were done.
package main

import (
	"encoding/json"
	"os"
	"runtime"
	"strconv"
	"time"
)

func main() {
	n, err := strconv.Atoi(os.Args[1])
	if err != nil {
		panic(err)
	}
	work(1) // what the first call sets up does not count
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	result := work(n)
	took := time.Since(start)
	runtime.ReadMemStats(&after)
	json.NewEncoder(os.Stdout).Encode(map[string]any{
		"result": result,
		"ns":     took.Nanoseconds(),
		"allocs": after.Mallocs - before.Mallocs,
		"bytes":  after.TotalAlloc - before.TotalAlloc,
	})
}
