// Who called is answered as in the plain program at every depth: no frame shows twice because it was captured and
// rebuilt, and a pending call shows its line.
package main

import (
	"fmt"
	"path/filepath"
	rt "runtime"
	"strings"
)

// pause is where the program can be stopped for an update: a blocking operation.
//
//go:noinline
func pause() {
	c := make(chan int, 1)
	c <- 1
	<-c
}

// name is a frame as it is printed; below main it is the Go runtime's.
func name(function, file string, line int) string {
	if !strings.HasPrefix(function, "main.") {
		return function
	}
	return fmt.Sprintf("%s %v:%d", function, strings.HasSuffix(filepath.Base(file), ".go"), line)
}

// show prints the callers at every depth, asked for one by one and at once.
//
//go:noinline
func show(what string) {
	pause()
	fmt.Println(what)
	for skip := -1; skip <= 5; skip++ {
		pc, file, line, ok := rt.Caller(skip)
		if !ok {
			fmt.Println(" caller", skip, ok, pc, file, line)
			continue
		}
		f := rt.FuncForPC(pc)
		fmt.Println(" caller", skip, f.Name(), name(f.Name(), file, line))
	}
	for _, skip := range []int{-1, 0, 1, 2, 4, 100} {
		for _, n := range []int{0, 1, 2, 40} {
			pcs := make([]uintptr, n)
			pcs = pcs[:rt.Callers(skip, pcs)]
			var l []string
			for fs := rt.CallersFrames(pcs); ; {
				f, more := fs.Next()
				if f.Function == "runtime.Callers" || f.Function != "" && !strings.HasPrefix(f.Function, "runtime.") {
					l = append(l, name(f.Function, f.File, f.Line))
				}
				if !more {
					break
				}
			}
			fmt.Println(" callers", skip, n, len(pcs), strings.Join(l, ", "))
		}
	}
}

func outer(n int) int {
	s := 0
	for i := range n {
		middle(i)
		s += i
	}
	show("outer")
	return s
}

func middle(n int) {
	pause()
	defer func() {
		pause()
		show("deferred in middle")
	}()
	show("middle")
}

type t struct{ n int }

func (t t) value(k int) { pause(); inlined(k); show("value") }
func (t *t) pointer(k int) {
	pause()
	f := func() {
		pause()
		t.value(k)
		show("closure in pointer")
	}
	f()
}

// inlined is small enough for the compiler to give its caller a copy.
func inlined(k int) { show("inlined") }

type shower interface{ value(k int) }

type embeds struct{ *t }

func generic[T any](v T, n int) {
	pause()
	if n > 0 {
		generic(v, n-1)
		return
	}
	show("generic")
	func() {
		pause()
		show("literal in generic")
	}()
}

// values are asked through variables.
var caller, callers = rt.Caller, rt.Callers

func asked() (lines []int) {
	pause()
	func() {
		pause()
		for i := range 3 {
			_, _, line, _ := caller(i)
			lines = append(lines, line)
		}
		var pcs [8]uintptr
		lines = append(lines, callers(0, pcs[:]))
	}()
	f := rt.Caller
	_, _, line, ok := f(1)
	fmt.Println(line, ok)
	return lines
}

// leaf does nothing but ask.
func leaf() (line int) { _, _, line, _ = rt.Caller(1); return line }

func panics() {
	defer func() {
		pause()
		fmt.Println(recover())
		show("deferred, panicking")
	}()
	pause()
	func() {
		pause()
		var m map[int]int
		m[0]++
	}()
}

func main() {
	defer func() {
		show("deferred in main")
	}()
	pause()
	fmt.Println(outer(2))
	(&t{1}).pointer(2)
	shower(embeds{&t{2}}).value(3)
	generic("a", 2)
	generic(1, 0)
	fmt.Println(asked())
	fmt.Println(leaf(),
		leaf())
	pause()
	panics()
	done := make(chan bool)
	go func() {
		defer close(done)
		pause()
		outer(1)
	}()
	<-done
	func() {
		pause()
		show("literal that spans lines")
	}()
	func(
		a int,
		f func(),
	) {
		pause()
		f()
	}(
		leaf(),
		func() {
			pause()
			show("literal in a call's arguments")
		},
	)
}
