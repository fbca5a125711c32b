package runtime

import "sync"

// What stands here is shown in traces as if it stood in the library's file, as in groups.go.

// OnceDo is (*sync.Once).Do for own code: see once.go. It is called, and returns, with
// the goroutine running; what calls it polls behind it.
func OnceDo(o *sync.Once, f func()) {
	if !onceDone(o) {
//line :69:1
		doOnce(o, f)
	}
}

func doOnce(o *sync.Once, f func()) {
//line :74:1
	t := lockOnce(o)
	defer t.unlockOnce()
	if !onceDone(t.once()) {
//line :77:1
		defer t.didOnce()
		Park()
//line :78:1
		f()
	}
}
