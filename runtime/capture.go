package runtime

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
)

// Generated code stands on lines that no source file has, so that a walk over
// the stack knows it: a position is all that survives inlining.
const (
	// LineBase is where deferred closures begin: compiler-generated code calls
	// them, which has no poll, though it shows as their deferring function. And
	// from here on functions that are marked go:uintptrescapes, each on its line:
	// their caller's frame keeps objects alive that they know as uintptrs.
	LineBase = 10_000_000
	// LineResume is where resume bodies begin; their statements stand on the user's
	// lines, and their names are the user's in a finished program.
	LineResume = 15_000_000
	// LinePoint and up holds point functions; one that is below own frames on a
	// stack runs its base loop. What stands here and above is a wrapper in a
	// finished program, which runtime.Callers leaves out.
	LinePoint = 20_000_000
	// LineSkip and up holds frames that neither poll nor hold locals: the
	// functions that Bind returns.
	LineSkip = 30_000_000
	// LineForeign and up holds the wrappers around deferred calls of named
	// functions: nothing polls there.
	LineForeign = 40_000_000
)

// Begin is called by a poll whose state word is set. If it returns true the poll's
// function calls the point function, which pushes the frame, and returns what that
// returns.
func Begin(f *Func) bool {
	if !initialised() {
		return false // f may not have been entered yet
	}
	r := Cur()
	if r.unwinding.Load() {
		if Stressed() {
			checkLeft(r)
		}
		return true
	}
	w := f.rel.Word.Load()
	if w&(wordStop|wordRetired) == 0 && !(w&wordStress != 0 && stressDue(r)) {
		return false
	}
	if len(r.frames) != 0 {
		panic(fmt.Sprintf("upstarego: %d frames left over at a poll of %s: a rebuilt frame did not ask for the frame inside it", len(r.frames), f.Key))
	}
	r.held()
	var n int
	var loop bool
	if reporting.Load() != nil {
		n, loop = segment(3, 64, &r.bodies)
	} else {
		n, loop = knownSegment(3, 64)
	}
	if n == 0 {
		panic("upstarego: poll of " + f.Key + " outside instrumented code")
	}
	r.unwind()
	if f.rel.Word.Load()&(wordStop|wordRetired|wordStress) == 0 {
		r.unwound()
		return false // the stop is over, and Resume may not have seen it
	}
	r.left, r.toLoop = n, loop
	stats.captures.Add(1)
	return true
}

// unwinders is how many records are unwinding. A stop that ends looks for them only if
// there are any.
var unwinders atomic.Int64

// unwind says that frames are being pushed. Whoever ends a stop sees that, or the caller
// sees in the state word, at which it looks next, that the stop is over.
func (r *Rec) unwind() {
	if !r.unwinding.Load() {
		unwinders.Add(1)
		r.unwinding.Store(true)
	}
}

// unwound takes it back, and reports whether it had been said.
func (r *Rec) unwound() bool {
	was := r.unwinding.Swap(false)
	if was {
		unwinders.Add(-1)
	}
	return was
}

// Push stores a frame record. If it returns true the function returns zero
// values to its caller; otherwise this frame is the base.
func Push(f *Func, pt int, data pointer) bool {
	r := Cur()
	if i := len(r.frames); i < len(r.bodies) && reporting.Load() != nil {
		f.mark(pt, r.bodies[i])
	}
	r.frames = append(r.frames, Frame{Fn: f, Pt: pt, Data: data})
	r.left--
	if r.left < 0 {
		r.unwound()
		panic("upstarego: " + f.Key + " unwinds past its base: a call without a poll lost it")
	}
	return r.left != 0 || r.toLoop
}

// AtEntry is called by a gate (point 0) whose state word is set. entered says that
// the gate changed the goroutine's state, so that no own frame of this goroutine
// runs below. If it returns true the call is handed over: the gate's function calls
// the point function, which pushes the frame with PushEntry and runs the base loop.
func AtEntry(f *Func, entered bool) bool {
	if !initialised() {
		return false
	}
	r := Cur()
	if r.unwinding.Load() {
		return false
	}
	if r.handedOver {
		// The call comes from the frame of this very entry.
		r.handedOver = false
		return false
	}
	w := f.rel.Word.Load()
	if entered {
		for w&wordStop != 0 {
			r.waitAtGate(f)
			w = f.rel.Word.Load()
		}
	}
	if w&wordRetired == 0 && (w&wordStress == 0 || !stressDue(r)) {
		return false
	}
	r.held().inside = !entered
	return true
}

