package rewriter

import (
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"strings"

	"golang.org/x/tools/go/cfg"
	"golang.org/x/tools/go/types/typeutil"

	"github.com/upstarego/upstarego/rewriter/ledger"
)

// A net is what is left of a function's locking or counting when it has returned: a lock
// that it has taken and not released, a count that went up. Who calls the function by its
// name does that by the call, as if it stood there.
type net struct {
	object
	param int // what the object is part of: 0 is the receiver, 1 the first parameter, -1 the package
	by    int // how often it is taken or counted up, less how often released or counted down
}

// An object is a lock or a counter.
type object struct {
	lock bool
	of   string // see ledger.Effect
	rest string // how it is written, behind the parameter that it is part of
	end  string // ledger.Reader, ledger.Group
}

// A deed is what an expression or a statement does to a lock or a counter.
type deed struct {
	object
	within ast.Expr // what object.rest is behind; nil: nothing
	by     int      // 0: it depends
}

// deeds is what is done to locks and counters where it stands, or by an own function that
// is called there.
func (s scope) deeds(n ast.Node) (l []deed) {
	direct := func(of ast.Expr, by int, lock bool, end string) {
		if id := s.everywhere(of); id != "" {
			l = append(l, deed{object{lock, id + end, "", end}, of, by})
		}
	}
	switch n := n.(type) {
	case *ast.IncDecStmt:
		by := 1
		if n.Tok == token.DEC {
			by = -1
		}
		direct(n.X, by, false, "")
	case *ast.AssignStmt:
		switch n.Tok {
		case token.ADD_ASSIGN:
			direct(n.Lhs[0], 1, false, "")
		case token.SUB_ASSIGN:
			direct(n.Lhs[0], -1, false, "")
		}
	case *ast.CallExpr:
		kind, of := s.operation(n)
		f, _ := typeutil.Callee(s.pkg.Info, n).(*types.Func)
		switch kind {
		case ledger.Lock, ledger.Unlock:
			by := 1
			if kind == ledger.Unlock {
				by = -1
			} else if strings.HasPrefix(f.Name(), "Try") {
				by = 0
			}
			direct(of, by, true, reader(f))
		case ledger.Count:
			direct(of, 1, false, group(f))
		case ledger.Uncount:
			direct(of, -1, false, group(f))
		default:
			if f := typeutil.StaticCallee(s.pkg.Info, n); f != nil {
				for _, x := range s.d.nets(f) {
					if a, ok := argument(f, n, x.param); ok {
						if id := s.everywhere(a); id != "" && x.rest == "" {
							x.of = id + x.end
						}
						l = append(l, deed{x.object, a, x.by})
					}
				}
			}
		}
	}
	return l
}

func reader(f *types.Func) string {
	if strings.Contains(f.Name(), "R") {
		return ledger.Reader
	}
	return ""
}

func group(f *types.Func) string {
	if f.Pkg().Path() == "sync" {
		return ledger.Group
	}
	return ""
}

// argument is what a call gives for a parameter of a net.
func argument(f *types.Func, c *ast.CallExpr, param int) (ast.Expr, bool) {
	switch {
	case param < 0:
		return nil, true
	case param == 0:
		sel, ok := ast.Unparen(c.Fun).(*ast.SelectorExpr)
		if !ok {
			return nil, false
		}
		return sel.X, true
	case param > len(c.Args) || f.Signature().Variadic() && param >= f.Signature().Params().Len():
		return nil, false
	}
	return c.Args[param-1], true
}

// nets finds what is left of a function, so far as every way through it leaves the same.
// What is deferred is done when it has returned. Counts are followed if the program counts
// them down somewhere: others tell something, and nothing waits for them.
func (d *describer) nets(f *types.Func) []net {
	f = f.Origin()
	if l, known := d.left[f]; known {
		return l
	}
	if d.left == nil {
		d.left = map[*types.Func][]net{}
		d.down = d.countedDown()
	}
	d.left[f] = nil // of a function that calls itself
	s, ok := d.body(f)
	if !ok {
		return nil
	}
	body := s.node.(*ast.FuncDecl).Body
	if body == nil {
		return nil
	}
	var ops []netOp
	note := func(n ast.Node, at ast.Node, depends bool) {
		for _, x := range s.deeds(n) {
			if param, rest, ok := s.root(x.within, f.Signature()); ok && (x.lock || d.down[x.of]) {
				if depends {
					x.by = 0
				}
				x.rest = rest + x.rest
				ops = append(ops, netOp{at, net{x.object, param, x.by}})
			}
		}
	}
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case nil, *ast.GoStmt:
			return false
		case *ast.FuncLit: // not called in place: who knows when it is
			inside(n.Body, func(m ast.Node, _ bool) { note(m, nil, true) })
			return false
		case *ast.CallExpr:
			if lit, ok := ast.Unparen(n.Fun).(*ast.FuncLit); ok {
				inside(lit.Body, func(m ast.Node, depends bool) { note(m, n, depends) })
				return false
			}
		}
		note(n, n, false)
		return true
	})
	if len(ops) > 0 {
		d.left[f] = sums(body, ops, func(c *ast.CallExpr) bool { return mayReturn(s.pkg.Info, c) })
	}
	return d.left[f]
}

