// Panics and Goexit that cross foreign frames: out of a callback, through the library, into own code.
package main

import (
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"slices"
	"sort"
	"strings"
	"sync"
	"testing/fstest"
)

// pause is where the program can be stopped for an update: a blocking operation.
//
//go:noinline
func pause() {
	c := make(chan int, 1)
	c <- 1
	<-c
}

func try(name string, f func()) {
	defer func() {
		pause()
		fmt.Println(name, "->", recover())
	}()
	f()
	fmt.Println(name, "returned")
}

type reader struct{ n int }

func (r *reader) Read(p []byte) (int, error) {
	pause()
	r.n++
	if r.n == 3 {
		panic("third read")
	}
	p[0] = byte('0' + r.n)
	return 1, nil
}

type bad struct{ v string }

func (b bad) String() string { pause(); panic("String of " + b.v) }

var errStop = errors.New("stop")

func main() {
	try("sort.Slice", func() {
		s := []int{3, 1, 2}
		defer func() { pause(); fmt.Println("deferred", len(s)) }()
		sort.Slice(s, func(i, j int) bool { pause(); panic(fmt.Sprint("less ", len(s))) })
	})
	try("recovered inside", func() {
		s := []int{3, 1, 2}
		n := 0
		slices.SortFunc(s, func(a, b int) (c int) {
			defer func() {
				pause()
				if recover() != nil {
					n++
					c = a - b
				}
			}()
			pause()
			panic("compare")
		})
		fmt.Println(s, n > 0)
	})
	try("strings.Map", func() {
		strings.Map(func(r rune) rune {
			pause()
			if r == 'c' {
				panic(string(r))
			}
			return r
		}, "abcd")
	})
	try("fmt recovers", func() {
		s := fmt.Sprintf("%v %d", bad{"x"}, 5)
		pause()
		fmt.Println(s)
	})
	try("fmt, nil receiver", func() { fmt.Println(fmt.Sprint((*bad)(nil))) })
	var once sync.Once
	for range 2 {
		try("once", func() { once.Do(func() { pause(); panic("in once") }) })
	}
	f := sync.OnceValue(func() int { pause(); panic("once value") })
	for range 2 {
		try("once value", func() { f() })
	}
	try("reader", func() {
		r := &reader{}
		buf := make([]byte, 8)
		for {
			n, _ := r.Read(buf)
			fmt.Print(string(buf[:n]), " ")
		}
	})
	try("walk", func() {
		tree := fstest.MapFS{"a/b": {}, "a/c": {}, "d": {}}
		err := fs.WalkDir(tree, ".", func(path string, d fs.DirEntry, err error) error {
			pause()
			fmt.Print(path, " ")
			if path == "a/c" {
				return errStop
			}
			return nil
		})
		fmt.Println(err == errStop)
		fs.WalkDir(tree, ".", func(path string, d fs.DirEntry, err error) error {
			pause()
			if path == "d" {
				panic("at d")
			}
			return nil
		})
	})
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		defer func() { pause(); fmt.Println("goexit", recover()) }()
		sort.Slice([]int{2, 1}, func(i, j int) bool {
			defer func() { pause(); fmt.Println("leaving callback") }()
			pause()
			runtime.Goexit()
			return true
		})
	}()
	wg.Wait()
}
