// Assertions and type switches in functions with and without update points: what they find, what they
// panic with and where, and what calls the methods of errors that are asked for.
package main

import (
	"errors"
	"fmt"
	"io"
	"runtime"
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

type animal interface{ legs() int }
type cat struct{ name string }
type bird [2]int
type anything interface{}
type box[T any] struct{ v T }

func (c *cat) legs() int { return 4 }
func (b bird) legs() int { return 2 }

// Leaves.
func asCat(x any) *cat          { return x.(*cat) }
func isCat(x animal) bool       { _, ok := x.(*cat); return ok }
func as[T any](x any) (T, bool) { v, ok := x.(T); return v, ok }
func must[T any](x any) T       { return x.(T) }
func size[T int8 | string](x T) string {
	switch v := any(x).(type) {
	case string:
		return "string " + v
	}
	return fmt.Sprintf("%T", x)
}
func kind[T any](x T) string {
	switch any(x).(type) {
	case nil:
		return "nil"
	case animal:
		return "animal"
	case *box[T]:
		return "box"
	}
	return "other"
}

// What has no call in it is a constant.
var nobody any

const wings = len(nobody.(bird))

// where names the function and line in which a panic has come up.
func where() string {
	pcs := make([]uintptr, 20)
	fs := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs)])
	panicked := false
	for {
		f, more := fs.Next()
		if panicked && !strings.HasPrefix(f.Function, "runtime.") {
			return fmt.Sprint(f.Function, ":", f.Line)
		}
		panicked = panicked || f.Function == "runtime.gopanic"
		if !more {
			return "?"
		}
	}
}

func try(name string, f func() any) {
	defer func() {
		if r := recover(); r != nil {
			err, ok := r.(*runtime.TypeAssertionError)
			fmt.Println(name, r, ok, ok && error(err) == r, where())
		}
	}()
	fmt.Println(name, f())
}

//go:noinline
func give(x any) any {
	fmt.Print("(given) ")
	return x
}

// chain is an error that tells who asks.
type chain struct {
	in   error
	name string
}

func (c *chain) Error() string { return c.name }
func (c *chain) Unwrap() error { return c.in }
func (c *chain) Is(err error) bool {
	callers("Is")
	return err == io.EOF
}

func (c *chain) As(x any) bool {
	callers("As")
	return false
}

func callers(what string) {
	pcs := make([]uintptr, 20)
	fs := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)])
	for {
		f, more := fs.Next()
		fmt.Print(what, " ", f.Function, "; ")
		if !more || f.Function == "main.main" {
			fmt.Println()
			return
		}
	}
}

type list []error

func (l list) Error() string   { return "list" }
func (l list) Unwrap() []error { return l }

func main() {
	tom := &cat{"tom"}
	var a animal = tom
	var none animal
	var x anything = tom
	var err error = &chain{list{nil, io.ErrUnexpectedEOF, &chain{nil, "inner"}}, "outer"}
	for i, f := range []func() any{
		func() any { return asCat(tom).name },
		func() any { return asCat(bird{}) },
		func() any { return asCat(nil) },
		func() any { return isCat(a) },
		func() any { return isCat(none) },
		func() any { return a.(bird)[0] },
		func() any { return none.(bird) },
		func() any { return x.(animal).(*cat).name },
		func() any { return x.(anything).(fmt.Stringer) },
		func() any { return x.(interface{ legs() string }) },
		func() any { return x.(bird) },
		func() any { return (x).(*cat).name },
		func() any { return any(tom).(bird) },
		func() any { return give(tom).(*cat).name },
		func() any {
			return give(
				bird{1},
			).(bird)[0]
		},
		func() any { return must[*cat](tom).name },
		func() any { return must[bird](tom) },
		func() any { return must[*box[string]](&box[int]{}) },
		func() any { return must[animal](box[cat]{}) },
		func() any { v, ok := as[animal](bird{}); return fmt.Sprint(v, ok) },
		func() any { v, ok := as[bird](nil); return fmt.Sprint(v, ok) },
		func() any { return size("s") + size(int8(1)) },
		func() any { return kind(tom) + kind[any](nil) + kind[any](bird{}) + kind(3) },
		func() any {
			var m = map[string]any{"tom": tom}
			var v, ok = m["tom"].(*cat)
			var _, no = m["bob"].(*cat)
			return fmt.Sprint(v.name, ok, no)
		},
		func() any {
			pause()
			s := ""
			for _, x := range []any{tom, nil, bird{1, 2}, err, 3} {
				switch v, n := x, 1; v := v.(type) {
				case animal:
					pause()
					s += fmt.Sprint(v.legs() + n)
				case error:
					s += v.Error()
				case nil:
					s += "nil"
				default:
					s += fmt.Sprint(v)
				}
				if c, ok := x.(*cat); ok {
					pause()
					s += c.name
				}
			}
			return s
		},
		func() any { pause(); return x.(bird) },
		func() any { defer pause(); return give(x).(bird) },
		func() any { return wings },
		func() any { return errors.Is(err, io.EOF) },
		func() any { return errors.Is(err, io.ErrUnexpectedEOF) },
		func() any { return errors.Is(nil, io.EOF) },
		func() any { var c *chain; return fmt.Sprint(errors.As(err, &c), c.name) },
		func() any { var c list; return errors.As(err, &c) },
		func() any { _, ok := errors.AsType[list](err); return ok },
		func() any {
			c, ok := errors.AsType[interface {
				error
				Timeout() bool
			}](err.(interface {
				error
				Unwrap() error
			}).Unwrap().(list))
			return fmt.Sprint(c, ok)
		},
		func() any { return errors.As(err, nil) },
		func() any { is := errors.Is; return is(err, nil) },
	} {
		try(fmt.Sprint(i), f)
	}
}
