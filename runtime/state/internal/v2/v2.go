// Package v2 holds the types of a new release, for the tests of package state.
package v2

import (
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"weak"

	"github.com/upstarego/upstarego/runtime/state/internal/v1"
)

// Entry has new fields, and its old ones at other offsets.
type Entry struct {
	Extra bool
	Inner v1.Inner
	Name  string
	ID    int64
	any   any
	Next  *Entry
	Tags  [4]byte
	When  int64
}

// Any reads the field that is not exported.
func (e *Entry) Any() any { return e.any }

// Label makes *Entry a Labeler.
func (e *Entry) Label() string { return "v2 " + e.Name }

// Holder mentions Entry and keeps its layout.
type Holder struct {
	Mu    sync.Mutex
	First *Entry
	All   []*Entry
	ByID  map[int64]*Entry
	Any   any
	Label v1.Labeler
	Peer  *Holder
	Chan  chan *Entry
	PP    **Entry
	Arr   [3]*Entry
	Fn    func() *Entry
	Cur   atomic.Pointer[Entry]
	Sync  sync.Map
}

// Guard has its fields in another order.
type Guard struct {
	Added bool
	Sync  sync.Map
	Once  sync.Once
	Pool  sync.Pool
	Build strings.Builder
	Own   sync.Cond
	Cond  *sync.Cond
	WG    sync.WaitGroup
	RW    sync.RWMutex
	Mu    sync.Mutex
	E     *Entry
}

// Table holds Entry by value.
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

// Key is wider.
type Key struct {
	B, A int32
	C    int64
}

// Node has its fields in another order.
type Node struct {
	Refs  map[int]*Node
	Own   v1.Inner
	In    *v1.Inner
	Any   any
	Kids  []*Node
	P     *Node
	Next  *Node
	Added string
	ID    int
}

// Box holds instances.
type Box struct {
	New int
	P   v1.Pair[*Entry]
	Q   *v1.Pair[Entry]
	At  atomic.Pointer[Entry]
}

// ID is a string now.
type ID string

// Job has its time in milliseconds.
type Job struct {
	ID     ID
	Millis int
	Owner  *Entry
}

// Nothing has a size.
type Nothing struct{ X int }

// Word has more than one word.
type Word struct {
	P *Entry
	N int
}

// Item is for benchmarks.
type Item struct {
	ID    int64
	Extra bool
	Name  string
	Next  *Item
	P     *Item
	Tags  [2]int32
	When  int64
}

// Far leads to entries by what are no pointers.
type Far struct {
	Weak, Same, Gone weak.Pointer[Entry]
	Name             weak.Pointer[string]
	Count            map[weak.Pointer[Entry]]int
	Values           []reflect.Value
	Pool             sync.Pool
}

// Datum has one more field, and another order.
type Datum struct {
	Text  string
	ID    int64
	Stock int64
	Price float64
}

// Link has a Datum in it.
type Link struct {
	Datum
	Next *Link
}

// Leaf has a Datum in it.
type Leaf struct {
	Datum
	Left, Right *Leaf
}
