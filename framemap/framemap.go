// Package framemap is the vocabulary of framemap.go: what a developer says about
// the step from one release to the next that cannot be inferred.
//
// A framemap.go lives in upstare/<release>/ of the program's module under the
// build constraint upstarego, and has one function:
//
//	func Map(m *framemap.Map)
//
// It is drafted by `upstarego framemap`, compiled into the update, and called
// before anything is stopped. Old and new types and frames that the developer's
// code touches appear as mirrors: structs with the same layout and exported
// names, in the generated packages upstare/<release>/was and upstare/<release>/is.
//
// What is the same in both releases is carried over by itself and does not
// appear: functions whose points match, locals and fields with equal names and
// types, variables. Keys (functions "pkg/path.(*T).M", types "pkg/path.T",
// variables "pkg/path.v") and points must be constants, because the checker
// proves the map total by reading it.
//
// The functions that rules are given may call exported functions of the program. Those that
// run when later releases have been committed call the newest one's. While the functions of
// Type, Locals, At, Shared and Results run, what they belong to is in the middle of being
// carried over: they must not wait for another goroutine, by such calls either. Then is for that.
//
// Where frames go is said with Func, At (with Frame) and Never, and with Accept that they
// may go there although they skip something or do it twice; what is in them with
// Locals, Carry, Inner, Outer, Shared and FromVariable; what they have deferred with
// DropDefer and Then; what they return with Results; which goroutines begin beside them,
// or by themselves, with Start and Go. The heap is for Type, Field, Zero, Validate, Var and
// VarFrom, and OldVariable and Variable read it. Before and Require ask whether the
// update may be made, and After comes behind it.
//
// DECIDE stands in a draft where the developer has to put a value; it is not
// declared anywhere, so that a draft that still holds one does not compile.
package framemap

import (
	"reflect"
	"unsafe"
)

// A Map collects what Map says. The functions of this package fill it; the
// updater reads it.
type Map struct {
	Types      []TypeRule
	Fields     []FieldRule
	Validates  []ValidateRule
	Funcs      []FuncRule
	Stacks     []StackRule
	Nevers     []NeverRule
	Vars       []VarRule
	Turns      []TurnRule
	Gos        []GoRule
	Befores    []func() error
	Predicates []func() error
	Afters     []func()

	// Heap is what Variable and OldVariable read; the updater sets it while the
	// functions run that may ask.
	Heap Heap
}

// Points maps points of an old function to points of a new one.
type Points map[int]int

type (
	// TypeRule transforms the objects of a type.
	TypeRule struct {
		Old, New  string
		Transform func(old, new unsafe.Pointer) // nil: fields by name
		Zero      []string
	}
	// FieldRule gives a new field what an old one leads to.
	FieldRule struct{ Type, Field, From string }
	// ValidateRule looks at the objects of a type before commit.
	ValidateRule struct {
		Old, New string
		Holds    func(old, new unsafe.Pointer) error
	}
	// FuncRule maps the frames of a function one to one.
	FuncRule struct {
		Old, New string
		Points   Points // nil: as matched
		Fill     func(s *Stack, old, new unsafe.Pointer)
	}
	// StackRule turns one frame into any number of frames.
	StackRule struct {
		Old   string
		Point int
		Make  func(s *Stack, old unsafe.Pointer)
	}
	// NeverRule names points where no goroutine may stand at commit.
	NeverRule struct {
		Old    string
		Points []int // nil: all
	}
	// VarRule gives a variable its value.
	VarRule struct {
		Key, Old  string
		Init      func(new unsafe.Pointer)
		Transform func(old, new unsafe.Pointer) error
		// OldType and NewType are what the functions take the variables for.
		OldType, NewType reflect.Type
	}
	// TurnRule turns new results into old ones.
	TurnRule struct {
		Old     string
		Convert any // func(new results) (old results)
	}
	// GoRule starts goroutines.
	GoRule struct {
		Key  string
		Each func(start func() unsafe.Pointer)
	}
)