// inside goes through a literal's body; what stands in a branch or a loop there, or behind
// one, depends on more.
func inside(body *ast.BlockStmt, each func(n ast.Node, depends bool)) {
	depends := false
	ast.Inspect(body, func(n ast.Node) bool {
		switch n.(type) {
		case nil, *ast.GoStmt:
			return false
		case *ast.IfStmt, *ast.ForStmt, *ast.RangeStmt, *ast.SwitchStmt, *ast.TypeSwitchStmt, *ast.SelectStmt, *ast.FuncLit:
			depends = true
		}
		each(n, depends)
		return true
	})
}

// countedDown are the counters that own code counts down.
func (d *describer) countedDown() map[string]bool {
	m := map[string]bool{}
	for _, pkg := range d.prog.Own {
		for _, file := range pkg.Syntax {
			s := scope{d, pkg, file}
			ast.Inspect(file, func(n ast.Node) bool {
				if c, ok := n.(*ast.CallExpr); ok {
					if kind, of := s.operation(c); kind == ledger.Uncount {
						m[s.everywhere(of)+group(typeutil.StaticCallee(pkg.Info, c))] = true
					}
				} else if n != nil {
					for _, x := range s.deeds(n) {
						if x.by < 0 {
							m[x.of] = true
						}
					}
				}
				return true
			})
		}
	}
	return m
}

// root says which parameter an expression begins with, and what follows it.
func (s scope) root(e ast.Expr, sig *types.Signature) (param int, rest string, ok bool) {
	for {
		switch x := ast.Unparen(e).(type) {
		case nil:
			return -1, rest, true
		case *ast.SelectorExpr:
			if s.pkg.Info.Selections[x] == nil {
				e = x.Sel
				continue
			}
			rest = "." + x.Sel.Name + rest
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.UnaryExpr:
			e = x.X
		case *ast.Ident:
			v, _ := s.pkg.Info.Uses[x].(*types.Var)
			if v != nil && v.Pkg() != nil && v.Parent() == v.Pkg().Scope() {
				return -1, v.Name() + rest, true
			}
			if v != nil && v == sig.Recv() {
				return 0, rest, true
			}
			for i := range sig.Params().Len() {
				if sig.Params().At(i) == v {
					return i + 1, rest, true
				}
			}
			return 0, "", false
		default:
			return 0, "", false
		}
	}
}

// A netOp is one of the operations that a net comes from.
type netOp struct {
	at ast.Node // nil: nobody knows when
	net
}

// several is a sum that is not the same on all ways.
const several = 1 << 20

// sums adds up operations over all ways through a body.
func sums(body *ast.BlockStmt, ops []netOp, mayReturn func(*ast.CallExpr) bool) (l []net) {
	g := cfg.New(body, mayReturn)
	type state map[net]int // by what they are about: without by
	about := func(n net) net { n.by = 0; return n }
	join := func(a, b state) (changed bool) {
		for _, op := range ops {
			if k := about(op.net); a[k] != b[k] && a[k] != several {
				a[k], changed = several, true
			}
		}
		return changed
	}
	through := func(b *cfg.Block, in state) state {
		out := maps.Clone(in)
		for _, n := range b.Nodes {
			for _, op := range ops {
				k := about(op.net)
				switch {
				case op.at == nil || op.at.Pos() < n.Pos() || op.at.End() > n.End() || out[k] == several:
				case op.by == 0 || op.by == several:
					out[k] = several
				default:
					out[k] += op.by
				}
			}
		}
		return out
	}
	entry := make([]state, len(g.Blocks))
	entry[0] = state{}
	for _, op := range ops {
		if op.at == nil {
			entry[0][about(op.net)] = several
		}
	}
	var exit state
	for work := []*cfg.Block{g.Blocks[0]}; len(work) > 0; {
		b := work[0]
		work = work[1:]
		out := through(b, entry[b.Index])
		if b.Return() != nil {
			if exit == nil {
				exit = out
			} else {
				join(exit, out)
			}
		}
		for _, s := range b.Succs {
			if entry[s.Index] == nil {
				entry[s.Index] = maps.Clone(out)
				work = append(work, s)
			} else if join(entry[s.Index], out) {
				work = append(work, s)
			}
		}
	}
	for _, op := range ops {
		k := about(op.net)
		if n := exit[k]; n != 0 && n != several {
			delete(exit, k)
			k.by = n
			l = append(l, k)
		}
	}
	return l
}
