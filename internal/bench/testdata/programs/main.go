// Command programs runs one of the programs beside it, measured from inside: programs NAME ROUNDS.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"time"
)

// cpu is what the process has had of processors.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: programs NAME ROUNDS")
		os.Exit(2)
	}
	work := programs[os.Args[1]]
	if work == nil {
		fmt.Fprintf(os.Stderr, "no program %q\n", os.Args[1])
		os.Exit(2)
	}
	n, err := strconv.Atoi(os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	work(1) // what the first call sets up does not count
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start, used := time.Now(), cpu()
	result := work(n)
	took := time.Since(start)
	used = cpu() - used
	runtime.ReadMemStats(&after)
	json.NewEncoder(os.Stdout).Encode(map[string]any{
		"result": result,
		"ns":     took.Nanoseconds(),
		"cpu":    used.Nanoseconds(),
		"allocs": after.Mallocs - before.Mallocs,
		"bytes":  after.TotalAlloc - before.TotalAlloc,
	})
}