// Type transforms every object of the type old into one of the type new. fill is
// called when the fields with equal names and types have been carried over. It must
// not keep o, and it must not fail, which is why it has no error to return: most
// objects are transformed at commit, while the program stands still and the update
// can be undone, but one that only a parked goroutine holds is when that goroutine
// comes back. The program runs in the new release then. What may not hold belongs
// into Validate or Require.
//
//	framemap.Type(m, "example.com/kvd/store.entry", "example.com/kvd/store.entry",
//		func(o *was.Store_entry, n *is.Store_entry) {
//			n.Expires = time.UnixMilli(o.ExpireAt)
//		})
//
// A panic in fill undoes the update if it comes before commit. If it comes later the
// object is what it was before fill was called, with the fields that have equal
// names and types and zero for the others, and the panic goes on in the goroutine
// that brought the object, at its point in the new release: deferred functions run,
// and recover has the value, as an error that wraps it. Another goroutine that comes
// back with the same object panics too. The update's status names each.
func Type[Old, New any](m *Map, old, new string, fill func(o *Old, n *New)) {
	m.Types = append(m.Types, TypeRule{Old: old, New: new, Transform: func(o, n unsafe.Pointer) {
		fill((*Old)(o), (*New)(n))
	}})
}

// Validate looks at every object of a type that is transformed at commit, when all
// of them have been: an error, or a panic, gives the update up, and the program goes
// on as if nothing had been asked. holds must only read. It is not asked about
// objects that only parked goroutines hold: they are transformed when the goroutines
// come back, and nothing can be undone then.
//
//	framemap.Validate(m, "example.com/kvd/store.entry", "example.com/kvd/store.entry",
//		func(o *was.Store_entry, n *is.Store_entry) error {
//			if o.Hits > math.MaxInt32 {
//				return fmt.Errorf("%d hits are too many for release 3", o.Hits)
//			}
//			return nil
//		})
func Validate[Old, New any](m *Map, old, new string, holds func(o *Old, n *New) error) {
	m.Validates = append(m.Validates, ValidateRule{old, new, func(o, n unsafe.Pointer) error {
		return holds((*Old)(o), (*New)(n))
	}})
}

// Zero says that new fields of a type start at their zero value.
//
//	framemap.Zero(m, "example.com/kvd/store.entry", "hits")
func Zero(m *Map, typ string, fields ...string) {
	m.Types = append(m.Types, TypeRule{Old: typ, New: typ, Zero: fields})
}

// Field gives a field of new objects of a type what another field of the old ones was, or
// what that led to: from is a path of fields as Go has it, through structs and pointers to
// structs.
//
//	framemap.Field(m, "example.com/kvd/store.shard", "store", "ctx.store") // was reached by the context
//	framemap.Field(m, "example.com/kvd/store.entry", "expires", "expiry")  // has another name
//
// The value becomes what it would become if the object had held it itself: it is the one
// successor of what the old one leads to, and needs no mirror. It is there when a function of
// Type for the same object is called. If a pointer on the way is nil, the field starts at zero.
//
// It is what it was when the update was made, also for an object that comes later with a
// parked goroutine: what lies on the way is read in the old release's memory, which nobody
// writes to any more. So each struct on the way that is led to by a pointer must be of a type
// that the update changes, or that leads to such types, or that the new release has not.
func Field(m *Map, typ, field, from string) {
	m.Fields = append(m.Fields, FieldRule{typ, field, from})
}

// Func maps the frames of function old to frames of function new, point by point.
// Points that are matched by themselves need not be listed.
//
//	framemap.Func(m, "example.com/kvd.serve", "example.com/kvd.serve", framemap.Points{
//		3: 4, // old main.go:120 `line, err := r.ReadString('\n')` → new main.go:131
//	})
func Func(m *Map, old, new string, points Points) {
	m.Funcs = append(m.Funcs, FuncRule{Old: old, New: new, Points: points})
}

