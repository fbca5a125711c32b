// A local type that is embedded gives its field its name, also where the name is taken at package level.
package main

import (
	"encoding/json"
	"fmt"
	"reflect"
)

//go:noinline
func pause() {
	c := make(chan int, 1)
	c <- 1
	<-c
}

func show(v any) {
	t := reflect.TypeOf(v)
	for i := range t.NumField() {
		f := t.Field(i)
		fmt.Printf("%s %q %v %v %q; ", f.Name, f.PkgPath, f.Anonymous, f.Type, f.Tag)
		_, ok := t.FieldByName(f.Name)
		fmt.Print(ok, " ")
	}
	fmt.Printf("%v %+v\n", t, v)
}

type taken struct{ A int }

func (taken) Say() string { return "package level" }

func plain() {
	type myInt int
	type S struct{ myInt }
	var s S
	s.myInt = 3
	pause()
	s.myInt++
	show(s)
}

func pointer() {
	type myInt struct{ N int }
	type S struct {
		B      int
		*myInt `json:"inner"`
	}
	s := &S{B: 1, myInt: &myInt{4}}
	pause()
	s.myInt.N++
	s.N++
	f := func() int { pause(); return s.myInt.N + s.N }
	fmt.Println(f())
	t := struct{ *myInt }{s.myInt}
	pause()
	fmt.Println(t.myInt.N, t.N)
	s.myInt = nil
	show(*s)
}

func exported() {
	type Address struct{ Street string }
	{
		type Address struct {
			Street, City string
		}
		type Person struct {
			Name string
			Address
		}
		p := Person{Name: "P", Address: Address{Street: "s"}}
		pause()
		p.Address.City = "c"
		b, err := json.Marshal(p)
		fmt.Println(string(b), err)
		show(p)
		defer func(a *Address) { pause(); fmt.Println(a.City, p.Address.City) }(&p.Address)
	}
	var a struct{ Address }
	a.Address.Street = "outer"
	pause()
	show(a)
}

func generic[T any](v T) {
	type myInt struct{ V T }
	type S struct {
		myInt
		*taken
	}
	s := S{myInt: myInt{v}, taken: &taken{1}}
	pause()
	s.myInt.V = v
	fmt.Println(s.V, s.taken.A, s.Say())
	type pair[A any] struct{ A A }
	type two[A any] struct{ pair[A] }
	p := two[int]{pair: pair[int]{1}}
	pause()
	p.pair.A++
	fmt.Println(p.A)
	show(p)
}

func main() {
	plain()
	pointer()
	exported()
	generic(1)
	generic("g")
}
