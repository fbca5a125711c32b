package updater

import (
	"reflect"
	"unsafe"

	"github.com/upstarego/upstarego/framemap"
	"github.com/upstarego/upstarego/runtime"
	"github.com/upstarego/upstarego/runtime/moved"
	"github.com/upstarego/upstarego/runtime/state"
)

// An Update is what the update's main package hands over: the new release and
// how to get there from the one before it.
type Update struct {
	// Release is the new release: functions, types, variables, files.
	Release *runtime.Release

	// Funcs says for every function of the previous release where its frames
	// go. A function without an entry is not mapped, as is one whose New is
	// empty: if it stands on a stack the update is refused.
	Funcs []FuncMap

	// Moved are the import paths that packages of the previous release have in this one.
	// What framemap.go says of the previous release has them already.
	Moved moved.Paths

	// Pairs holds the developer's transformers. A changed type without one is
	// mapped by field name.
	Pairs []TypePair

	// State is what the build knows about values that their types do not tell.
	State state.Options

	// Vars holds what cannot be inferred about variables.
	Vars []VarMap

	// Predicate, if set, must return nil for the update to go on. It is called
	// while the program stands still, before anything is converted. If it
	// returns an error the program goes on, and the update tries again until
	// it runs out of time.
	Predicate func() error

	// never holds the points, by old function, that goroutines must leave first.
	never map[string]map[int]bool
	kept  map[string]map[int]string // see keptFree

	// Results turns what functions return into what their callers wait for that
	// stay as they are, by old key: a func(new results) (old results), of mirrors.
	Results map[string]any

	// Late lists the new release's variables that the map may read when a goroutine comes
	// back, at any time. Emptied are those of the old one that nobody comes to any more.
	Late, Emptied []string

	// Behind are variables whose initial values are made when everything has been
	// transformed, in this order: from variables of packages that have another path, which
	// hold nothing before.
	Behind []string

	// Entries names, for functions that the map starts goroutines with, the
	// parameters that are held by pointer.
	Entries map[string][]string

	// Starts makes, once everything has been transformed, the goroutines that the
	// new release has and the old one had not. Each calls start for every one of
	// them, which gives the parameters of the function to be filled.
	Starts []EntryMap

	// heap gives framemap.go what reads variables.
	heap func(framemap.Heap)

	// BeforeStop is called in order before anything is stopped. An error gives the
	// update up.
	BeforeStop []func() error

	// AfterCommit is called in order once the program runs in the new release,
	// on the updater's goroutine.
	AfterCommit []func()
}

// A FuncMap says where the frames of one function go.
type FuncMap struct {
	// Old and New are the function's keys in the previous and the new release.
	Old, New string

	// Points maps each point of the old function to one of the new; nil is
	// identity, -1 is "not mapped".
	Points []int

	// Moves says which field of the old frame each field of the new one is
	// carried over from; fields that are not listed start at zero. nil: from the
	// one with the same name.
	Moves map[string]string

	// MovesAt is Moves for frames at some of the old function's points: those that
	// share their new point with another one.
	MovesAt map[int]map[string]string

	// Begun lists, by old point, the locals that the old frame does not hold there and that
	// are what they are declared with.
	Begun map[int][]Begun

	// Pinned lists points whose foreign calls may use memory that the update
	// moves: it waits until no goroutine is in one of them.
	Pinned []int

	// Kept lists points where no goroutine may stand at commit, although no rule says so,
	// and why: the update waits until they have left.
	Kept map[int]string

	// Leads lists, for points whose frames the developer's function makes, all
	// points of the new release that it may make frames at.
	Leads map[int][]Lead

	// Starts lists the functions that the developer's functions may start goroutines
	// with when a frame is converted.
	Starts []string

	// Convert, if set, makes the new frames itself (outermost first), for any
	// point that Points does not exclude. It must not fail when c.Late is true: the
	// goroutine panics then in the innermost of the frames that are returned with
	// the error.
	Convert func(pt int, old unsafe.Pointer, c *Conversion) ([]runtime.Frame, error)

	ruled bool // Convert is made of framemap's rules: it goes by Points and Leads
}

// A Begun is a local that is what it is declared with.
type Begun struct {
	Name  string
	Boxed bool // the frame has a pointer to it
	Value any  // nil: zero
}

// movesAt is Moves for frames at a point.
func (m *FuncMap) movesAt(pt int) map[string]string {
	if l, ok := m.MovesAt[pt]; ok {
		return l
	}
	return m.Moves
}