// Locals gives values to locals of the new frame that the old frame does not hold
// by the same name and type. It is called for every frame of function old, at
// whatever point, when all others have been carried over, and may change these: n has
// them as they are in the old frame; those of types that the update changes are filled
// in afterwards, unless they have been set. Old values of changed
// types are handed over with Carry. For a goroutine that was parked at commit it is
// called when that comes back, like Type's function, and must not fail either: after
// a panic the frame goes on with what has been set, and panics at its point.
//
//	framemap.Locals(m, "example.com/kvd.serve", func(s *framemap.Stack, o *was.Main_serve, n *is.Main_serve) {
//		n.Batch = 1
//	})
func Locals[Old, New any](m *Map, old string, fill func(s *Stack, o *Old, n *New)) {
	m.Funcs = append(m.Funcs, FuncRule{Old: old, Fill: func(s *Stack, o, n unsafe.Pointer) {
		fill(s, (*Old)(o), (*New)(n))
	}})
}

// At turns a frame of function old at a point into the frames that make makes
// with Frame, outermost first: a function that was split, or whose caller took
// over part of it. It may run late and must not fail, as for Locals; a panic goes on
// in the innermost of the frames that have been made.
//
//	framemap.At(m, "example.com/kvd.serve", 2, func(s *framemap.Stack, o *was.Main_serve) {
//		framemap.Frame[is.Main_serve](s, "example.com/kvd.serve", 1)
//		d := framemap.Frame[is.Main_dispatch](s, "example.com/kvd.dispatch", 1)
//		d.Name = o.Cmd
//	})
//
// The outermost function of a goroutine is mapped in the same way: what a go statement
// names may be called by a function or a literal that is new (two frames), or may be
// gone, and what it has called be outermost (none).
//
//	framemap.At(m, "example.com/kvd.(*client).run", 1, func(s *framemap.Stack, o *was.Main_client_run) {
//		framemap.Frame[is.Main_client_guarded](s, "example.com/kvd.(*client).guarded", 1).Defer_func = true
//		framemap.Frame[is.Main_client_run](s, "example.com/kvd.(*client).run", 1)
//	})
//
// At point 0, the entry, it says what becomes of calls through function values that were
// made before the update, and of goroutines that have not run yet: a function that the
// new release wraps gets its wrapper's frame around it.
//
//	framemap.At(m, "example.com/kvd.handle", 0, func(s *framemap.Stack, o *was.Main_handle) {
//		framemap.Frame[is.Main_logged_func1](s, "example.com/kvd.logged.func1", 1) // behind next(w, r)
//		framemap.Frame[is.Main_handle](s, "example.com/kvd.handle", 0)
//	})
func At[Old any](m *Map, old string, point int, make func(s *Stack, o *Old)) {
	m.Stacks = append(m.Stacks, StackRule{Old: old, Point: point, Make: func(s *Stack, o unsafe.Pointer) { make(s, (*Old)(o)) }})
}

// Never says that no goroutine may stand at these points of function old when the
// update is committed: the update waits until they have left, and is given up
// when they do not in time. Without points it means the whole function. Who calls it
// later, by a value that something has (a table of commands, a handler), comes to its
// entry in the new release if that can be inferred, or is said with Func or At for point
// 0; if not, such a call panics, and the checker warns. Naming 0 says that there is none.
func Never(m *Map, old string, points ...int) {
	m.Nevers = append(m.Nevers, NeverRule{old, points})
}

// Var gives a new variable, or one whose initial value changed, its value. init
// runs at commit, and never later; a panic in it gives the update up. Values of the
// program's own types are made as their mirrors.
//
//	framemap.Var(m, "example.com/kvd.started", func() time.Time { return time.Now() })
func Var[T any](m *Map, key string, init func() T) {
	m.Vars = append(m.Vars, VarRule{Key: key, Init: func(n unsafe.Pointer) { *(*T)(n) = init() }, NewType: reflect.TypeFor[T]()})
}

