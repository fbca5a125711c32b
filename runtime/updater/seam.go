package updater

import "reflect"

// A Loader opens update files.
type Loader interface {
	// Check verifies an update file against the process without loading it.
	Check(path string) error
	// Load opens the file's code. Until Commit it leaves no trace that other
	// code could see.
	Load(path string) (Module, error)
}

// A Module is an update's code in the process.
type Module interface {
	// Update calls the main package's Upstare function.
	Update() (*Update, error)
	// Commit makes the module visible to type assertions. It cannot fail.
	Commit()
	// Abandon gives the module up.
	Abandon()
}

// A transfer is the state transfer of one update. All of it is invisible to the
// program until apply.
type transfer interface {
	// can reports why a value of type from cannot become one of type to.
	can(from, to reflect.Type) error
	// reaches reports whether a value of type t may reach a changed type.
	reaches(t reflect.Type) bool
	// value fills new from old. late: the program runs, only new itself is
	// written at once.
	value(new, old reflect.Value, late bool) error
	// inPlace carries what v reaches; v itself stays where it is.
	inPlace(v reflect.Value, late bool) error
	// objects counts what was converted so far.
	objects() int
	apply()
	discard()
}
