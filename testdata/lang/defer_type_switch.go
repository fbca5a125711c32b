// A deferred literal captures the variable of a type switch's clause: each clause has one of its own, with a type
// of its own.
package main

import (
	"errors"
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

func deferred(v any) (s string) {
	defer func() { s += fmt.Sprint(" recovered ", recover()) }()
	switch x := v.(type) {
	case string:
		defer func() { pause(); s += " string " + x }()
		x += "!"
		pause()
	case nil:
		pause()
		fmt.Println("nil", x)
	case int:
		pause()
		y := x + 1
		defer func(n int) {
			pause()
			s += fmt.Sprint(" int ", x+n+y)
		}(x)
		pause()
		func() { x += 100 }()
		pause()
	case float64:
		pause()
		fmt.Println("float", x/2)
		pause()
	case error, []int:
		defer func() { pause(); s += fmt.Sprintf(" %T", x) }()
		pause()
		panic(x)
	default:
		defer fmt.Println("deferred", x)
		pause()
		return fmt.Sprintf("%T", x)
	}
	pause()
	return "end"
}

// two has two switches with the same name, one inside the other, and an assignment to the clause's variable.
func two(v, w any) (n int) {
	switch x := v.(type) {
	case int:
		defer func() { pause(); n += x }()
		switch x := w.(type) {
		case int:
			defer func() { pause(); n += 10 * x }()
			x, n = pair(x)
			pause()
		case string:
			pause()
			n += len(x)
		}
		x++
	case string:
		var y int
		y, _ = pair(func() int { pause(); return len(any(x).(string)) }())
		n = y
	}
	pause()
	return n
}

func pair(n int) (int, int) { pause(); return n + 1, n }

// loop defers in a loop, where each round's variable is another one.
func loop(vs ...any) (s string) {
	for _, v := range vs {
		switch x := v.(type) {
		case int:
			defer func() { pause(); s += fmt.Sprint(" ", x) }()
			x *= 2
		case string:
			pause()
			s += x
		}
		pause()
	}
	return s
}

func main() {
	for _, v := range []any{"a", nil, 1, 2.5, errors.New("e"), []int{1}, T{}} {
		fmt.Println(deferred(v))
	}
	fmt.Println(two(1, 2), two(1, "abc"), two("abcd", nil), two(3, nil))
	fmt.Println(loop(1, "a", 2, "b"))
}

type T struct{}
