// Predeclared names may be declared again for a whole package: what the tool adds means the predeclared ones.
package main

import (
	"fmt"
	"os"
	"time"
	"unsafe"
)

type bool struct{ yes int }

type string []byte

var nil = &bool{1}

const true, false = "wahr", "falsch"

type error int32

type int8 struct{ n int }

func pair() (int8, error) {
	time.Sleep(time.Microsecond)
	return int8{7}, error(4)
}

func len(n int) int { return -n }

func append(s string, b ...byte) string { return s[:copy(s, b)] }

func new(n int) (old *int) {
	defer func() {
		time.Sleep(time.Microsecond)
		*old++
	}()
	old = &n
	return
}

func panic(n int) int {
	for i := range n {
		time.Sleep(time.Microsecond)
		if i == 2 {
			return len(i)
		}
	}
	return n
}

func main() {
	s := string("abc")
	local := func() *bool {
		time.Sleep(time.Microsecond)
		return nil
	}
	fmt.Println(panic(5), *new(4), append(s, 'x')[0], true, false)
	fmt.Printf("%T %T %v\n", s, *local(), *local())
	fmt.Println(pair())
	f, err := os.Open("/no/such/file")
	time.Sleep(time.Microsecond)
	fmt.Println(f == (*os.File)(unsafe.Pointer(uintptr(0))), err)
	defer func() {
		fmt.Println(recover())
	}()
	var m map[int]int
	time.Sleep(time.Microsecond)
	m[len(1)]++
}
