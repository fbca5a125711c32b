// Package check proves that a release's framemap.go is total: every frame, field
// and variable of the release before it that may exist when the update is
// committed has a place in the new one, by itself or by a rule.
//
// It reads framemap.go, which is why keys and points must be constants there, and
// type-checks it against the mirrors of both releases.
package check

import (
	"go/types"
	"slices"

	"github.com/upstarego/upstarego/internal/diag"
	"github.com/upstarego/upstarego/rewriter/ledger"
	"github.com/upstarego/upstarego/rewriter/match"
)

// An Input is one step of a lineage.
type Input struct {
	Old, New *ledger.Release
	Matches  []match.Func // match.Funcs(Old, New)

	// File is the path of framemap.go. Source is its text; nil means that the
	// file is read, and one that does not exist is an empty map.
	File   string
	Source []byte

	// Imports gives framemap.go and the mirrors the packages that they import,
	// besides framemap itself. NewImporter makes one.
	Imports types.Importer

	// There is, on the way back, the step that it takes back.
	There *Input
}

// PackageName is what a package that framemap.go may import is called, "" if it cannot be
// imported.
func (in Input) PackageName(path string) string {
	if p, err := in.Imports.Import(path); err == nil {
		return p.Name()
	}
	return ""
}

// Rules are what the update's build needs to know about the map.
type Rules struct {
	// Exists says that there is a framemap.go to compile.
	Exists bool
	// Mirrors are the mirrors that framemap.go names, of the old and the new
	// release: what mirror.Files needs to print.
	Was, Is map[string]bool

	Funcs []Resolved // every function of the old release, in its order
	// Fresh are the variables that start with the new release's initial value
	// although the old release has them: their initialiser changed, and nothing
	// changes them after it.
	Fresh []string
	// Carried are the variables whose initialiser changed and that keep what they hold, because
	// something may have changed it: for review.
	Carried []*ledger.VarDecl
	// Changes are the types that are not what they were, with what becomes of their fields.
	Changes []Change
	// Types are the new types that framemap.Type has a function for.
	Types []string
	// Given are the variables that the map gives a value to.
	Given []string

	// Late are the new release's variables that frames may be given the value of when a
	// goroutine comes back, at any time.
	Late []string
	// Emptied are the old release's variables that nothing comes to any more, rules neither.
	Emptied []string

	// Entries are the functions that the map starts goroutines with, and their
	// parameters that frames hold by pointer.
	Entries map[string][]string

	// Begun are the functions that the new release starts with go, that nothing of the
	// old one becomes, and that the map does not start either: a program that is
	// updated has no such goroutines.
	Begun []string

	// Lineage says of every release up to the base what becomes of its points, the
	// first one's first.
	Lineage []Since

	// Warnings are about what the map reads and what may not be there; it may be meant.
	Warnings diag.List

	// Said is, on the way back, what the map of the way there says; nil if that is
	// broken.
	Said *Said

	// Notes are changes between points that nobody is asked about: for review.
	Notes []match.Concern

	// Kept are the points that are kept free without a rule: for review.
	Kept []Kept
	// Inferred are the values that objects of changed types get without a rule: for review.
	Inferred []Inferred

	// Pointed are locals that point at the variable that they were: for review.
	Pointed []Pointed

	// Gaps are what is left to decide; each has a diagnostic too.
	Gaps []Gap

	touched *touched
}

// A Pointed is a local of a function of the new release: a pointer to what was the variable itself.
type Pointed struct {
	Func *ledger.Func
	Name string
}

// A Gap is one thing that neither matches nor rules settle. Which fields are set
// tells what it is.
type Gap struct {
	Func  *match.Func // a point or a local of this function's frames
	Point int
	Needs []string // fields of the new frame; the point is settled otherwise,
	To    int      // and goes here

	Concern *match.Concern // frames would skip something, or do it twice; Func is nil

	Type *Change // fields of this type, or all of it if it changed as a whole
	Open []FieldChange

	Var, OldVar *ledger.VarDecl

	// Results: somebody waits for what Func returned. Turns says that framemap.Results
	// could turn new results into that.
	Results, Turns bool
}

// A Resolved function is where its frames go when all is taken together.
type Resolved struct {
	Old      string
	New      string          // "": nowhere by itself
	Last     int             // the old function's last point
	Relation *match.Relation // of their texts; nil if New is ""
	// Points maps old points to new ones; -1: not mapped, or by At, or kept free.
	// nil: every point to the same one.
	Points []int
	// Moves says which field of the old frame each field of the new one is
	// carried over from; a field without an entry starts at zero. nil: from the
	// one with the same name.
	Moves map[string]string
	// MovesAt is Moves for frames at old points that share their new point with
	// another one: what belongs to a point comes from the one that the frame is at.
	MovesAt map[int]map[string]string
	// Begun are, by old point, the locals that the old frame does not hold there and that are
	// what they are declared with: see match.Begins.
	Begun map[int][]*ledger.Field
	// missing are, by old point, the fields of the new frame that the old one has nothing for.
	missing map[int][]string

	Fill  bool           // framemap.Locals has a function for it
	Told  []int          // points that framemap.Func maps
	At    []int          // points that framemap.At makes frames for
	Leads map[int][]Lead // the frames that it may make there
	Never []int          // points that are kept free, by framemap.Never or because nobody stays there
	Kept  map[int]string // those of them that framemap.Never does not name, and why
	// Accept: frames skip something, or do it twice, and framemap.Accept says that they may.
	Accept bool
	// Starts are the functions that rules for its frames may start goroutines with.
	Starts []string
	// Pinned are points whose foreign calls must be over at commit: they may use
	// memory that the update moves.
	Pinned []int
}

// A Lead is a point of the new release at which a frame may be made, and which field of
// the old one each of its fields is carried over from.
type Lead struct {
	Key   string
	Point int
	Moves map[string]string
}

// Original are the rules with functions, types and variables of the old release under the
// names that it has for them itself: see ledger.Release.In.
func (r *Rules) Original(old *ledger.Release) *Rules {
	if r == nil || old == nil || len(old.Paths) == 0 {
		return r
	}
	back := old.Paths.Back()
	c := *r
	c.Funcs = slices.Clone(r.Funcs)
	for i := range c.Funcs {
		c.Funcs[i].Old = back.Key(c.Funcs[i].Old)
	}
	c.Inferred = slices.Clone(r.Inferred)
	for i := range c.Inferred {
		c.Inferred[i].Old = back.Key(c.Inferred[i].Old)
	}
	c.Emptied = slices.Clone(r.Emptied)
	for i := range c.Emptied {
		c.Emptied[i] = back.Key(c.Emptied[i])
	}
	return &c
}

// Check proves the map of in.File total. It reports everything that is missing or
// wrong. Rules are nil if there is an error in framemap.go itself.
func Check(in Input) (*Rules, diag.List) {
	c := newChecker(in)
	c.read()
	var r *Rules
	if !c.broken {
		r = c.resolve()
	}
	c.diags.Sort()
	return r, c.diags
}
