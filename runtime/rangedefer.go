package runtime

import "unsafe"

// A defer statement in the body of a range over a function belongs to the function
// around the loop, while the body has a frame of its own, called by the iterator.
// Go's own runtime has a place for such calls: DeferRange makes one in the list of
// its caller's deferred calls, and deferprocat adds to a place. Generated code does
//
//	at := defers.Begin(DeferRange())     // in the function, before its loop
//	…
//	func() {                             // in the body
//		taken := at.Taken()
//		for once := true; once; once = false {
//			defer f(args)            // guarded by taken
//		}
//		at.Move()
//	}()
//
// The compiler makes a record of the statement, on the heap because of the loop, and
// Move gives what it calls to the place instead. So wrappers that pass arguments
// are the compiler's, and recover works as under any deferred call.

// Defers is what a function and the bodies of its loops share.
type Defers struct {
	Log []Armed // every call that has been deferred, in order

	// Those of the current frame: neither type leads a transfer anywhere.
	place *byte // what DeferRange gave
	taken *bool // the frame has been taken over
}

// DeferRange makes a place among the deferred calls of the function that calls it,
// which must have a defer statement in a loop.
//
//go:linkname DeferRange runtime.deferrangefunc
func DeferRange() any

//go:linkname deferprocat runtime.deferprocat
func deferprocat(fn func(), place any)

// deferRecord mirrors the head of the runtime's _defer.
type deferRecord struct {
	heap, rangefunc bool
	sp, pc          uintptr
	fn              func()
	link            *deferRecord
}

// deferList is where the running goroutine's deferred calls begin, innermost first.
//
//go:noescape
func deferList() **deferRecord

// placeType is the dynamic type of what DeferRange gives.
var placeType = findPlaceType()

func findPlaceType() unsafe.Pointer {
	for i := 0; i < 0; i++ {
		defer func() {}()
	}
	at := DeferRange()
	return (*[2]unsafe.Pointer)(unsafe.Pointer(&at))[0]
}

// Begin says that the calling function comes to a loop whose body defers: at is what
// DeferRange gave to it.
func (d *Defers) Begin(at any) *Defers {
	if d == nil {
		d = new(Defers)
	}
	d.place = (*byte)((*[2]unsafe.Pointer)(unsafe.Pointer(&at))[1])
	if d.taken == nil { // a loop before this one has deferred for the same frame
		d.taken = new(bool)
	}
	return d
}

// Again is Begin in a rebuilt frame, if its function has come to a loop before.
func (d *Defers) Again(at any) {
	if d != nil {
		d.taken = nil
		d.Begin(at)
	}
}

// Arm notes a deferred call.
func (d *Defers) Arm(a Armed) *Defers {
	if d == nil {
		d = new(Defers)
	}
	d.Log = append(d.Log, a)
	return d
}

// Armed are the deferred calls so far.
func (d *Defers) Armed() []Armed {
	if d == nil {
		return nil
	}
	return d.Log
}

// Taken is set once the frame that the calls belong to has been taken over: they
// must do nothing then.
func (d *Defers) Taken() *bool { return d.taken }

// Take says that the function's frame has been taken over.
func (d *Defers) Take() {
	if d != nil && d.taken != nil {
		*d.taken = true
	}
}

// Move takes the caller's innermost deferred call away and gives it to the place.
func (d *Defers) Move() {
	l := deferList()
	r := *l
	if !r.heap || r.rangefunc {
		panic("upstarego: a deferred call of a loop's body is not where it should be")
	}
	*l = r.link
	var at any
	*(*[2]unsafe.Pointer)(unsafe.Pointer(&at)) = [2]unsafe.Pointer{placeType, unsafe.Pointer(d.place)}
	deferprocat(r.fn, at)
}
