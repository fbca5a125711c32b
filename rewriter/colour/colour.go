// Package colour decides which own functions may be on a stack at an update
// point, what every call can lead to, which loops need a poll, and which
// functions need a gate at their entry.
//
// Everything here over-approximates: a function wrongly left alone would be
// lost from a captured stack without a trace, one wrongly instrumented costs a
// nanosecond. Where the analysis cannot see, the answer is pausable, Marked,
// Full.
//
// The passes, in order:
//
//	index    own functions, their calls, park operations and loops, from syntax
//	flow     what function values and interface values may hold, from SSA
//	resolve  for each call its own callees, foreign callees, unknown callees
//	spread   pausable, backwards from what stops to everything that calls it
//	loops    which back-edges need a poll of their own
//	gates    which functions are entered from outside
package colour

import (
	"go/ast"
	"go/token"
	"slices"

	"github.com/upstarego/upstarego/rewriter/load"
)

// Info is what is known of one own function. A generic function and all its
// instances have one Info between them.
type Info struct {
	Pausable  bool // may be on a stack at an update point
	Gate      Gate
	Taken     bool   // its value may be held when the call it is given to has returned
	Started   bool   // a go statement may start it
	Outside   bool   // code that is not own may call it, from anywhere
	Recursive bool   // part of a cycle of the call graph: polls on entry
	Brief     bool   // goroutines leave it by themselves before long: see markLasting
	Direct    bool   // nothing has its value: it is called, deferred or started where it stands, by own code
	Why       []Step // why it is pausable, from the function itself to the operation that stops
}

// Gate says what a function's entry has to do. A gate polls only if the
// goroutine's record is not RUN: an own caller polls for itself, so a gate does
// not make the callers of a leaf pausable.
type Gate uint8

const (
	None     Gate = iota // called by own code of its own release only
	Redirect             // its value may outlive its release: hand over to the newest
	Full                 // foreign code or a go statement may enter it: establish the record, poll, hand over
)

func (g Gate) String() string { return [...]string{"none", "redirect", "full"}[g] }

// Op is what a call is to the rewriter. Channel operations and select without
// default always park and are not listed.
type Op uint8

const (
	Plain  Op = iota // cannot reach an update point: left alone
	Call             // may reach pausable own code and nothing else that stops: poll after, no mark
	Marked           // may block in foreign code, or reach foreign code that calls back: mark, poll after
	Lock             // Lock or RLock of a sync.Mutex or sync.RWMutex: try first, mark when it must wait
)

func (o Op) String() string { return [...]string{"plain", "call", "marked", "lock"}[o] }

// A Step is one link of a chain of reasons.
type Step struct {
	Func string         // the function's name, as Name gives it
	Pos  token.Position // the operation, with //line applied
	What string         // "calls store.(*Store).Get", "receives from a channel"
}

// Result is the colour of a program.
type Result struct {
	// Funcs has every own function with a body: *ast.FuncDecl, *ast.FuncLit.
	Funcs map[ast.Node]*Info

	// Calls has every call of own code but conversions and builtins. The call
	// of a go statement is Plain: it starts there and runs elsewhere. The call
	// of a defer statement says what running it amounts to.
	Calls map[*ast.CallExpr]Op

	// Brief has the calls during which a goroutine does not stay: see Info.
	Brief map[*ast.CallExpr]bool

	// Callees has what a call, or a range statement over a function, may call, if own
	// functions are among that: *ast.FuncDecl, *ast.FuncLit, or the *ast.RangeStmt whose
	// body an iterator calls back. nil stands for everything that is no own function.
	Callees map[ast.Node][]ast.Node

	// Ranges has the range statements over functions: what calling the
	// iterator amounts to, the statement's own body left aside.
	Ranges map[*ast.RangeStmt]Op

	// Loops has the statements whose back-edge needs a poll: *ast.ForStmt,
	// *ast.RangeStmt, and *ast.BranchStmt for a goto that jumps back.
	Loops map[ast.Stmt]bool

	names map[ast.Node]string
	funcs []*function
}

// Analyse colours a program, and what the frame maps of its lineage do with it.
func Analyse(p *load.Program, m Maps) (*Result, error) {
	x := newIndex(p)
	r := newResolver(x, newFlow(p, m))
	r.resolve()
	spread(x)
	gates(r, m)
	return x.result(), nil
}

// result gathers what the passes left in the index.
func (x *index) result() *Result {
	res := &Result{
		Funcs:   map[ast.Node]*Info{},
		Calls:   map[*ast.CallExpr]Op{},
		Brief:   map[*ast.CallExpr]bool{},
		Callees: map[ast.Node][]ast.Node{},
		Ranges:  map[*ast.RangeStmt]Op{},
		Loops:   map[ast.Stmt]bool{},
		names:   map[ast.Node]string{},
		funcs:   x.funcs,
	}
	for _, f := range x.funcs {
		if f.body == nil {
			continue
		}
		res.names[f.node] = f.name
		res.Funcs[f.node] = &Info{Pausable: f.pausable, Gate: f.gate, Taken: f.kept, Started: f.started, Outside: f.outside, Recursive: f.recursive, Brief: !f.lasting, Direct: len(f.taken) == 0 && !f.outside && !f.mapped, Why: x.chain(f)}
		for _, l := range f.loops {
			if l.poll {
				res.Loops[l.stmt] = true
			}
		}
	}
	for _, c := range x.calls {
		if c.expr != nil {
			res.Calls[c.expr] = c.op
			res.Brief[c.expr] = !x.lasting(c)
			res.callees(c.expr, c)
		} else {
			res.Ranges[c.rng] = c.op
			res.callees(c.rng, c)
		}
	}
	return res
}

// callees enters what a call may call. Foreign code that is given own functions need
// not call them.
func (r *Result) callees(n ast.Node, c *call) {
	var l []ast.Node
	for _, g := range slices.Concat(c.own, c.backs) {
		if !slices.Contains(l, g.node) {
			l = append(l, g.node)
		}
	}
	if len(l) > 0 && (c.unknown != "" || len(c.foreign) > 0) {
		l = append(l, nil)
	}
	if len(l) > 0 {
		r.Callees[n] = l
	}
}

// Name is the name of an own function as Why takes it: "pkg/path.F",
// "pkg/path.(*T).M", "pkg/path.F.func1" for the first literal within F.
func (r *Result) Name(node ast.Node) string { return r.names[node] }
