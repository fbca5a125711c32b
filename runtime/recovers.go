package runtime

import "runtime"

// Recovers stands for the deferred calls of recover in a resume body. Such a call
// works if its function is called by a panic and returns: then the base, which is what
// the panic has called, makes it as the last thing it does.
type Recovers struct{ reached bool }

// Recover is deferred in the place of recover. If the frame has been taken over, its
// successor does it.
//
//go:noinline
func (x *Recovers) Recover(taken *bool) {
	if *taken {
		return
	}
	if skip := returning(); skip > 0 {
		n, loop := segment(2+skip, 16, nil)
		x.reached = n == 1 && loop
	}
}

// Leave runs as the last deferred call of the resume body. Between it and its base
// there is no other code that could ask.
//
//go:noinline
func (x *Recovers) Leave() {
	if x.reached && returning() > 0 {
		Cur().leaveWord = true
	}
}

// Recovering reports, once, whether the base has to call recover.
//
//go:noinline
func Recovering() bool {
	r := Cur()
	l := r.leaveWord
	r.leaveWord = false
	return l
}

// returning is about a deferred call, its caller: it is zero if a panic or Goexit
// makes the call, else the number of frames from it to the function that defers it.
//
//go:noinline
func returning() int {
	var pcs [2]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs[:])])
	switch f, _ := frames.Next(); f.Function {
	case "runtime.gopanic", "runtime.Goexit":
		return 0
	case "runtime.deferreturn":
		return 2
	}
	return 1
}