// Initial says that variables start with the new release's initial value, whatever the program
// has: tables that nobody changes and whose entries somebody could.
//
//	framemap.Initial(m, "example.com/kvd.commands")
//
// A variable whose initialiser has changed does so by itself, if nothing in the old program could
// have changed what it holds. What has been read from it before goes on with what it was.
func Initial(m *Map, keys ...string) {}

// VarFrom makes the value of a variable from an old one's. fill runs at commit, and
// never later: an error gives the update up.
//
//	framemap.VarFrom(m, "example.com/kvd.limit", "example.com/kvd.limit", func(o *string, n *int) (err error) {
//		*n, err = strconv.Atoi(*o)
//		return err
//	})
func VarFrom[Old, New any](m *Map, key, old string, fill func(o *Old, n *New) error) {
	m.Vars = append(m.Vars, VarRule{Key: key, Old: old, Transform: func(o, n unsafe.Pointer) error {
		return fill((*Old)(o), (*New)(n))
	}, OldType: reflect.TypeFor[Old](), NewType: reflect.TypeFor[New]()})
}

// Require adds a condition on the running program that must hold at commit. It is
// asked while the program stands still, before anything is transformed, and must
// only read. An error lets the program go on; it is asked again until the update
// runs out of time.
//
//	framemap.Require(m, func() error {
//		if _, err := os.Stat("/etc/kvd.hold"); err == nil {
//			return errors.New("/etc/kvd.hold is there")
//		}
//		return nil
//	})
func Require(m *Map, holds func() error) { m.Predicates = append(m.Predicates, holds) }

// Before runs f when the update has been loaded and proved to fit, before anything is
// stopped. An error gives the update up. The program runs, and the update may still be
// given up after it: f is for asking, and for what does no harm then. A dry run calls it
// too.
//
//	framemap.Before(m, func() error {
//		_, err := os.Stat("/var/lib/kvd/schema-3")
//		return err
//	})
func Before(m *Map, f func() error) { m.Befores = append(m.Befores, f) }

// After runs f once the program runs in the new release.
func After(m *Map, f func()) { m.Afters = append(m.Afters, f) }

// A Stack is the piece of a stack that a rule makes.
type Stack struct{ work Work }

// Work is what a Stack does its work with; the updater implements it.
type Work interface {
	// Frame makes a frame inside the ones made before, with every local carried
	// over that the old frame holds by the same name and type.
	Frame(key string, point int) unsafe.Pointer
	// Carry converts the old frame's field at src, or one of an object that it leads to, into
	// the new frame's at dst; framemap.go takes them for fields of types new and old.
	Carry(dst, src unsafe.Pointer, new, old reflect.Type)
	// Late says that the program runs in the new release already.
	Late() bool
	// Point is where the old frame stands.
	Point() int
	// Inner is the old frame that the one being mapped has called, if it is one
	// of function key: the frame and its point.
	Inner(key string) (frame unsafe.Pointer, point int)
	// Outer is the nearest old frame outside the one being mapped that is one of
	// function key.
	Outer(key string) (frame unsafe.Pointer, point int)
	// FromVariable gives the field at dst the value that a variable of the new release
	// has, which framemap.go takes for one of type as, when the frame goes on.
	FromVariable(dst unsafe.Pointer, key string, as reflect.Type)
	// Shared is what has been made of an old variable; make makes it, once.
	Shared(old unsafe.Pointer, make func() unsafe.Pointer) unsafe.Pointer
	// Then runs f when the frames that are being made go on.
	Then(f func())
	// Start makes the entry frame of a goroutine that begins with function key
	// when the frames that are being made go on.
	Start(key string) unsafe.Pointer
}

// NewStack is for the updater.
func NewStack(w Work) *Stack { return &Stack{w} }

