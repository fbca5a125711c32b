// Command everywhere has a goroutine standing in every kind of place. Each prints
// where it goes on, and what its locals hold, when it is let go.
package main

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"os"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
)

// old counts the statements that ran in release 1's code; no other release adds
// to it.
var old atomic.Int64

var (
	mu    sync.Mutex
	lines []string
	held  sync.Mutex
	gate  = make(chan struct{})
	ready sync.WaitGroup
	done  sync.WaitGroup
	busy  atomic.Bool
	spins atomic.Int64
)

func leaf(n int) int {
	old.Add(1)
	return n + 1
}

func say(format string, args ...any) {
	old.Add(1)
	mu.Lock()
	lines = append(lines, fmt.Sprintf("r1 "+format, args...))
	mu.Unlock()
}

// wait is where every goroutine stands.
func wait() {
	ready.Done()
	<-gate
	old.Add(1)
}

func middle(n int, s string) string {
	local := n * 2
	if n == 3 {
		wait()
		say("bottom %d %d %s", n, local, s)
		return s
	}
	r := middle(n+1, s+"+")
	say("middle %d %d %s", n, local, s)
	return r + fmt.Sprint(leaf(n))
}

func closure() {
	shared := 10
	f := func(k int) {
		mine := k * 3
		wait()
		shared += mine
		say("closure %d %d", mine, shared)
	}
	f(4)
	say("shared %d", shared)
}

func deferred() (err error) {
	x := "kept"
	defer func() {
		say("deferred %s %v", x, err)
	}()
	wait()
	x += "!"
	return fmt.Errorf("result")
}

func underSort() {
	l := []int{3, 1, 2}
	once := true
	sort.Slice(l, func(i, j int) bool {
		if once {
			once = false
			wait()
			say("less %d %d", i, j)
		}
		return l[i] < l[j]
	})
	say("sorted %v", l)
}

type handler struct{ name string }

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query().Get("q")
	wait()
	say("handler %s %s", h.name, q)
	fmt.Fprintf(w, "answer %s", q)
}

func underHTTP(addr string) {
	resp, err := http.Get("http://" + addr + "/?q=asked")
	if err != nil {
		say("http %v", err)
		return
	}
	defer resp.Body.Close()
	b, _ := bufio.NewReader(resp.Body).ReadString('\n')
	say("client %s", b)
}

func selecting(a, b chan int) {
	ready.Done()
	sum, g := 100, gate
	for sum < 103 {
		select {
		case v := <-a:
			sum += v
			say("select a %d", sum)
		case b <- sum:
			say("select b")
		case <-g:
			g = nil
			a <- 3
		}
	}
	say("selected %d", sum)
}

func holding() {
	held.Lock()
	x := 7
	wait()
	x++
	say("holding %d", x)
	held.Unlock()
}

func contending() {
	ready.Done()
	y := 8
	held.Lock()
	say("contending %d", y)
	held.Unlock()
}

func deep(n int) int {
	if n == 0 {
		wait()
		return leaf(0)
	}
	return deep(n-1) + 1
}

func running() {
	ready.Done()
	n := 0
	for busy.Load() {
		n++
		spins.Add(1)
	}
	say("running %t", n > 0)
}

func ranging(m map[string]int) {
	ready.Done()
	sum := 0
	for k, v := range m {
		<-gate
		sum += v + len(k)
	}
	say("ranged %d", sum)
}

func start(n int, f func()) {
	ready.Add(leaf(n) - 1)
	done.Add(1)
	go func() {
		defer done.Done()
		f()
	}()
}

// long runs without a point for as long as it is told.
func long(n int) (x int) {
	for i := 0; i < n; i++ {
		x += i ^ x
	}
	return x
}

func main() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	go http.Serve(l, &handler{"h"})
	busy.Store(true)
	a, b := make(chan int, 1), make(chan int)
	start(1, func() { say("result %s", middle(0, "s")) })
	start(1, closure)
	start(1, func() { say("returned %v", deferred()) })
	start(1, underSort)
	start(1, func() { underHTTP(l.Addr().String()) })
	start(1, func() { selecting(a, b) })
	start(1, holding)
	ready.Wait()
	start(1, contending)
	start(1, func() { say("depth %d", deep(10000)) })
	start(1, running)
	start(1, func() { ranging(map[string]int{"a": 1, "bb": 2, "ccc": 3}) })
	ready.Wait()
	fmt.Println("ready")
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		switch cmd := in.Text(); cmd {
		case "old":
			fmt.Println("old", old.Load())
		case "long":
			go long(1 << 33)
			fmt.Println("started")
		case "spins":
			fmt.Println("spins", spins.Load() > 0)
		case "go":
			busy.Store(false)
			close(gate)
			done.Wait()
			sort.Strings(lines)
			fmt.Println(strings.Join(lines, "\n"))
			fmt.Println("end")
		default:
			fmt.Println("unknown", cmd)
		}
	}
}
