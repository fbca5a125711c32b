package rewriter

import (
	"go/ast"
	"go/token"
	"maps"
	"slices"

	"golang.org/x/tools/go/cfg"

	"github.com/upstarego/upstarego/rewriter/desugar"
	"github.com/upstarego/upstarego/rewriter/ledger"
)

// An order says of a function's operations which come before which. It is the order
// in which one goes through the function once: the edges that close loops lead behind
// them instead, so that what a loop's body does is before a point in it or behind it,
// and not both.
type order struct {
	fn     *desugar.Func
	graph  *cfg.CFG
	where  map[ast.Node]spot // of every node that the graph has
	reach  [][]bool          // block → blocks that can be got to from it
	points []mark
	starts []mark       // of go statements
	loops  []ast.Stmt   // those with points in them
	idents []*ast.Ident // of the function, by position
}

// A spot is a node of a block.
type spot struct{ block, node int }

// A mark is a spot, and how far its node has been evaluated there.
type mark struct {
	spot
	end token.Pos
	ok  bool // it is in the graph
	pos token.Pos
}

func newOrder(fn *desugar.Func) *order {
	body := fn.Block()
	info := fn.Tree.Pkg.Info
	o := &order{fn: fn, where: map[ast.Node]spot{}, graph: cfg.New(body, func(c *ast.CallExpr) bool { return mayReturn(info, c) })}
	for i, b := range o.graph.Blocks {
		for j, n := range b.Nodes {
			if _, twice := o.where[n]; !twice {
				o.where[n] = spot{i, j}
			}
		}
	}
	o.reachable()
	o.marks(body)
	ast.Inspect(body, func(n ast.Node) bool {
		switch n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.ForStmt, *ast.RangeStmt:
			if r, ok := n.(*ast.RangeStmt); ok && fn.Tree.Ranges[r] != nil {
				return false
			}
			if slices.ContainsFunc(o.points, func(p mark) bool { return p.ok && contains(n, p.pos) }) {
				o.loops = append(o.loops, n.(ast.Stmt))
			}
		case *ast.GoStmt:
			o.starts = append(o.starts, o.mark(n, false))
		}
		return true
	})
	ast.Inspect(fn.Node(), func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			o.idents = append(o.idents, id)
		}
		return true
	})
	slices.SortFunc(o.idents, func(a, b *ast.Ident) int { return int(a.Pos() - b.Pos()) })
	return o
}

// reachable says which blocks come behind which. An edge that leads back to a block on
// the way to it leads behind the loop.
func (o *order) reachable() {
	n := len(o.graph.Blocks)
	behind := map[ast.Stmt]*cfg.Block{}
	for _, b := range o.graph.Blocks {
		if b.Kind == cfg.KindForDone || b.Kind == cfg.KindRangeDone {
			behind[b.Stmt] = b
		}
	}
	state := make([]byte, n) // 1: on the way, 2: done
	o.reach = make([][]bool, n)
	var visit func(b *cfg.Block)
	visit = func(b *cfg.Block) {
		state[b.Index] = 1
		to := make([]bool, n)
		for _, s := range b.Succs {
			if state[s.Index] == 1 {
				if s = behind[s.Stmt]; s == nil || state[s.Index] == 1 {
					continue // a goto
				}
			}
			if state[s.Index] == 0 {
				visit(s)
			}
			to[s.Index] = true
			for i, r := range o.reach[s.Index] {
				to[i] = to[i] || r
			}
		}
		o.reach[b.Index] = to
		state[b.Index] = 2
	}
	for _, b := range o.graph.Blocks {
		if state[b.Index] == 0 {
			visit(b)
		}
	}
}

// marks finds the points' operations.
func (o *order) marks(body *ast.BlockStmt) {
	points := o.fn.Points
	if len(points) == 0 {
		return // a leaf: nobody ever stands there
	}
	o.points = make([]mark, len(points))
	o.points[0] = mark{spot{0, -1}, body.Lbrace, true, body.Lbrace}
	at := map[token.Pos][]int{}
	for i, p := range points[1:] {
		at[p.Pos] = append(at[p.Pos], i+1)
	}
	ast.Inspect(body, func(n ast.Node) bool {
		if n == nil {
			return false
		}
		for _, i := range at[n.Pos()] {
			if !o.points[i].ok && o.fn.Tree.Text(n) == points[i].What {
				o.points[i] = o.mark(n, points[i].Op.Kind == desugar.OpPoll)
			}
		}
		return true
	})
}

// pointOf is the point that a call is, or a go statement, which are numbered on from
// the points; 0 if neither.
func (o *order) pointOf(n ast.Node) int {
	for i, p := range slices.Concat(o.points, o.starts) {
		if i > 0 && p.ok && p.pos == n.Pos() && p.end == n.End() {
			return i
		}
	}
	return 0
}

