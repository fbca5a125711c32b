// Package desugar brings own functions into a normal form in which every call
// that may reach an update point, and every operation that may park, is a
// statement of its own (Op). Both bodies of a function are printed from it.
//
// The order of evaluation is gc's, not only the specification's: calls, type
// assertions, conversions and len/cap that come before a point are hoisted in
// source order; plain loads of variables, fields and elements stay in place.
package desugar

import (
	"go/ast"
	"go/token"
	"go/types"

	"github.com/upstarego/upstarego/rewriter/colour"
)

// A Var is a local variable, parameter, result or temporary of a declaration's
// tree of functions.
type Var struct {
	Obj  types.Object // nil for temporaries
	Name string       // unique in the tree
	Fast string       // its name in the fast body; differs only for type switch symbols
	Type types.Type

	// Boxed: captured and reassigned, or its address is taken. Frames hold a
	// pointer to it, so that it stays one variable.
	Boxed bool

	// Owner is the function that declares it.
	Owner *Func

	// Top: declared at the top of the fast body, because a defer needs it at
	// every later point.
	Top bool
}

// A Func is one function declaration or literal in normal form.
type Func struct {
	Key    string
	ID     string // its part of generated identifiers
	Index  int    // among its package's instrumented functions
	Decl   *ast.FuncDecl
	Lit    *ast.FuncLit
	Parent *Func // nil for declarations and for literals in variable initialisers
	Tree   *Tree

	Sig     *types.Signature
	Recv    *Var
	Params  []*Var // nil entries for blank and unnamed ones
	Results []*Var // nil unless named

	// OwnResults: the source has no names for the results.
	OwnResults bool
	Info       *colour.Info

	// Range is the range statement over a function whose body has become this
	// literal, which has no syntax of its own.
	Range *ast.RangeStmt

	Deferred bool // the literal of a defer statement

	// Base: its frames are bases whoever calls it. It is marked go:uintptrescapes:
	// its caller's frame keeps objects alive and is not captured before it returns.
	Base bool

	Rewrite bool // instrumented: pausable, gated or deferred; else its text stays

	Captured   []*Var
	Body       []Stmt
	Points     []*Point // index = number; Points[0] is the entry
	Defers     []*Defer
	HasLog     bool // a defer in a loop: armed defers are a log, not flags
	Log        *Var // the log, if bodies of ranges over functions share it
	Locals     []*Var
	HasRecover bool

	// DefersRecover: it has a defer recover() that works if the function is itself
	// deferred, called by a panic, and returns.
	DefersRecover bool
}

// Pausable reports whether the function has points after its entry.
func (f *Func) Pausable() bool { return len(f.Points) > 1 }

// Node returns the declaration or literal.
func (f *Func) Node() ast.Node {
	if f.Decl != nil {
		return f.Decl
	}
	return f.Lit
}

// Type returns the function's syntax.
func (f *Func) Type() *ast.FuncType {
	if f.Decl != nil {
		return f.Decl.Type
	}
	return f.Lit.Type
}

// Block returns the function's body.
func (f *Func) Block() *ast.BlockStmt {
	if f.Decl != nil {
		return f.Decl.Body
	}
	return f.Lit.Body
}

// A Point is a place where a frame may stand.
type Point struct {
	N    int
	Pos  token.Pos
	What string // source text of the operation, for maps and messages
	Live []*Var // in the order of Func.Locals
	Op   *Op
}

// X is a piece of text with parts that depend on where it is printed. Args are
// ast.Node, types.Type, *Var, *Func (a literal), Runtime, X or string.
type X struct {
	Fmt  string
	Args []any
}

// RuntimePath is the import path of what generated code leans on.
const RuntimePath = "github.com/upstarego/upstarego/runtime"

// Runtime stands for the name under which a file imports the runtime.
type Runtime struct{}

// N is the text of a node.
func N(n ast.Node) X { return X{"%s", []any{n}} }

// V is a variable.
func V(v *Var) X { return X{"%s", []any{v}} }

// T is fixed text.
func T(s string) X { return X{"%s", []any{s}} }

// F is formatted text; %s stands for each argument.
func F(format string, args ...any) X { return X{format, args} }

// A Stmt is a statement in normal form.
type Stmt interface{ At() token.Pos }

// An LHS is a place that receives a value: a variable of this function.
type LHS struct {
	Var *Var // nil: blank
	New bool // declared here
}

