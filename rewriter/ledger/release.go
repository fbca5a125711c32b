package ledger

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/upstarego/upstarego/runtime/moved"
)

// A Release is all that a release says about itself: enough to build the next
// one without its source tree.
type Release struct {
	Number    int      `json:"number"`         // in its lineage, from 1
	Back      bool     `json:"back,omitempty"` // it is the program of the release before its base once more
	Lineage   string   `json:"lineage"`        // node of the first release
	GoVersion string   `json:"goVersion"`
	GOOS      string   `json:"goos"`
	GOARCH    string   `json:"goarch"`
	Flags     []string `json:"flags"` // that a lineage keeps
	Main      string   `json:"main"`  // import path of the program
	Own       []string `json:"own"`   // instrumented packages
	Runtime   string   `json:"runtime"`

	Symbols *Symbols          `json:"symbols"`
	Hashes  map[string]string `json:"hashes"` // source hashes of packages outside the standard library
	Funcs   []Func            `json:"funcs"`
	Leaves  []Leaf            `json:"leaves,omitempty"`
	Types   []TypeDecl        `json:"types"`            // by key
	Vars    []VarDecl         `json:"vars"`             // by key
	Sources map[string]string `json:"sources"`          // import path + "/" + file name → source of own packages as written
	Mapped  []string          `json:"mapped,omitempty"` // functions that frame maps of the lineage call, by their full names
	Begun   []string          `json:"begun,omitempty"`  // and those that they start goroutines with
	Passes  []Pass            `json:"passes,omitempty"` // of the lineage up to here, the first release's first
	Older   bool              `json:"older,omitempty"`  // some step of the lineage up to here has changed a type
	Trust   string            `json:"trust,omitempty"`  // public keys, PEM, that its executable trusts by itself
	Tree    *Tree             `json:"tree"`             // the rest of what a build of it reads; nil in a ledger from before there was one

	Paths    moved.Paths `json:"-"` // see In
	original *Release
}

// String is what a reader calls the release: "release 3".
func (r *Release) String() string {
	if r.Back {
		return fmt.Sprintf("release %d (release %d once more)", r.Number, r.Number-2)
	}
	return fmt.Sprintf("release %d", r.Number)
}

// Node is the release's node.
func (r *Release) Node() string { return r.Symbols.Node }

// A Func is an instrumented function.
type Func struct {
	Key     string  `json:"key"`
	File    string  `json:"file"`    // import path + "/" + file name
	Line    int     `json:"line"`    // where it begins
	End     int     `json:"end"`     // where it ends
	Hash    string  `json:"hash"`    // of its source text
	Results string  `json:"results"` // types, with package paths
	Gate    bool    `json:"gate"`
	Starts  bool    `json:"starts,omitempty"`  // a go statement or foreign code may begin with it, and so may framemap.Go
	Go      bool    `json:"go,omitempty"`      // a go statement may start it
	Outside bool    `json:"outside,omitempty"` // code that is not own may call it, from anywhere
	Base    bool    `json:"base,omitempty"`    // marked go:uintptrescapes: who calls it stays on the stack
	Brief   bool    `json:"brief,omitempty"`   // goroutines leave it by themselves before long: they wait for nobody in it
	Closed  string  `json:"closed,omitempty"`  // of a literal that uses nothing of the function that it stands in, what it calls packages
	Direct  bool    `json:"direct,omitempty"`  // nothing has its value: own code calls, defers or starts it by its name, or where it stands
	Points  []Point `json:"points"`
	Frame   []Field `json:"frame"`
	// Of a function with a gate, what callers of later releases may hand over to it. Held: its
	// value is taken. Registers: it has all of its arguments in registers. Receiver is the field
	// of its frame, if a method expression of it is a value somewhere; Wrapped: not the method
	// itself is that value.
	Params     []Param `json:"params,omitempty"`
	Held       bool    `json:"held,omitempty"`
	Registers  bool    `json:"registers,omitempty"`
	Receiver   string  `json:"receiver,omitempty"`
	Expression bool    `json:"expression,omitempty"`
	Wrapped    bool    `json:"wrapped,omitempty"`
	// Text is the source, for comparison: a first line, one for each name of the
	// signature, and one for each statement or, where others are nested in it, for what
	// stands before them. Tokens are set apart by spaces, nesting is shown by
	// tabs, ‹k› stands for the local variable that is called Vars[k],
	// and ‹func› for the function itself.
	Text []string `json:"text,omitempty"`
	Vars []string `json:"vars,omitempty"`
	// Of a function that has no point besides its entry only those Effects are there
	// that are followed from function to function.
	Effects []Effect `json:"effects,omitempty"` // in source order
	Calls   []Call   `json:"calls,omitempty"`
	// Size is that of the frame struct: a word for the point, then Frame's fields.
	Size int64 `json:"size"`
}

