package runtime

import "sync"

// What stands here is shown in traces as if it stood in the library's file: what calls
// others is on the lines that it has there (Go 1.26), and package funcname knows the names.

// GoGroup is (*sync.WaitGroup).Go for own code: see tasks.go.
//
//go:noinline
func GoGroup(wg *sync.WaitGroup, f func()) {
//line :237:1
	wg.Add(1)
	startTask(newTask(wg, f))
}

// startTask is what traces say such a goroutine is created by.
func startTask(t *task) {
//line :238:1
	go func() {
		defer func() {
			if x := recover(); x != nil {
				// A panic is about to end the process. If Wait returned now, main could
				// end it before, as if nothing had happened.
//line :251:1
				panic(x)
			}
//line :256:1
			t.done()
		}()
		t.f()
	}()
}