type (
	// Simple has no point inside and declares nothing at its own level.
	Simple struct {
		P token.Pos
		X X
	}
	// Define declares or sets variables. Explicit: the type is written out.
	Define struct {
		P        token.Pos
		Lhs      []LHS
		Rhs      X
		Explicit bool
	}
	// Zero declares a variable without a value.
	Zero struct {
		P   token.Pos
		Var *Var
	}
	// Op is an operation that may reach an update point, and its poll.
	Op struct {
		P     token.Pos
		Kind  OpKind
		Lhs   []LHS
		Rhs   X
		Try   X    // OpLock: the attempt that does not wait
		Park  X    // the mark that names what the operation waits for, "" if it is not known
		Chans X    // the channels that it waits for, those of a select in order, "" if they do not matter
		Send  bool // OpPark: of a channel
		Once  bool // OpPark: a call of OnceDo, which marks by itself
		Comms []Comm
		Index *Var // OpSelect: which case was taken
		Point *Point
		Types []types.Type // of the results, for the rebuilt call

		// Via, if not nil, has a temporary for each of Lhs that other frames have
		// too. It receives what the call gives, and behind the call's poll the
		// variable is given it: while the stack unwinds the call gives zeros, and
		// other frames are not to see them.
		Via []*Var
	}
	If struct {
		P          token.Pos
		Cond       X
		Then, Else []Stmt
	}
	Block struct {
		P    token.Pos
		Body []Stmt
	}
	// Loop is every for statement without range.
	Loop struct {
		P       token.Pos
		Node    ast.Stmt
		Label   string
		Init    ast.Stmt // printed in the header of the fast body
		InitIR  []Stmt   // the same for the resume body
		CondPre []Stmt
		Cond    *X
		Post    ast.Stmt
		PostIR  []Stmt // set if the post statement has points
		First   *Var   // with PostIR: false until the first iteration is over
		Iter    []*Var // per-iteration variables
		Body    []Stmt
	}
	// Range is a range over a slice, array, string or integer (X is a
	// temporary) or a map (Iter is the iterator).
	Range struct {
		P        token.Pos
		Node     ast.Stmt
		Label    string
		Kind     RangeKind
		X        *Var
		Idx      *Var
		Key, Val *LHS // nil if absent
		KeyX     *X   // assignment form: what receives key and value
		ValX     *X
		Body     []Stmt
	}
	Switch struct {
		P       token.Pos
		Node    ast.Stmt
		Label   string
		Tag     *X
		Clauses []*Clause
	}
	TypeSwitch struct {
		P       token.Pos
		Node    ast.Stmt
		Label   string
		Sym     string // "" if absent
		X       X
		Clauses []*Clause
	}
	Return struct {
		P       token.Pos
		Node    *ast.ReturnStmt
		Results []X
	}
	// Exit leaves the loop made of Node.
	Exit struct {
		P    token.Pos
		Node ast.Stmt
	}
	// Label is where gotos jump to.
	Label struct {
		P    token.Pos
		Name string
	}
	Branch struct {
		P    token.Pos
		Node *ast.BranchStmt
	}
	Defer struct {
		P     token.Pos
		N     int
		Lit   *Func  // a deferred literal, else nil
		Fn    X      // else: the function, method value or builtin
		Args  []*Var // evaluated arguments
		Armed *Var   // flag, or nil with a log
		Loop  bool
		Vars  []*Var // what re-arming needs: arguments and captured variables
		Call  X      // its arguments in parentheses, over Args
		Shim  bool   // the function may call recover itself

		// Keep are the pointers behind uintptr arguments that the call itself does
		// not keep alive.
		Keep []*Var
		Into *Var // in the body of a range over a function: the log of the function around it
		Bare bool // it has neither arguments nor results

		// Recover: it is the predeclared recover itself, outside loops.
		Recover bool
	}
)

// A Clause is one case of a switch.
type Clause struct {
	P       token.Pos
	Cases   []X
	Types   []ast.Expr
	Default bool
	Var     *Var // type switch symbol in this clause
	Body    []Stmt
}

// A Comm is one case of a select.
type Comm struct {
	Send    bool
	Default bool
	Chan    *Var
	Value   *Var // what is sent, or what receives
	OK      *Var
}

// OpKind says what an Op does before its poll.
type OpKind uint8

const (
	OpCall    OpKind = iota // an own call: no mark
	OpPark                  // marked
	OpLock                  // tried first, marked only if it must wait
	OpSelect                // marked select that stores which case was taken
	OpPoll                  // nothing: a loop's back-edge
	OpRecover               // recover()
)

// RangeKind says what is ranged over.
type RangeKind uint8

const (
	RangeSlice RangeKind = iota
	RangeArray
	RangeArrayPtr
	RangeString
	RangeInt
	RangeMap
)

func (s *Simple) At() token.Pos     { return s.P }
func (s *Define) At() token.Pos     { return s.P }
func (s *Zero) At() token.Pos       { return s.P }
func (s *Op) At() token.Pos         { return s.P }
func (s *If) At() token.Pos         { return s.P }
func (s *Block) At() token.Pos      { return s.P }
func (s *Loop) At() token.Pos       { return s.P }
func (s *Range) At() token.Pos      { return s.P }
func (s *Switch) At() token.Pos     { return s.P }
func (s *TypeSwitch) At() token.Pos { return s.P }
func (s *Return) At() token.Pos     { return s.P }
func (s *Exit) At() token.Pos       { return s.P }
func (s *Label) At() token.Pos      { return s.P }
func (s *Branch) At() token.Pos     { return s.P }
func (s *Defer) At() token.Pos      { return s.P }
