// A uintptr keeps nothing alive. The compiler treats conversions from and to unsafe.Pointer apart where they stand in
// the expression of a call: pausing must not pull the two apart.
package main

import (
	"fmt"
	"reflect"
	"runtime"
	"syscall"
	"time"
	"unsafe"
)

func pause(n int) int {
	time.Sleep(time.Microsecond)
	runtime.GC()
	return n
}

func word(s string) unsafe.Pointer {
	p := &s
	runtime.SetFinalizer(p, func(p *string) { *p = "collected" })
	pause(0)
	return unsafe.Pointer(p)
}

//go:noinline
//go:uintptrescapes
func read(out *[]string, what string, p, q uintptr, rest ...uintptr) {
	sum := *(*string)(unsafe.Pointer(p)) + *(*string)(unsafe.Pointer(q))
	for _, r := range rest {
		sum += *(*string)(unsafe.Pointer(r))
	}
	*out = append(*out, what+": "+sum)
}

func grow(n int) int {
	var a [64]int
	if n == 0 {
		return pause(1)
	}
	a[n%64] = grow(n - 1)
	return a[n%64] + 1
}

func pipe() {
	var fds [2]int
	if err := syscall.Pipe(fds[:]); err != nil {
		panic(err)
	}
	go func() {
		pause(0)
		syscall.Write(fds[1], []byte("hello"))
	}()
	var buf [8]byte
	n, _, errno := syscall.Syscall(syscall.SYS_READ, uintptr(fds[0]), uintptr(unsafe.Pointer(&buf)), uintptr(pause(len(buf))))
	fmt.Println(n, errno, string(buf[:n]))
}

func main() {
	var out []string
	read(&out, "call", uintptr(word("a")), uintptr(word("b")), uintptr(word("c")))
	done := make(chan bool)
	go func() {
		defer close(done)
		defer read(&out, "defer", uintptr(word("d")), uintptr(word("e")), uintptr(word("f")), uintptr(word("g")))
		for i := range 2 {
			defer read(&out, "in a loop", uintptr(word("h")), uintptr(word(fmt.Sprint(i))))
		}
		pause(0)
	}()
	<-done
	fmt.Println(out)
	pipe()
	fmt.Println(grow(100))
	n := 10
	v := reflect.ValueOf(&n)
	fmt.Println(*(*int)(unsafe.Pointer(v.Elem().UnsafeAddr())), pause(2))
	add := func(p unsafe.Pointer, by int) int { return *(*int)(p) + by }
	fmt.Println(add(unsafe.Pointer(v.Pointer()), pause(3)))
}
