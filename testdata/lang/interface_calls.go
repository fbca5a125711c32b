// Calls through interfaces: embedded interfaces, values and pointers in them, nil inside, comparison, conversion.
package main

import (
	"errors"
	"fmt"
	"io"
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

type namer interface{ name() string }
type sized interface{ size() int }
type both interface {
	namer
	sized
}
type file struct{ n string }
type dir struct {
	file
	entries []namer
}
type ptr int

func (f file) name() string { pause(); return f.n }
func (f file) size() int    { pause(); return len(f.n) }
func (d *dir) size() int {
	sum := 0
	for _, e := range d.entries {
		if s, ok := e.(sized); ok {
			sum += s.size()
		}
		pause()
	}
	return sum
}
func (p *ptr) name() string { pause(); return fmt.Sprint("ptr ", p == nil) }

type failure struct{ code int }

func (f *failure) Error() string { pause(); return fmt.Sprint("failure ", f.code) }

func mayFail(n int) error {
	pause()
	if n > 0 {
		return &failure{n}
	}
	return nil
}

type wrapper struct{ namer }

func (w wrapper) name() string { pause(); return "<" + w.namer.name() + ">" }

type slow struct{ r io.Reader }

func (s slow) Read(p []byte) (int, error) { pause(); return s.r.Read(p[:min(len(p), 3)]) }

func main() {
	d := &dir{file{"root"}, nil}
	d.entries = append(d.entries, file{"a"}, &dir{file{"sub"}, []namer{file{"xyz"}, new(ptr)}}, wrapper{file{"w"}}, (*ptr)(nil))
	var b both = d
	fmt.Println(b.name(), b.size())
	for i, e := range d.entries {
		fmt.Println(i, e.name())
	}
	var n namer = b
	_, isBoth := n.(both)
	fmt.Println(isBoth, n == b, namer(file{"a"}) == d.entries[0], n.(*dir).file.size())
	err := mayFail(3)
	var f *failure
	fmt.Println(errors.As(fmt.Errorf("wrap: %w", err), &f), f.code, mayFail(0) == nil)
	all, err := io.ReadAll(slow{strings.NewReader("the quick brown fox")})
	fmt.Println(string(all), err)
	fmt.Println(fmt.Sprintf("%v %s", f, &failure{9}))
	func() {
		defer func() { fmt.Println("recovered", recover()) }()
		var none namer
		pause()
		none.name()
	}()
}
