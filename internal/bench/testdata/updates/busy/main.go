// Command busy has goroutines that all want to run, all the time.
package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"sync/atomic"
)

const release = 1

// in has, for each goroutine, the release that it was last in.
var in []atomic.Int64

// step keeps a goroutine busy for a microsecond.
func step(seed uint64) uint64 {
	for range 500 {
		seed ^= seed << 13
		seed ^= seed >> 7
		seed ^= seed << 17
	}
	return seed
}

// work never waits, and lets others run: else it would be seconds until each of many has had a turn, update or not.
func work(i int) {
	for seed := uint64(i + 1); ; seed = step(seed) {
		in[i].Store(release)
		runtime.Gosched()
	}
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var cmd string
		var n int
		fmt.Sscan(lines.Text(), &cmd, &n)
		switch cmd {
		case "begin":
			in = make([]atomic.Int64, n)
			for i := range n {
				go work(i)
			}
			fmt.Println(n)
		case "in": // how many goroutines have been in this release
			there := 0
			for i := range in {
				if in[i].Load() == int64(n) {
					there++
				}
			}
			fmt.Println(there)
		}
	}
}
