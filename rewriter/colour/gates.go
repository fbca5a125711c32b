package colour

import (
	"go/ast"
	"go/types"
	"slices"

	"golang.org/x/tools/go/ssa"

	"github.com/upstarego/upstarego/rewriter/load"
)

// gates decides how functions are entered from outside.
//
// Full: what has flowed to foreign code, the methods foreign interfaces can
// call on types that have, what go statements and frame maps start, main.main, what a
// go:linkname directive names, tests. A function that is only lent (the order given to
// sort.Slice) is entered while its caller waits for it in state RUN: it needs
// no gate as long as it cannot stop, and a full one otherwise, since its call is
// Marked then.
//
// Redirect: any other function whose value is taken: the value may outlive the
// release. So may a frame map, which calls functions of its own. Methods called through
// interfaces are not among these; commit
// replaces the entries of shared method tables.
func gates(r *resolver, m Maps) {
	x := r.x
	entered := func(fn *ssa.Function, each func(*function)) {
		r.expandFunc(fn, visit{}, func(g *function, _ *types.Func) {
			if g != nil {
				each(g)
			}
		})
	}
	for fn := range r.flow.called {
		entered(fn, func(g *function) { g.gate, g.outside = Full, true })
	}
	for fn := range r.flow.borrowed {
		entered(fn, func(g *function) {
			if g.pausable {
				g.gate = Full
			}
		})
	}
	for _, c := range x.calls {
		if c.manner == started {
			for _, g := range c.own {
				g.gate, g.started = Full, true
			}
		}
	}
	for _, f := range x.funcs {
		if f.obj != nil && f.obj.Name() == "main" && f.pkg.Name == "main" && recvType(f.obj) == nil {
			f.gate, f.outside = Full, true
		}
	}
	for _, obj := range namedOutside(x.prog) {
		if f := x.byObj[obj]; f != nil {
			f.gate, f.outside = Full, true
		}
	}
	for _, f := range x.funcs {
		f.kept = slices.ContainsFunc(f.taken, func(u use) bool { return !lent(f, u) })
		if f.gate == None && f.kept {
			f.gate = Redirect
		}
	}
	for _, obj := range m.Calls {
		if f := x.byObj[obj]; f != nil && f.body != nil {
			f.mapped = true
			if f.gate == None {
				f.gate = Redirect
			}
		}
	}
	for _, obj := range m.Begins {
		if f := x.byObj[obj]; f != nil && f.body != nil {
			f.mapped, f.gate = true, Full
		}
	}
}

// lent reports whether a use of a function's value is over when the call it is
// an argument of returns.
func lent(f *function, u use) bool {
	c := u.arg
	return c != nil && c.manner == called && c.verdict == back && c.unknown == "" && len(c.own) == 0 && slices.Contains(c.backs, f)
}

// namedOutside are the functions that a go:linkname directive names: anything may
// call them; and what the go command's generated test main calls.
func namedOutside(p *load.Program) (fs []*types.Func) {
	for _, pkg := range p.Own {
		for _, file := range pkg.Syntax {
			for _, d := range file.Decls {
				if d, ok := d.(*ast.FuncDecl); ok && load.EnteredByTests(p.Fset, d) {
					if obj, ok := pkg.Info.Defs[d.Name].(*types.Func); ok {
						fs = append(fs, obj)
					}
				}
			}
			for _, name := range load.Linknames(file) {
				if obj, ok := pkg.Types.Scope().Lookup(name).(*types.Func); ok {
					fs = append(fs, obj)
				}
			}
		}
	}
	return fs
}
