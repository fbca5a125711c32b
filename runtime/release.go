package runtime

import (
	"iter"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"time"
	"unsafe"

	_ "github.com/upstarego/upstarego/runtime/room"
)

// A Func is one function of one release, as capture and rebuild see it.
type Func struct {
	// Key names the function in the lineage: package path, receiver, name,
	// and for closures the path of literals inside it.
	Key string

	// Frame is the struct type of its frame records.
	Frame reflect.Type

	// Points is the number of points, point 0 (the entry) included.
	Points int

	// PointPos has the source position (file:line) of each point, one a line, as the
	// compiler records it for the call or operation there; of the file the base name, if
	// the release has been told of it. It is one string and not many, because a release
	// that nobody is in any more keeps all of them.
	PointPos string

	// Params names the fields of Frame that are parameters, for functions with a
	// gate; Boxes names those of them that point to the parameter.
	Params, Boxes []string

	// Held: its value is taken, so that somebody may have it when later releases have
	// come.
	Held bool

	// Receiver names the field of Frame that is the receiver, for methods with a gate.
	Receiver string

	// Expression: a method expression of it is a value somewhere, which has its receiver from
	// its caller. Wrapped: not the method itself is that value, but what takes the receiver out
	// of another object first, or the frame has a pointer to the receiver.
	Expression, Wrapped bool

	// Registers: it is handed all of its arguments in registers.
	Registers bool

	// Deferred: the literal of a defer statement.
	Deferred bool

	// Silent are the points where nothing polls: calls of recover.
	Silent []int

	// ChanOps are the operations on channels that name them to the runtime.
	ChanOps []ChanOp

	// Results is the type of the function that Bind returns.
	Results reflect.Type

	// Bind makes the frame at point pt into a function to call: a
	// func() with the function's results, as an interface value.
	Bind func(pt int, frame unsafe.Pointer) any

	rel      *Release
	file     string                          // that it is in, "" if that is not known
	template *Func                           // of an instance
	marks    atomic.Pointer[[]atomic.Uint32] // by point: what the stress report knows
	made     atomic.Pointer[made]            // of a generic function: its instances
}

// Release returns the release the function belongs to.
func (f *Func) Release() *Release { return f.rel }

// A Frame is a frame record: a function, the point it stands at, and its live
// locals as a pointer to a struct of type Fn.Frame.
type Frame struct {
	Fn   *Func
	Pt   int
	Data unsafe.Pointer

	// Args is set for a call that newer code made through a function value of an
	// earlier release: parameters are as that release, whose code called, has
	// them; what the function captured is as Fn's release left it.
	Args *Release

	// Passed is set with Args if the receiver is a parameter, too: a method expression was called.
	Passed bool

	// Own is set for an outermost frame if own code waits for what it returns, Reflected if
	// package reflect has called it, but for main, and it has parameters.
	Own, Reflected bool
}

// A Release is one build of the program in this process.
type Release struct {
	ID   string // the build's hash
	Word *atomic.Uint32

	Funcs map[string]*Func        // until it is sealed: see Func
	Types map[string]reflect.Type // package path + "." + name
	// Instances are those of generic types, which have no key of their own: values of
	// them may be held by interfaces alone.
	Instances []reflect.Type
	Vars      map[string]reflect.Value // package path + "." + name → addressable variable
	Files     map[string]bool          // source files of own code, as the compiler recorded them
	Inits     map[string]Init          // of variables with an initialiser

	// Text is where the release's code lies, from and to; zero if that is not known.
	Text [2]uintptr

	// Number counts the releases of this process, from 1; set when it becomes
	// current.
	Number int

	// Since is when it became current.
	Since time.Time

	// Convert turns the frames (innermost first) of a goroutine that was parked when
	// this release took the place of the one before it into frames of this one. It
	// is nil for the first. It is called by many goroutines at once while the
	// program runs. onward, unless it is nil, is to be called before the new frames go
	// on, and when they are in the newest release. An error comes with the frames that
	// could be made: the goroutine panics with it in the innermost of them, and so it
	// does with one of onward. again says that what the innermost frame's operation
	// yielded does not count.
	Convert func(frames []Frame, again bool) (new []Frame, onward func() error, err error)

	file  string  // of the functions that are being entered
	funcs []*Func // by Key, once it is sealed
	next  atomic.Pointer[Release]
}

// NewRelease returns an empty release that polls word w.
func NewRelease(id string, w *atomic.Uint32) *Release {
	return &Release{
		ID: id, Word: w,
		Funcs: map[string]*Func{},
		Types: map[string]reflect.Type{},
		Vars:  map[string]reflect.Value{},
		Files: map[string]bool{},
		Inits: map[string]Init{},
	}
}

// AddFunc enters a function; generated code calls it once per function.
func (r *Release) AddFunc(f *Func) {
	f.rel = r
	f.file = r.file
	r.Funcs[f.Key] = f
	f.count()
}

