// Command deep has goroutines at the end of several calls, all of which want to run.
package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"slices"
	"sync/atomic"
	"time"
)

const release = 1

var (
	all     int64
	arrived [3]atomic.Int64 // how many goroutines have been in each release
	last    [3]atomic.Int64 // when the last of them came, Unix nanoseconds
	rounds  atomic.Int64
)

// deep has frames with something in them: each needs its own after the call.
func deep(level, a, b int) int {
	if level > 1 {
		return deep(level-1, a+level, b^a) + a*b
	}
	for here := 0; ; {
		if here != release {
			here = release
			if arrived[release].Add(1) == all {
				last[release].Store(time.Now().UnixNano())
			}
		}
		rounds.Add(1)
		runtime.Gosched()
	}
}

// occupy is in one call of foreign code after the other, each of which takes its time and is not a wait: a stop lasts
// until it is over, and all others have come to a point by then.
func occupy(numbers []int) {
	for {
		for i := range numbers {
			numbers[i] = i * 7919 % len(numbers)
		}
		slices.Sort(numbers)
	}
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var cmd string
		var n, levels int
		fmt.Sscan(lines.Text(), &cmd, &n, &levels)
		switch cmd {
		case "begin":
			all = int64(n)
			for i := range n {
				go deep(levels, i, i+1)
			}
			for arrived[1].Load() < all {
				time.Sleep(time.Millisecond)
			}
			fmt.Println(n)
		case "occupy":
			go occupy(make([]int, n))
			fmt.Println(n)
		case "last": // when all of them were in this release
			for arrived[n].Load() < all {
				time.Sleep(time.Millisecond)
			}
			fmt.Println(last[n].Load())
		case "round": // how long it takes until each of them has had a turn
			began, from := time.Now(), rounds.Load()
			for rounds.Load() < from+all {
				time.Sleep(time.Millisecond)
			}
			fmt.Println(time.Since(began).Nanoseconds())
		}
	}
}
