// Command loop is in one loop from beginning to end.
package main

import (
	"bufio"
	"fmt"
	"os"
	"sync/atomic"
)

const release = 1

var (
	turns atomic.Int64
	at    atomic.Int64 // the release
)

func mix(a, b uint64) uint64 { return a ^ b<<5 ^ a>>3 }

// loop never returns: an update finds it in the middle.
func loop(table []uint64) {
	for i := uint64(1); ; i++ {
		sum := i
		for k := range table {
			sum = mix(sum, table[k])
			if sum%1021 == 0 {
				table[k]++
			}
		}
		table[i%uint64(len(table))] = sum
		turns.Add(1)
		at.Store(release)
	}
}

func main() {
	go loop(make([]uint64, 512))
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		fmt.Println(turns.Load(), at.Load())
	}
}