// PushEntry stores the frame of a gate. Its point function is the base.
//
//go:noinline
func PushEntry(f *Func, data pointer) {
	r := Cur()
	if len(r.frames) != 0 {
		panic("upstarego: frames left over at the entry of " + f.Key)
	}
	fr := Frame{Fn: f, Pt: 0, Data: data}
	if !f.Deferred {
		fr.Args = callerOf(f)
		fr.Passed = fr.Args != nil && f.Expression && !receiverBound()
	}
	r.frames = append(r.frames, fr)
	stats.captures.Add(1)
}

// Outer starts the rebuild at a base: it waits for the end of a stop, converts
// the frames to the newest release, and returns the outermost frame as a
// function to call.
//
//go:noinline
func Outer() any {
	noteBase()
	r := Cur().held()
	if r.unwound() && r.left != 0 {
		panic(fmt.Sprintf("upstarego: %d frames did not unwind: a call without a poll lost them", r.left))
	}
	stats.deepest(len(r.frames))
	if p := reporting.Load(); p != nil {
		p.capture(r.frames)
	}
	inside := r.inside
	r.inside = false
	if f := watching.Load(); f != nil && !inside { // where no stop finds it: its callers are between two points
		if done := (*f)(r.frames); done != nil {
			r.hold(done)
		}
	}
	if n := len(r.frames) - 1; n >= 0 && !simple(r.frames[n].Fn.Results) {
		r.frames[n].Own = waitsForOwn()
	}
	if n := len(r.frames) - 1; reflection.Load() && n >= 0 && len(r.frames[n].Fn.Params) > 0 {
		called, main := ByReflection()
		r.frames[n].Reflected = called && !main
	}
	r.toCurrent()
	return r.next()
}

// Unwinding reports whether the rebuilt segment has been captured again: its
// outermost frame has returned zero values to the base loop.
func Unwinding() bool { return Cur().unwinding.Load() }

// More reports whether the frame that asks has a frame inside it. It does not
// return to the innermost frame of a stack whose conversion failed on return.
func More() bool {
	r := Cur()
	if len(r.frames) > 0 {
		return true
	}
	r.raise()
	return false
}

// Next returns the next frame inwards as a function to call.
func Next() any { return Cur().next() }

func (r *Rec) next() any {
	n := len(r.frames) - 1
	f := r.frames[n]
	r.frames[n] = Frame{}
	r.frames = r.frames[:n]
	stats.frames.Add(1)
	if f.Pt == 0 && n == 0 {
		r.raise() // nothing of it has run: it is its caller that panics
	}
	r.handedOver = f.Pt == 0 && Stressed()
	return f.Fn.Bind(f.Pt, f.Data)
}

// AskRecover is called by a resumed function for its recover(): only the base
// stands directly under a deferred call, so the frame is pushed (it is
// outermost, hence the base returns from its loop) and the base is asked. It
// returns false if the frame is not outermost: called by own code, recover would
// have returned nil.
func AskRecover(f *Func, pt int, data pointer) bool {
	r := Cur()
	if n, loop := segment(3, 16, nil); n != 1 || !loop {
		return false
	}
	r.frames = append(r.frames, Frame{Fn: f, Pt: pt, Data: data})
	r.held().unwind()
	r.left, r.toLoop, r.askRecover = 0, true, true
	return true
}

// Asked reports, once, whether the base is asked to call recover().
//
//go:noinline
func Asked() bool {
	r := Cur()
	a := r.askRecover
	r.askRecover = false
	return a
}

// AskPending reports whether the frame that just returned to its base loop asks
// for recover().
func AskPending() bool { return Cur().askRecover }

// GiveRecovered hands what recover() returned to the frame that asked.
//
//go:noinline
func GiveRecovered(v any) { Cur().held().recovered = v }

// Recovered takes it.
//
//go:noinline
func Recovered() any {
	r := Cur().held()
	v := r.recovered
	r.recovered = nil
	r.raise()
	return v
}

