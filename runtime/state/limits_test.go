package state

import (
	"errors"
	"reflect"
	"testing"
	"unsafe"

	"github.com/upstarego/upstarego/runtime/state/internal/v1"
	"github.com/upstarego/upstarego/runtime/state/internal/v2"
)

// much is state of every kind that has memory of its own.
func much() *v1.Holder {
	h := &v1.Holder{ByID: map[int64]*v1.Entry{}, Chan: make(chan *v1.Entry, 3)}
	for i := range int64(100) {
		e := &v1.Entry{ID: i}
		e.SetAny(&v1.Entry{ID: -i})
		h.All, h.ByID[i], h.First = append(h.All, e), e, e
	}
	h.Chan <- h.First
	h.Any = h.All[5]
	return h
}

// limited carries much over with limits, and tells how often each was asked.
func limited(t *testing.T, stepFails, memoryFails int) (steps, takes int, bytes uintptr, err error) {
	h := much()
	first := h.First
	x := newPlan(t, Options{}).Begin()
	x.Bound(Limits{
		Every: 1,
		Step: func() error {
			if steps++; steps == stepFails {
				return errors.New("time")
			}
			return nil
		},
		Memory: func(n uintptr) error {
			bytes += n
			if takes++; takes == memoryFails {
				return errors.New("memory")
			}
			return nil
		},
	})
	check(t, x.InPlace(unsafe.Pointer(h), reflect.TypeFor[v1.Holder]()))
	if err = x.Run(); err != nil {
		x.Discard()
		if h.First != first || h.All[99] != first || h.ByID[99] != first || len(h.ByID) != 100 || h.Any != any(h.All[5]) {
			t.Error("the old state has changed")
		}
		return steps, takes, bytes, err
	}
	x.Apply()
	if n := (*v2.Holder)(unsafe.Pointer(h)); n.All[99] != n.First || n.ByID[99] != n.First || n.First.ID != 99 {
		t.Error("the new state is wrong")
	}
	return steps, takes, bytes, nil
}

// TestLimits: a Run asks whether to go on at every value, and for all memory that it
// takes. It ends with what it is told, wherever that comes, and nothing has changed.
func TestLimits(t *testing.T) {
	steps, takes, bytes, err := limited(t, 0, 0)
	check(t, err)
	if steps < 200 {
		t.Errorf("%d steps for 200 objects", steps)
	}
	if least := 200 * reflect.TypeFor[v2.Entry]().Size(); takes < 200 || bytes < least {
		t.Errorf("asked %d times for %d bytes; the objects alone have %d", takes, bytes, least)
	}
	for n := 1; n <= steps; n++ {
		if asked, _, _, err := limited(t, n, 0); err == nil || err.Error() != "time" || asked != n {
			t.Fatalf("step %d of %d fails: %d asked, %v", n, steps, asked, err)
		}
	}
	for n := 1; n <= takes; n++ {
		_, asked, _, err := limited(t, 0, n)
		if err == nil && asked < n && n > takes-5 {
			continue // where the heap lies decides how many pages the table has: it took less
		}
		if err == nil || err.Error() != "memory" || asked != n {
			t.Fatalf("allocation %d of %d fails: %d asked, %v", n, takes, asked, err)
		}
	}
}

// TestLimitsEndTheWay: the second walk, which finds the way to what cannot be carried
// over, has the same limits.
func TestLimitsEndTheWay(t *testing.T) {
	h := much()
	h.Chan = make(chan *v1.Entry)
	done := make(chan bool)
	go func() { <-h.Chan; close(done) }()
	for (*(**hchan)(unsafe.Pointer(&h.Chan))).Recvq.Empty() {
		reflect.ValueOf(h.Chan).Len() // until the goroutine has parked
	}
	run := func(left int) (used int, err error) {
		x := newPlan(t, Options{}).Begin()
		x.Bound(Limits{Every: 1, Step: func() error {
			if used++; used > left {
				return errors.New("time")
			}
			return nil
		}})
		check(t, x.InPlace(unsafe.Pointer(h), reflect.TypeFor[v1.Holder]()))
		err = x.Run()
		x.Discard()
		return used, err
	}
	used, err := run(1 << 30)
	wantError(t, err, "parked on a channel")
	wantError(t, err, "found at")
	for left := range used {
		n, err := run(left)
		if err == nil || n != left+1 {
			t.Fatalf("%d steps of %d allowed: %d asked, %v", left, used, n, err)
		}
	}
	h.Chan <- nil
	<-done
}
