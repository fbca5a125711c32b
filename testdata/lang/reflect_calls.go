// Own functions called by reflection: Call, methods by name, MakeFunc, Select, struct fields of func type.
package main

import (
	"fmt"
	"reflect"
	"sort"
)

// pause is where the program can be stopped for an update: a blocking operation.
//
//go:noinline
func pause() {
	c := make(chan int, 1)
	c <- 1
	<-c
}

type t struct {
	N int
	F func(int) int
}

func (x t) Get(add int) int                       { pause(); return x.N + add }
func (x *t) Set(n int) *t                         { pause(); x.N = n; return x }
func (x t) Many(a string, b ...int) (int, string) { pause(); return len(b) + x.N, a }

func double(n int) int { pause(); return n * 2 }

func main() {
	v := reflect.ValueOf(double)
	fmt.Println(v.Call([]reflect.Value{reflect.ValueOf(21)})[0].Int())
	x := &t{N: 1, F: double}
	rv := reflect.ValueOf(x)
	rv.MethodByName("Set").Call([]reflect.Value{reflect.ValueOf(5)})
	get := rv.MethodByName("Get")
	x.N = 6
	fmt.Println(x.N, get.Call([]reflect.Value{reflect.ValueOf(10)})[0], rv.Elem().Field(1).Call([]reflect.Value{reflect.ValueOf(4)})[0])
	var names []string
	for i := range rv.NumMethod() {
		names = append(names, rv.Type().Method(i).Name)
		pause()
	}
	sort.Strings(names)
	out := rv.MethodByName("Many").CallSlice([]reflect.Value{reflect.ValueOf("a"), reflect.ValueOf([]int{1, 2})})
	fmt.Println(names, out[0], out[1])
	f := get.Interface().(func(int) int)
	x.N = 100
	pause()
	fmt.Println(f(1))
	add := reflect.MakeFunc(reflect.TypeOf(func(a, b int) (int, error) { return 0, nil }), func(args []reflect.Value) []reflect.Value {
		pause()
		return []reflect.Value{reflect.ValueOf(int(args[0].Int() + args[1].Int())), reflect.Zero(reflect.TypeFor[error]())}
	}).Interface().(func(int, int) (int, error))
	fmt.Println(add(2, 3))
	c, d := make(chan int, 1), make(chan string, 1)
	d <- "ready"
	i, got, ok := reflect.Select([]reflect.SelectCase{
		{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(c)},
		{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(d)},
	})
	pause()
	fmt.Println(i, got, ok)
	s := []t{{N: 3}, {N: 1}, {N: 2}}
	swap := reflect.Swapper(s)
	for a := range s {
		for b := a + 1; b < len(s); b++ {
			if s[b].N < s[a].N {
				swap(a, b)
				pause()
			}
		}
	}
	fmt.Println(s[0].N, s[1].N, s[2].N)
	func() {
		defer func() { pause(); fmt.Println("recovered", recover()) }()
		reflect.ValueOf(func() { pause(); panic("through reflect") }).Call(nil)
	}()
	fmt.Println(reflect.TypeOf(x).Elem().String(), reflect.TypeOf(*x).PkgPath() != "", reflect.DeepEqual(t{N: 1}, t{N: 1}))
}
