// Types declared in functions, also of the same name in several, in loops and closures; what %T prints.
package main

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
)

// pause is where the program can be stopped for an update: a blocking operation.
//
//go:noinline
func pause() {
	c := make(chan int, 1)
	c <- 1
	<-c
}

func first() any {
	type item struct{ a int }
	x := item{1}
	pause()
	x.a++
	return x
}

func second() any {
	type item struct{ a int }
	var list []item
	for i := range 3 {
		type item struct{ b string }
		y := item{fmt.Sprint(i)}
		pause()
		list = append(list, struct{ a int }{len(y.b)})
		fmt.Printf("%T %v ", y, y)
	}
	pause()
	return list
}

func third() any {
	return func() any {
		type item int
		const k item = 5
		pause()
		f := func(i item) item { pause(); return i + k }
		return f(1)
	}()
}

func main() {
	a, b, c := first(), second(), third()
	fmt.Printf("%T %T %T\n", a, b, c)
	type enum uint8
	const (
		zero enum = iota
		one
	)
	m := map[enum]string{zero: "zero", one: "one"}
	for e := zero; e <= one; e++ {
		pause()
		fmt.Print(m[e], " ")
	}
	order := binary.LittleEndian // of an unexported type
	buf := make([]byte, 4)
	pause()
	order.PutUint32(buf, 0x01020304)
	pause()
	fmt.Println(buf, order)
	anon := struct {
		x, y int
		in   struct{ z []string }
	}{x: 1}
	pause()
	anon.in.z = append(anon.in.z, "z")
	pause()
	fmt.Printf("%+v\n", anon)
	fn := func(p struct{ x int }) (r struct{ y int }) { pause(); r.y = p.x; return }
	fmt.Println(fn(struct{ x int }{4}).y)
	type tree struct {
		kids []*tree
		n    int
		N    int `json:"number,omitempty"`
	}
	t := &tree{N: 3, kids: []*tree{{n: 1}}}
	pause()
	out, err := json.Marshal(t)
	fmt.Println(string(out), err, t.kids[0].n)
	var i interface{ Error() string } = func() error { type e struct{ error }; pause(); return e{fmt.Errorf("local")} }()
	fmt.Printf("%T %v\n", i, i)
}