// Late says that the goroutine was parked at commit: the program runs in the new
// release already. What pointers in the old frame lead to is what it was when the update
// was made, or, if the goroutine has come through earlier updates, at the end of a release
// before: do not follow them farther than need be. Pointers to what lies very far are nil
// then.
func (s *Stack) Late() bool { return s.work.Late() }

// Point is the point of the old function that the frame stands at.
func (s *Stack) Point() int { return s.work.Point() }

// Frame makes the next frame, inside the ones made before.
func Frame[New any](s *Stack, key string, point int) *New {
	return (*New)(s.work.Frame(key, point))
}

// Inner is the old frame directly inside the one being mapped, and its point, if it
// is a frame of function key; else it is nil. It is for functions that were merged
// into their callers: At makes the one frame of both from the outer frame, and none
// from the inner one.
//
//	framemap.At(m, "example.com/kvd.serve", 2, func(s *framemap.Stack, o *was.Main_serve) {
//		n := framemap.Frame[is.Main_serve](s, "example.com/kvd.serve", 3)
//		if d, _ := framemap.Inner[was.Main_dispatch](s, "example.com/kvd.dispatch"); d != nil {
//			n.Name = d.Name
//		}
//	})
//	framemap.At(m, "example.com/kvd.dispatch", 1, func(s *framemap.Stack, o *was.Main_dispatch) {})
func Inner[Old any](s *Stack, key string) (o *Old, point int) {
	frame, point := s.work.Inner(key)
	return (*Old)(frame), point
}

// Outer is the nearest old frame outside the one being mapped that is a frame of
// function key, and its point; nil if there is none among those that wait for it
// without foreign code in between. It must only be read; Carry hands its fields over.
//
//	framemap.Locals(m, "example.com/kvd.(*client).read", func(s *framemap.Stack, o *was.Main_client_read, n *is.Main_client_read) {
//		if c, _ := framemap.Outer[was.Main_client_serve](s, "example.com/kvd.(*client).serve"); c != nil {
//			n.Line = c.Lines + 1
//		}
//	})
func Outer[Old any](s *Stack, key string) (o *Old, point int) {
	frame, point := s.work.Outer(key)
	return (*Old)(frame), point
}

// Shared is the variable that takes the place of an old one of another type. Variables
// that closures share, or whose address is taken, are held by pointer: frames of several
// goroutines, or several frames of one, lead to the same. make is called once for each;
// whoever comes later, at whatever time, gets what it has made.
//
//	framemap.Locals(m, "example.com/kvd.watch.func1", func(s *framemap.Stack, o *was.Main_watch_func1, n *is.Main_watch_func1) {
//		n.Total = framemap.Shared(s, o.Total, func(o *int32) *int64 {
//			n := int64(*o)
//			return &n
//		})
//	})
//
// All frames that lead to the variable must do so. What else holds its address, foreign
// code for instance, keeps the old one.
func Shared[Old, New any](s *Stack, old *Old, make func(o *Old) *New) *New {
	return (*New)(s.work.Shared(unsafe.Pointer(old), func() unsafe.Pointer { return unsafe.Pointer(make(old)) }))
}

// Carry hands the value of an old frame's field (that Inner or Outer gave, too) over to
// a new frame's field of another name. The value is converted as its type demands; a
// pointer can become an interface that its type has the methods of.
//
//	framemap.Carry(s, &n.Server, &o.Ctx.Server)
//
// src is written out, from the old frame on: its field, or one that this leads to, through
// structs of the program's own and pointers to them. The objects between are as they were
// at the end of the old release, whenever the goroutine comes back: those whose types the
// update changes, or whose types are gone.
func Carry[New, Old any](s *Stack, dst *New, src *Old) {
	s.work.Carry(unsafe.Pointer(dst), unsafe.Pointer(src), reflect.TypeFor[New](), reflect.TypeFor[Old]())
}