// segment counts the instrumented frames from the one that polls to the base;
// loop says that they were rebuilt by a base loop, to which the outermost of
// them returns. skip is the number of frames above the polling one, without point
// functions, with runtime.Callers' own; size is the number to begin with. bodies,
// if there is one, gets to know which of the frames run their resume bodies.
func segment(skip, size int, bodies *[]bool) (n int, loop bool) {
	files := *ownFiles.Load()
	for ; ; size *= 4 {
		buf := make([]uintptr, 3*size+lookahead)
		pcs, chain := buf[:size], buf[size:]
		n := runtime.Callers(skip, pcs)
		real := callers(&chain[0], len(chain))
		cut := real == len(chain) // every frame may have its wrapper, and there may be others
		k, loop, done := countSegment(pcs[:n], chain[:real], cut, files, bodies)
		if done || n < size && !cut {
			return k, loop
		}
	}
}

// lookahead is how many wrappers there may be between two frames, and one more.
const lookahead = 16

// callers stores up to n return addresses, innermost first, the wrappers that
// runtime.Callers leaves out among them. It begins at its caller's caller.
//
//go:noescape
func callers(buf *uintptr, n int) int

// A bound says whether a frame ends a segment.
type bound uint8

const (
	inside  bound = iota // it does not
	foreign              // what calls own code and does not poll afterwards
	looping              // a base loop
)

// hidden says what a frame is that runtime.Callers leaves out as a wrapper: one of
// what reflect.MakeFunc and reflect's method values are called through, or of what
// calls deferred functions, is foreign; generated code is known by its line.
func hidden(pc uintptr, files fileSet) bound {
	f := runtime.FuncForPC(pc - 1)
	name := f.Name()
	switch name {
	case "reflect.callReflect", "reflect.callMethod", guardCallName:
		return foreign
	}
	i := len(name)
	for i > 0 && '0' <= name[i-1] && name[i-1] <= '9' {
		i--
	}
	if i < len(name) && strings.HasSuffix(name[:i], ".deferwrap") {
		return foreign
	}
	if file, line := f.FileLine(pc - 1); line >= LinePoint && files.has(file) {
		return generated(line)
	}
	return inside
}

func generated(line int) bound {
	switch {
	case line >= LineForeign:
		return foreign
	case line >= LineSkip:
		return inside
	}
	return looping
}

// countSegment walks the logical frames pcs; chain holds the return addresses
// that are really on the stack. pcs has one more for every inlined call, and
// lacks those of wrappers. cut says that chain does not reach as far as the stack:
// without it, a base loop that is hidden would be passed over.
func countSegment(pcs, chain []uintptr, cut bool, files fileSet, bodies *[]bool) (k int, loop, done bool) {
	if bodies != nil {
		*bodies = (*bodies)[:0]
	}
	fs := runtime.CallersFrames(pcs)
	for {
		f, more := fs.Next()
		if cut && len(chain) < lookahead {
			return k, false, false
		}
		// An inlined frame has no return address: it is not looked for in the
		// whole chain, there are only ever a few wrappers in a row.
		if i := slices.Index(chain[:min(len(chain), lookahead)], f.PC+1); i >= 0 {
			if k > 0 {
				for _, pc := range chain[:i] {
					if b := hidden(pc, files); b != inside {
						return k, b == looping, true
					}
				}
			}
			chain = chain[i+1:]
		}
		switch {
		case !files.has(f.File):
			return k, false, true
		case f.Line >= LinePoint:
			// Not marked as a wrapper. The polling frame's own comes first.
			if b := generated(f.Line); k > 0 && b != inside {
				return k, b == looping, true
			}
		default:
			k++
			entry := 0
			if f.Func != nil {
				_, entry = f.Func.FileLine(f.Func.Entry())
			}
			if bodies != nil {
				*bodies = append(*bodies, entry >= LineResume)
			}
			if entry >= LineBase && entry < LineResume {
				return k, false, true
			}
		}
		if !more {
			return k, false, false
		}
	}
}

// checkLeft walks the stack again while a segment unwinds: a call without a
// poll loses its base in silence, and shows as a different number of frames.
func checkLeft(r *Rec) {
	if r.left > 8 && r.left%32 != 0 || r.left > 128 || r.left == 0 {
		return // a lost frame shows further out as well
	}
	if n, loop := segment(4, r.left+16, nil); n != r.left || loop != r.toLoop {
		r.unwound()
		panic(fmt.Sprintf("upstarego: unwinding lost a frame: %d left, %d on the stack", r.left, n))
	}
}

func callerFile() string {
	var pcs [1]uintptr
	runtime.Callers(3, pcs[:])
	f, _ := runtime.CallersFrames(pcs[:]).Next()
	return f.File
}
