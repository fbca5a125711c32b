package runtime

import (
	"sync"
	"sync/atomic"
)

// What stands here is shown in traces as if it stood in the library's file, as in groups.go.

// OnceDo is (*sync.Once).Do for own code: see once.go. It is called, and returns, with
// the goroutine running; what calls it polls behind it. A Once begins with an
// atomic.Bool, which says whether it is done.
func OnceDo(o *sync.Once, f func()) {
//line :67:1
	if !(*atomic.Bool)(pointer(o)).Load() {
//line :69:1
		doOnce(o, f)
	} else if raced {
		onceAcquire(o)
	}
}

func doOnce(o *sync.Once, f func()) {
	if !layoutKnown() {
		defer running()
		Park()
		o.Do(f)
		return
	}
//line :74:1
	t := lockOnce(o)
	defer t.unlockOnce()
	if !t.isDone() {
		defer t.didOnce()
		Park()
//line :78:1
		f()
	}
}