// Func is the function with that key, nil if there is none.
func (r *Release) Func(key string) *Func {
	if r.Funcs != nil {
		return r.Funcs[key]
	}
	if i, ok := slices.BinarySearchFunc(r.funcs, key, func(f *Func, key string) int { return strings.Compare(f.Key, key) }); ok {
		return r.funcs[i]
	}
	return nil
}

// AllFuncs are the functions, in no order.
func (r *Release) AllFuncs() iter.Seq[*Func] {
	if r.Funcs != nil {
		return maps.Values(r.Funcs)
	}
	return slices.Values(r.funcs)
}

// Seal is called when everything has been entered, before the release becomes current: it
// stays as long as the process runs, and so does what finds its functions.
func (r *Release) Seal() {
	if r.Funcs == nil {
		return
	}
	r.funcs = slices.SortedFunc(maps.Values(r.Funcs), func(f, g *Func) int { return strings.Compare(f.Key, g.Key) })
	r.funcs, r.Funcs = slices.Clip(r.funcs), nil
}

// Superseded drops what only the making of the next release has asked for.
func (r *Release) Superseded() { r.Types, r.Instances, r.Inits = nil, nil, nil }

// count adds the function's points behind its entry.
func (f *Func) count() { stats.points.Add(uint64(max(f.Points-1, 0) - len(f.Silent))) }

// Pos is the position of a point, "" if it has none. Its file is named as the compiler
// recorded it, which the rewriter cannot know: base names are not unique.
func (f *Func) Pos(pt int) string {
	if pt < 0 {
		return ""
	}
	all := f.PointPos
	for ; pt > 0; pt-- {
		_, rest, more := strings.Cut(all, "\n")
		if !more {
			return ""
		}
		all = rest
	}
	pos, _, _ := strings.Cut(all, "\n")
	base, line, ok := strings.Cut(pos, ":")
	if f.file == "" || !ok {
		return pos
	}
	file := f.file
	if !strings.HasSuffix(file, "/"+base) {
		file = f.rel.fileNamed(base) // a //line directive
	}
	if file == "" {
		return pos
	}
	return file + ":" + line
}

// fileNamed is the only file with a base name, or "".
func (r *Release) fileNamed(base string) (file string) {
	for f := range r.Files {
		if strings.HasSuffix(f, "/"+base) {
			if file != "" {
				return ""
			}
			file = f
		}
	}
	return file
}

// AddType enters a named type.
func (r *Release) AddType(key string, t reflect.Type) { r.Types[key] = t }

// AddInstance enters an instance of a generic type.
func (r *Release) AddInstance(t reflect.Type) { r.Instances = append(r.Instances, t) }

// AddVar enters a package variable; p points to it.
func (r *Release) AddVar(key string, p any) { r.Vars[key] = reflect.ValueOf(p).Elem() }

// AddInit enters the function that gives variables their initial values: one result
// for each key, of the variable's type or an any that holds it. "" is the key of a
// result that nobody keeps.
func (r *Release) AddInit(f any, keys ...string) {
	for i, k := range keys {
		if k != "" {
			r.Inits[k] = Init{f, i}
		}
	}
}

// Init is where a variable's initial value comes from.
type Init struct {
	Func   any // func() (T, …)
	Result int // which of its results
}

// AddFile enters the file of its caller; functions that are entered next are in it.
func (r *Release) AddFile() {
	r.file = callerFile()
	r.Files[r.file] = true
}

// current is the newest committed release.
var current atomic.Pointer[Release]

// Current returns the newest committed release.
func Current() *Release { return current.Load() }

// ownFiles is every own source file of every release: a frame in one of them is an
// instrumented frame. Replaced as a whole, read without a lock.
var ownFiles atomic.Pointer[fileSet]

// A fileSet is a sorted list. It is no map, because Go's maps tell the race detector
// of every access, which knows nothing of how this one is published.
type fileSet []string

// compareFiles looks at the lengths first: names have long beginnings in common.
func compareFiles(a, b string) int {
	if d := len(a) - len(b); d != 0 {
		return d
	}
	return strings.Compare(a, b)
}

func (s fileSet) has(file string) bool {
	_, ok := slices.BinarySearchFunc(s, file, compareFiles)
	return ok
}

func addFiles(r *Release) {
	var all fileSet
	if p := ownFiles.Load(); p != nil {
		all = slices.Clone(*p)
	}
	for f := range r.Files {
		all = append(all, f)
	}
	slices.SortFunc(all, compareFiles)
	all = slices.Compact(all)
	ownFiles.Store(&all)
	forgetKnown()
}

// First makes r the release that the process starts with. The generated main
// calls it before main.main.
func First(r *Release) {
	r.Seal()
	r.Number, r.Since = 1, time.Now()
	addFiles(r)
	first.Store(r)
	current.Store(r)
	initStress(r.Word)
	go register() // it may take long, and nobody waits for it
}
