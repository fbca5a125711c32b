package desugar

import (
	"go/ast"
	"go/token"
)

// labels finds what each label is used for.
func (t *Tree) labels() {
	ast.Inspect(t.Decl, func(n ast.Node) bool {
		if br, ok := n.(*ast.BranchStmt); ok && br.Label != nil {
			if obj := t.Pkg.Info.Uses[br.Label]; br.Tok == token.GOTO {
				t.jumped[obj] = true
			} else {
				t.named[obj] = true
			}
		}
		return true
	})
}

// jumpsBack reports whether a goto of the function jumps back: what it runs over
// is a loop, also for defers.
func (t *Tree) jumpsBack(fn *Func) bool {
	back := false
	t.inspectOwn(fn, func(n ast.Node) {
		if br, ok := n.(*ast.BranchStmt); ok && br.Tok == token.GOTO {
			back = back || t.Pkg.Info.Uses[br.Label].Pos() < br.Pos()
		}
	})
	return back
}

// stmts brings a list of statements into normal form. Where gotos jump over
// statements, what those declare for themselves gets a block around it: no goto
// may jump over a declaration.
func (b *builder) stmts(list []ast.Stmt) {
	jumped := false
	for _, s := range list {
		for l, ok := s.(*ast.LabeledStmt); ok; l, ok = l.Stmt.(*ast.LabeledStmt) {
			jumped = jumped || b.jumped[b.Pkg.Info.Defs[l.Label]]
		}
	}
	for _, s := range list {
		if jumped {
			b.scoped(s)
		} else {
			b.stmt(s, "")
		}
	}
}

func (b *builder) scoped(s ast.Stmt) {
	switch s := s.(type) {
	case *ast.DeclStmt:
		b.stmt(s, "")
	case *ast.AssignStmt:
		if s.Tok == token.DEFINE {
			b.stmt(s, "")
			return
		}
		b.emit(&Block{s.Pos(), b.into(func() { b.stmt(s, "") })})
	case *ast.LabeledStmt:
		b.labeled(s, b.scoped)
	default:
		if b.has(s) {
			b.emit(&Block{s.Pos(), b.into(func() { b.stmt(s, "") })})
		} else {
			b.stmt(s, "")
		}
	}
}

// labeled takes the label of gotos off a statement; the label of breaks and
// continues stays. plain handles the statement if nothing does.
func (b *builder) labeled(s *ast.LabeledStmt, plain func(ast.Stmt)) {
	obj := b.Pkg.Info.Defs[s.Label]
	if b.jumped[obj] {
		name := "upgoto_" + s.Label.Name
		b.Lifted[obj] = name
		b.emit(&Label{s.Pos(), name})
	}
	if !b.named[obj] {
		plain(s.Stmt)
		return
	}
	if !b.has(s.Stmt) {
		b.emit(&Simple{s.Pos(), F("%s:\n%s", s.Label.Name, s.Stmt)})
		return
	}
	b.emit(&Block{s.Pos(), b.into(func() { b.stmt(s.Stmt, s.Label.Name) })})
}

// branch polls before a goto that closes a loop.
func (b *builder) branch(s *ast.BranchStmt) {
	if b.Col.Loops[s] {
		op := &Op{P: s.Pos(), Kind: OpPoll}
		b.point(op, s)
	}
	if !b.exit(s) {
		b.emit(&Branch{s.Pos(), s})
	}
}
