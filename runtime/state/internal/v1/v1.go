// Package v1 holds the types of an old release, for the tests of package state.
package v1

import (
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"weak"
)

// Entry is changed: v2 adds fields and moves others.
type Entry struct {
	ID    int64
	Name  string
	Next  *Entry
	Tags  [4]byte
	Inner Inner
	any   any
}

// Any reads the field that is not exported.
func (e *Entry) Any() any { return e.any }

// SetAny writes it.
func (e *Entry) SetAny(v any) { e.any = v }

// Label makes *Entry a Labeler.
func (e *Entry) Label() string { return "v1 " + e.Name }

// Labeler is the same type in both releases, as the tests use this one.
type Labeler interface{ Label() string }

// Inner is shared by both releases.
type Inner struct{ N int }

// Guard is changed and holds objects that mind being moved.
type Guard struct {
	Mu    sync.Mutex
	RW    sync.RWMutex
	WG    sync.WaitGroup
	Cond  *sync.Cond
	Own   sync.Cond
	Build strings.Builder
	Pool  sync.Pool
	Once  sync.Once
	Sync  sync.Map
	E     *Entry
}

// Holder is affected: it mentions Entry and keeps its layout.
type Holder struct {
	Mu    sync.Mutex
	First *Entry
	All   []*Entry
	ByID  map[int64]*Entry
	Any   any
	Label Labeler
	Peer  *Holder
	Chan  chan *Entry
	PP    **Entry
	Arr   [3]*Entry
	Fn    func() *Entry
	Cur   atomic.Pointer[Entry]
	Sync  sync.Map
}

// Table is changed because it holds Entry by value.
type Table struct {
	Rows   []Entry
	Fixed  [2]Entry
	One    Entry
	ByName map[string]Entry
	ByPtr  map[*Entry]int
	ByAny  map[any]string
	Queue  chan Entry
	Self   *Table
	Last   *Entry
}

// Key is changed and used as a map key.
type Key struct{ A, B int32 }

// Node is changed and recursive.
type Node struct {
	ID   int
	Next *Node
	P    *Node
	Kids []*Node
	Any  any
	In   *Inner
	Own  Inner
	Refs map[int]*Node
}

// Pair is generic.
type Pair[T any] struct {
	A, B T
}

// Box is changed and holds instances.
type Box struct {
	P  Pair[*Entry]
	Q  *Pair[Entry]
	At atomic.Pointer[Entry]
}

// List is recursive through a slice of itself.
type List []List

// ID is a number here.
type ID int

// Job is changed by a Convert function.
type Job struct {
	ID    ID
	Secs  int
	Owner *Entry
}

// Nothing has no size yet.
type Nothing struct{}

// Word has one word, so interfaces hold it directly.
type Word struct{ P *Entry }

// Item is for benchmarks.
type Item struct {
	ID   int64
	Name string
	Next *Item
	Tags [2]int32
	P    *Item
}

// Far is affected, and leads to entries by what are no pointers.
type Far struct {
	Weak, Same, Gone weak.Pointer[Entry]
	Name             weak.Pointer[string]
	Count            map[weak.Pointer[Entry]]int
	Values           []reflect.Value
	Pool             sync.Pool
}

// Datum is changed, and part of what follows.
type Datum struct {
	ID    int64
	Text  string
	Price float64
}

// Link is a list's.
type Link struct {
	Datum
	Next *Link
}

// Leaf is a tree's.
type Leaf struct {
	Datum
	Left, Right *Leaf
}
