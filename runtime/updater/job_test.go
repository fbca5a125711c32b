package updater

import (
	goruntime "runtime"
	"strings"
	"sync/atomic"
	"testing"
	"unsafe"
	"weak"
)

// TestPlansHoldNoJobs: a plan stays for good, and how its update was made goes when it is
// remembered no longer. What goes wrong after that is counted all the same.
func TestPlansHoldNoJobs(t *testing.T) {
	p, up := nextUpdate(cur.wide)
	r := commit(t, p, up)
	job := func() weak.Pointer[job] {
		updater.mu.Lock()
		defer updater.mu.Unlock()
		return weak.Make(updater.find(r.ID))
	}()
	failed := updater.plans[len(updater.plans)-1].failed
	failed(errorf(CodeLate, "it cannot be carried over"))
	if r := wait(t, r.ID); r.LateFailures != 1 || len(r.Late) != 1 {
		t.Errorf("the result does not say what has gone wrong: %d, %v", r.LateFailures, r.Late)
	}
	for range results {
		id, err := updater.Start(Request{Path: "no file"})
		if err != nil {
			t.Fatal(err)
		}
		wait(t, id)
	}
	before := updater.Totals().LateFailures
	failed(errorf(CodeLate, "it cannot be carried over"))
	if n := updater.Totals().LateFailures - before; n != 1 {
		t.Errorf("%d failures are counted, want 1", n)
	}
	until(t, "how the update was made is forgotten", func() bool {
		goruntime.GC()
		return job.Value() == nil
	})
}

// TestStragglersApart: what is remembered of a goroutine that was in the way is its own stack,
// and not the text of all of them that it was read from.
func TestStragglersApart(t *testing.T) {
	var end atomic.Bool
	started := make(chan bool)
	go cur.spin(&end, started)
	<-started
	defer end.Store(true)
	text := Stacks()
	l := stragglersIn(text, 1)
	if len(l) == 0 || !strings.Contains(l[0].Stack, "spin") {
		t.Fatalf("found %+v", l)
	}
	from := uintptr(unsafe.Pointer(unsafe.StringData(text)))
	for _, s := range []string{l[0].Goroutine, l[0].Stack, l[0].Func, l[0].Pos} {
		if at := uintptr(unsafe.Pointer(unsafe.StringData(s))); s == "" || at >= from && at < from+uintptr(len(text)) {
			t.Errorf("%.40q is part of all stacks", s)
		}
	}
}