// mark is where a node is evaluated; of a loop that is polled, where its body begins.
func (o *order) mark(n ast.Node, poll bool) mark {
	switch s := n.(type) {
	case *ast.SelectStmt:
		// The operands of all cases are evaluated, and none has been chosen.
		for _, c := range s.Body.List {
			if comm := c.(*ast.CommClause).Comm; comm != nil {
				m := o.mark(comm, false)
				m.end = s.End()
				m.pos = s.Pos()
				return m
			}
		}
	case *ast.ForStmt, *ast.RangeStmt:
		if poll {
			for i, b := range o.graph.Blocks {
				if b.Stmt == n && (b.Kind == cfg.KindForBody || b.Kind == cfg.KindRangeBody) {
					return mark{spot{i, -1}, n.Pos(), true, n.Pos()}
				}
			}
		}
	}
	for at := n; ; {
		if s, ok := o.where[at]; ok {
			return mark{s, n.End(), true, n.Pos()}
		}
		up := o.parent(at)
		if up == nil {
			return mark{pos: n.Pos()}
		}
		at = up
	}
}

// parent is the node of the graph that another one is part of.
func (o *order) parent(n ast.Node) ast.Node {
	var best ast.Node
	for w := range o.where {
		if w != n && w.Pos() <= n.Pos() && n.End() <= w.End() && (best == nil || w.End()-w.Pos() < best.End()-best.Pos()) {
			best = w
		}
	}
	return best
}

// comes reports whether a way leads from one mark to another.
func (o *order) comes(from, to mark) bool {
	switch {
	case from.block != to.block:
		return o.reach[from.block][to.block]
	case from.node != to.node:
		return from.node < to.node
	}
	return from.end <= to.end
}

// places says where an operation stands, seen from every point and every go statement. A clause of a switch
// (within) that leaves has nothing to do with the other clauses.
func (o *order) places(n ast.Node, within *ast.BlockStmt) string {
	m := o.mark(n, false)
	b := make([]byte, len(o.points)+len(o.starts))
	for i, p := range slices.Concat(o.points, o.starts) {
		other := within != nil && p.pos > within.Pos() && p.pos < within.End()
		switch {
		case !m.ok || !p.ok || other:
			b[i] = byte(ledger.Elsewhere)
		case o.comes(m, p):
			b[i] = byte(ledger.Done)
			if slices.ContainsFunc(o.loops, func(l ast.Stmt) bool { return contains(l, n.Pos()) && !contains(l, p.pos) }) {
				b[i] = byte(ledger.Over)
			}
		case o.comes(p, m):
			b[i] = byte(ledger.Ahead)
		default:
			b[i] = byte(ledger.Elsewhere)
		}
	}
	return string(b)
}

func contains(n ast.Node, p token.Pos) bool { return n.Pos() <= p && p < n.End() }

// A lockOp takes or releases a lock.
type lockOp struct {
	call *ast.CallExpr
	key  string
	take bool
}

// held enters which locks the function may hold at each of its points: those that it
// has taken on some way there, and not released since.
func (o *order) held(ops []lockOp, f *ledger.Func) {
	if len(ops) == 0 {
		return
	}
	type step struct {
		mark
		lockOp
		point int // of a step that is a point and no lock
	}
	in := make([][]step, len(o.graph.Blocks))
	for _, op := range ops {
		if m := o.mark(op.call, false); m.ok {
			in[m.block] = append(in[m.block], step{m, op, -1})
		}
	}
	for i, p := range o.points {
		if p.ok {
			in[p.block] = append(in[p.block], step{p, lockOp{}, i})
		}
	}
	for _, l := range in {
		slices.SortStableFunc(l, func(a, b step) int {
			if a.node != b.node {
				return a.node - b.node
			}
			return int(a.end - b.end)
		})
	}
	entry := make([]map[string]bool, len(o.graph.Blocks))
	entry[0] = map[string]bool{}
	for work := []*cfg.Block{o.graph.Blocks[0]}; len(work) > 0; {
		b := work[0]
		work = work[1:]
		have := maps.Clone(entry[b.Index])
		for _, s := range in[b.Index] {
			switch {
			case s.point >= 0:
				f.Points[s.point].Held = slices.Sorted(maps.Keys(have))
			case s.take:
				have[s.key] = true
			default:
				delete(have, s.key)
			}
		}
		for _, s := range b.Succs {
			changed := entry[s.Index] == nil
			if changed {
				entry[s.Index] = map[string]bool{}
			}
			for k := range have {
				if !entry[s.Index][k] {
					entry[s.Index][k], changed = true, true
				}
			}
			if changed {
				work = append(work, s)
			}
		}
	}
}