// A Point is a place where a frame may stand. Point 0 is the entry.
type Point struct {
	What string   `json:"what"`           // source text of the operation
	Form string   `json:"form,omitempty"` // What, as in the function's Text
	In   int      `json:"in,omitempty"`   // the line of Text that it stands in
	Line int      `json:"line"`
	Live []string `json:"live,omitempty"` // fields of the frame that mean something here

	Kind    string   `json:"kind,omitempty"`    // call, park, lock, select, poll, recover; "" at the entry
	Callee  string   `json:"callee,omitempty"`  // what is called, as written
	Func    string   `json:"func,omitempty"`    // the full name of that function or method, if it is known
	Calls   string   `json:"calls,omitempty"`   // the key of that function, if it is one of Funcs and can be no other
	Results string   `json:"results,omitempty"` // types of what a frame inside this one returns
	Cases   []string `json:"cases,omitempty"`   // of a select, as written
	Path    []string `json:"path,omitempty"`    // headers of the statements around it, outermost first

	// Brief: goroutines leave it by themselves before long. They wait for nobody there, but
	// perhaps for a lock, a write, a file.
	Brief bool `json:"brief,omitempty"`
	// Held are the locks that the function may hold here, by the keys of the Effects
	// that took them. What is deferred has not been done.
	Held []string `json:"held,omitempty"`

	// What a foreign call may read and write while it is in flight: own types that
	// its operands lead to (Pins), own structs that memory it is given is part of
	// (Within), element types of other memory it is given (Into).
	Pins   []string `json:"pins,omitempty"`
	Within []string `json:"within,omitempty"`
	Into   []string `json:"into,omitempty"`
}

// A Param is a parameter: the field of the frame, "" if it has no name, and its type.
type Param struct {
	Name string `json:"name,omitempty"`
	Type string `json:"type"`
}

// A Field is a field of a function's frame record.
type Field struct {
	Name  string `json:"name"`
	Type  string `json:"type"`            // in the ledger's notation
	Boxed bool   `json:"boxed,omitempty"` // held by pointer
	Under string `json:"-"`               // see Release.Underlie

	// Source is the variable's name in the source. A field without one is the
	// rewriter's own, and Role says what it is for: see package match.
	Source string `json:"source,omitempty"`
	Role   string `json:"role,omitempty"`
	Decl   string `json:"decl,omitempty"` // first line of what declares the variable
	Var    int    `json:"var,omitempty"`  // its number in the function's Text, and 1; 0: none

	// In is the line of Text that one of the rewriter's own belongs to, and Part what it
	// is of that; 0: it belongs to a point, or to none.
	In   int    `json:"in,omitempty"`
	Part string `json:"part,omitempty"`

	// Of variables of the source, as far as their own function declares them. Alone: no literal
	// has it, and nothing its address. Init is what it begins with, if that is a constant or
	// BornZero. Facts has a letter for every point: 'a' and the sum of those of Owned, Settled
	// and Initial that hold there.
	Alone bool   `json:"alone,omitempty"`
	Init  string `json:"init,omitempty"`
	Facts string `json:"facts,omitempty"`

	Offset int64  `json:"offset"`
	Size   int64  `json:"size"` // of the field: a box is a word
	Align  int64  `json:"align"`
	Words  string `json:"words,omitempty"`
}

// What holds of a variable at a point; see Field.Facts.
const (
	Owned   = 1 << iota // no literal and no pointer leads to it yet
	Settled             // nothing gives it another value from here on
	Initial             // nothing has given it another value than Init
)

// Holds reports whether something is known to hold of a variable at a point.
func (f *Field) Holds(fact, point int) bool {
	return fact == Owned && f.Alone || point < len(f.Facts) && int(f.Facts[point]-'a')&fact != 0
}

// Deferred is the deferred call, as written, that a field belongs to by its role; "" if
// it is none of one.
func Deferred(role string) string {
	call, ok := strings.CutPrefix(role, "defer ")
	if !ok {
		return ""
	}
	return call[:max(0, strings.LastIndexByte(call, '#'))]
}

// trailer ends a file that carries a release: length of the packed release,
// then the mark.
const mark = "UPSTARE-LEDGER\n\x00"

// ErrNone says that a file carries no release.
var ErrNone = errors.New("it carries no ledger: it was not built by upstarego, or was stripped since")

// Pack gives the bytes to append to an executable.
func (r *Release) Pack() ([]byte, error) {
	text, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(text); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	n := uint64(b.Len())
	var size [8]byte
	binary.LittleEndian.PutUint64(size[:], n)
	b.Write(size[:])
	b.WriteString(mark)
	return b.Bytes(), nil
}

// Read reads the release that an executable carries.
func Read(path string) (*Release, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	tail := make([]byte, 8+len(mark))
	if st.Size() < int64(len(tail)) {
		return nil, ErrNone
	}
	if _, err := f.ReadAt(tail, st.Size()-int64(len(tail))); err != nil {
		return nil, err
	}
	n := int64(binary.LittleEndian.Uint64(tail))
	if string(tail[8:]) != mark || n <= 0 || n > st.Size()-int64(len(tail)) {
		return nil, ErrNone
	}
	packed := make([]byte, n)
	if _, err := f.ReadAt(packed, st.Size()-int64(len(tail))-n); err != nil {
		return nil, err
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("its ledger is damaged: %w", err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		return nil, fmt.Errorf("its ledger is damaged: %w", err)
	}
	r := &Release{}
	if err := json.Unmarshal(text, r); err != nil {
		return nil, fmt.Errorf("its ledger is damaged: %w", err)
	}
	return r, nil
}
