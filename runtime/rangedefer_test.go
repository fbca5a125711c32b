package runtime

import (
	"fmt"
	"slices"
	"testing"
)

// deferred runs a loop whose body defers for this function, as generated code does.
//
//go:noinline
func deferred(t *testing.T, said *[]string) (result string) {
	for i := 0; i < 0; i++ {
		defer func() {}()
	}
	say := func(format string, args ...any) { *said = append(*said, fmt.Sprintf(format, args...)) }
	defer say("first")
	var d *Defers
	at := d.Begin(DeferRange())
	body := func(i int) bool {
		at = at.Arm(Armed{N: 1})
		func() {
			taken := at.Taken()
			for once := true; once; once = false {
				defer func(i int) {
					if *taken {
						return
					}
					if i == 1 {
						result = fmt.Sprint("recovered ", recover())
					}
					say("call %d", i)
				}(i)
			}
			at.Move()
		}()
		say("body %d", i)
		return true
	}
	func(yield func(int) bool) {
		defer say("iterator")
		for i := range 3 {
			yield(i)
		}
	}(body)
	defer say("last")
	panic("p")
}

func TestDefersOfLoopBodies(t *testing.T) {
	var said []string
	if got := deferred(t, &said); got != "recovered p" {
		t.Errorf("result %q", got)
	}
	if want := []string{"body 0", "body 1", "body 2", "iterator", "last", "call 2", "call 1", "call 0", "first"}; !slices.Equal(said, want) {
		t.Errorf("order %q\nwant  %q", said, want)
	}
}

//go:noinline
func takenOver(said *[]int) {
	for i := 0; i < 0; i++ {
		defer func() {}()
	}
	var at *Defers
	for i := range 6 {
		if i%3 == 0 {
			at = at.Begin(DeferRange()) // another loop of the same frame
		}
		func() {
			taken := at.Taken()
			for once := true; once; once = false {
				defer func() {
					if !*taken {
						*said = append(*said, i)
					}
				}()
			}
			at.Move()
		}()
	}
	at.Take()
	at.Again(DeferRange()) // a frame that goes on has a flag of its own
}

func TestDefersOfFramesTakenOver(t *testing.T) {
	var said []int
	takenOver(&said)
	if said != nil {
		t.Errorf("a frame that was taken over called %v", said)
	}
}
