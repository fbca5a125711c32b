// Command parked has goroutines that wait.
package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
)

const release = 1

var (
	gate    = make(chan struct{})
	waiting atomic.Int64
	woken   sync.WaitGroup
	in      [3]atomic.Int64 // how many goroutines went on in each release
)

func wait(i int) {
	waiting.Add(1)
	<-gate
	in[release].Add(1)
	woken.Done()
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var cmd string
		var n int
		fmt.Sscan(lines.Text(), &cmd, &n)
		switch cmd {
		case "begin":
			woken.Add(n)
			for i := range n {
				go wait(i)
			}
			for waiting.Load() < int64(n) {
				runtime.Gosched()
			}
			runtime.GC()
			fmt.Println(n)
		case "wake":
			close(gate)
			woken.Wait()
			fmt.Println(in[n].Load())
		}
	}
}
