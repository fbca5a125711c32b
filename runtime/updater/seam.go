package updater

import (
	"reflect"
	"unsafe"

	"github.com/upstarego/upstarego/runtime/state"
)

// A Loader opens update files.
type Loader interface {
	// Check verifies an update file against the process without loading it.
	Check(path string) error
	// Load opens the file's code. Until Commit it leaves no trace that other
	// code could see.
	Load(path string) (Module, error)
}

// A Checker is a Loader that says what it knows of the file that Check has seen last,
// whether that was refused or not.
type Checker interface {
	// Checked gives the file's digest, and the key that has signed it, as far as known.
	Checked() (digest, signedBy string)
}

// A Module is an update's code in the process.
type Module interface {
	// Update initialises what nobody else can see and calls the main package's
	// Upstare function.
	Update() (*Update, error)
	// Commit makes the module part of the program: its methods are those that
	// type assertions lead to, and its pending inits run. It is called while the
	// program stands still; if it fails Abandon takes it back. between is called
	// after each of the two, and may make it fail.
	Commit(between func(step string) error) error
	// Abandon gives the module up; not called after a Commit that succeeded.
	Abandon() error
}

// A transfer is the state transfer of one update. Values are noted first and
// filled by run; all of it is invisible to the program until apply. Once the
// update is committed the same cycle serves frames that return late.
type transfer interface {
	// from says where what is noted next lies: in a function's frame at a position, or
	// in a variable. local names a local of the frame, "" the frame as a whole.
	from(function, pos, variable string)
	local(name string)
	// can reports why a value of type from cannot become one of type to.
	can(from, to reflect.Type) error
	// value notes that new is to be filled from old.
	value(new, old reflect.Value) error
	// variable notes the same for a package variable that has a new place.
	variable(new, old reflect.Value) error
	// inPlace notes that what v reaches is to be carried; v stays where it is.
	inPlace(v reflect.Value) error
	// successor gives the new place of the object of type typ at old; ok is false
	// if the transfer does not know it.
	successor(old unsafe.Pointer, typ reflect.Type) (new unsafe.Pointer, ok bool)
	// changes reports whether values of a type of the old release have another type in
	// the new one; holds, whether they may lead to such values.
	changes(reflect.Type) bool
	holds(reflect.Type) bool
	// leaving says which channels goroutines are taken out of.
	leaving(map[unsafe.Pointer]bool)
	// growth is by what an object may be larger in the new release, at most.
	growth() float64
	// need is about how much memory run will take.
	need() uint64
	// calm waits until no collection runs, and keeps others from beginning until run is
	// over; excite takes that back.
	calm()
	excite()
	// bound says what run has to ask while it works. run carries what was noted.
	bound(state.Limits)
	run() error
	// runLate is run and apply once the update is committed. It goes as far as it
	// can; the error says what could not be carried over.
	runLate() error
	// back fills old, for old code that waits for it and is converted next, with what
	// becomes new when it is; once the update is committed.
	back(old, new reflect.Value) error
	// isNew reports whether p leads to what has been carried over, here or by a later
	// update; once the update is committed. keep says, before that, of a type that foreign
	// calls under way may find such values of it.
	isNew(p unsafe.Pointer) bool
	keep(reflect.Type)
	// counterpart is what a type of the old release is in the new one. mentions reports
	// whether a type is of the old release, in a way that the new one changes, or of the
	// new; once the update is committed, and from any goroutine. has reports whether a
	// value of a type that is of both is seen to have come from the old one.
	counterpart(reflect.Type) reflect.Type
	mentions(reflect.Type) (old, new bool)
	has(reflect.Value) bool
	// reached is successor for what has been converted already, and did not fail.
	reached(old unsafe.Pointer, typ reflect.Type) (new unsafe.Pointer, ok bool)
	// know makes a type known before anything is noted. It tells why no value of it
	// can be carried over, or "".
	know(reflect.Type) string
	// objects counts what was carried so far.
	objects() int
	apply()
	discard()
	// weaken lets go of at most limit old objects that nothing else holds, once
	// applied; more tells whether there are others. sweep drops what is gone, and tells
	// how many are left.
	weaken(limit int) (more bool)
	// loosen lets go likewise of what later updates have carried further, which before
	// tells of: the next one that has a transfer.
	loosen(limit int) (more bool)
	before(next transfer)
	sweep() (left int)
	// prune drops what can be found out again when it is needed.
	prune()
}