// An EntryMap starts goroutines with one function.
type EntryMap struct {
	Key  string // of the new release
	Each func(start func() unsafe.Pointer)
}

// A Lead is a point of a function of the new release. Moves says of a frame that is made
// there which field of the old one each field is carried over from; nil: from the one
// with the same name.
type Lead struct {
	Key   string
	Point int
	Moves map[string]string
}

// A TypePair is a developer's transformer for a type.
type TypePair struct {
	Key string // package path + "." + name, the same in both releases unless Old differs
	Old string // key in the previous release; empty: Key

	// Transform is a func(old *Old, new *New), or a func(old, new unsafe.Pointer),
	// which is faster. It is called when the fields with equal names have been
	// carried over, at commit or when a goroutine comes back that alone held the
	// object: it must not fail.
	Transform any

	// Validate, if set, is asked about every object that is transformed at commit,
	// when all of them have been. An error gives the update up.
	Validate func(old, new unsafe.Pointer) error

	// Zero lists the fields of the new type that start at their zero value.
	Zero []string

	// Leads are the fields of the new type that have what another field was, or led to: see
	// state.Pair.
	Leads []state.Lead

	// What is inferred. Numbers lists the fields that are numbers of another size or sign
	// than they were; "" is the value itself. Given has the constants, and Made the sizes of
	// the maps, channels and variables, that new fields start with, each object with its own.
	Numbers []string
	Given   map[string]any
	Made    map[string]int
}

// A VarMap is what cannot be inferred about one variable.
type VarMap struct {
	Key string // package path + "." + name in the new release
	Old string // key in the previous release; empty: Key

	// Init, if set, is a func() T or func() (T, error): the value of a new
	// variable, or of one whose initial value changed. A func(new unsafe.Pointer)
	// puts it into memory for it.
	Init any

	// Aside says that Init only reads what does not change, so that it can run
	// before the stop.
	Aside bool

	// Transform, if set, is a func(old *Old, new *New) or with an error result.
	Transform any

	missing bool // it has an initial value, and nothing that makes it

	// What functions of framemap.go take the variables for: mirrors of their types.
	oldMirror, newMirror reflect.Type
}

// A Conversion is what a FuncMap's Convert works with.
type Conversion struct {
	// Late says that the program runs in the new release already: the frame was
	// parked at commit. Convert must not fail then.
	Late bool

	plan  *plan
	inner []runtime.Frame // frames inside the one being converted, innermost first
	outer []runtime.Frame // frames outside it, innermost first
	taken int             // how many of them Take has taken

	then []func() // run when the frames go on

	skip map[string]bool // old fields that do not count

	// args is set for the entry of a call that newer code made through an old
	// function value: the parameters are that release's.
	args   *runtime.Release
	passed bool // the receiver, too
}

// Value converts what old points to into what new points to: by type pair, or
// by copying where the types are the same. If the update changes any type, *new
// is filled only after all frames have been looked at: Convert must not read it.
func (c *Conversion) Value(old, new any) error {
	return c.plan.value(reflect.ValueOf(new).Elem(), reflect.ValueOf(old).Elem())
}

// Fields fills the frame struct at new, of type to, by field name from the frame
// struct at old, of type from. It fills like Value.
func (c *Conversion) Fields(from reflect.Type, old unsafe.Pointer, to reflect.Type, new unsafe.Pointer) error {
	return c.plan.fields(fieldMoves(from, to, nil), old, new)
}

// Frame makes a frame of the new release's function key at point pt.
func (c *Conversion) Frame(key string, pt int, data unsafe.Pointer) (runtime.Frame, error) {
	f := c.plan.next.Func(key)
	if f == nil {
		return runtime.Frame{}, errorf(CodeMapIncomplete, "the frame map names %s, which the new release does not have", key)
	}
	if pt < 0 || pt >= f.Points {
		return runtime.Frame{}, errorf(CodeMapIncomplete, "the frame map names point %d of %s, which has %d", pt, key, f.Points)
	}
	return runtime.Frame{Fn: f, Pt: pt, Data: data}, nil
}

// Inner returns the frame n levels inside the one being converted (1 is the one
// it called), and whether there is one.
func (c *Conversion) Inner(n int) (runtime.Frame, bool) {
	i := len(c.inner) - n
	if n < 1 || i < 0 {
		return runtime.Frame{}, false
	}
	return c.inner[i], true
}

// Take makes the next n frames inwards part of this conversion: they are not
// converted themselves (calls that were merged into their caller).
func (c *Conversion) Take(n int) { c.taken = n }
