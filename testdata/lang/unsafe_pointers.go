// unsafe within functions that may stop: pointers into boxed locals, sizes and offsets, slices and strings over
// arrays, pointer arithmetic on both sides of an update point.
package main

import (
	"fmt"
	"runtime"
	"unsafe"
)

// pause is where the program can be stopped for an update: a blocking operation.
//
//go:noinline
func pause() {
	c := make(chan int, 1)
	c <- 1
	<-c
}

type header struct {
	kind byte
	n    int32
	tail [4]uint16
}

func fields(h *header) (sum int) {
	p := unsafe.Pointer(h)
	n := (*int32)(unsafe.Add(p, unsafe.Offsetof(h.n)))
	pause()
	*n += 5
	for i := range h.tail {
		q := (*uint16)(unsafe.Pointer(uintptr(p) + unsafe.Offsetof(h.tail) + uintptr(i)*unsafe.Sizeof(h.tail[0])))
		pause()
		*q += uint16(i)
		runtime.GC()
		sum += int(*q)
	}
	return sum + int(*n)
}

func main() {
	h := header{kind: 1, n: 2, tail: [4]uint16{10, 20, 30, 40}}
	fmt.Println(fields(&h), h)

	var a [8]int32
	base := unsafe.Pointer(&a)
	s := unsafe.Slice((*int32)(base), len(a))
	pause()
	for i := range s {
		s[i] = int32(i * i)
		pause()
	}
	fmt.Println(a, len(s), cap(s), unsafe.SliceData(s) == &a[0])

	b := []byte("hello")
	str := unsafe.String(&b[0], len(b))
	pause()
	b[0] = 'j'
	pause()
	fmt.Println(str, *unsafe.StringData(str), unsafe.Sizeof(str), unsafe.Alignof(h.n))

	f := 1.5
	bits := *(*uint64)(unsafe.Pointer(&f))
	pause()
	*(*uint64)(unsafe.Pointer(&f)) = bits | 1<<63
	fmt.Println(f, bits)

	const size = unsafe.Sizeof(header{})
	var raw [size]byte
	pause()
	view := (*header)(unsafe.Pointer(&raw))
	pause()
	view.kind = 7
	pause()
	fmt.Println(raw[0], size)
	distance := uintptr(unsafe.Pointer(&a[5])) - uintptr(unsafe.Pointer(&a[2]))
	pause()
	fmt.Println(distance)
}
