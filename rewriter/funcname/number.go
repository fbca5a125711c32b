package funcname

import (
	"fmt"
	"go/ast"
)

// counters are what the compiler numbers a function's literals with
// (cmd/compile/internal/ir.closureName). Literals in a loop over a function are
// counted with those of the function around it.
type counters struct {
	name           string
	literal        bool
	lits, rangeOps int
}

// A numbering walks a function in source order, as the compiler makes its
// literals.
type numbering struct {
	// enter says what a literal's name is, given the next one in order: "" for a
	// literal that the compiler does not compile.
	enter func(n ast.Node, next string) string
	// overFunc reports whether a range statement is one over a function.
	overFunc func(*ast.RangeStmt) bool
	// dead gives the branch of an if statement that is never taken, or nil.
	dead func(*ast.IfStmt) ast.Stmt
}

func (n *numbering) body(c *counters, body ast.Node) {
	if body == nil {
		return
	}
	ast.Inspect(body, func(m ast.Node) bool {
		switch m := m.(type) {
		case *ast.FuncLit:
			suffix := ".func"
			if c.literal {
				suffix = "."
			}
			if name := n.enter(m, fmt.Sprintf("%s%s%d", c.name, suffix, c.lits+1)); name != "" {
				c.lits++
				n.body(&counters{name: name, literal: true}, m.Body)
			}
			return false
		case *ast.RangeStmt:
			if n.overFunc(m) && n.enter(m, fmt.Sprintf("%s-range%d", c.name, c.rangeOps+1)) != "" {
				c.rangeOps++
			}
		case *ast.IfStmt:
			if d := n.dead(m); d != nil {
				for _, part := range []ast.Node{m.Init, m.Cond, m.Body, m.Else} {
					if part != nil && part != ast.Node(d) {
						n.body(c, part)
					}
				}
				return false
			}
		}
		return true
	})
}

// declared is a declared function's name in symbols, with "[...]" for type
// arguments, and "" for one that cannot be called. inits counts the package's
// functions called init.
func declared(d *ast.FuncDecl, inits *int) string {
	name := d.Name.Name
	switch {
	case name == "_":
		return ""
	case d.Recv == nil && name == "init":
		name = fmt.Sprintf("init.%d", *inits)
		*inits++
	case d.Recv == nil && d.Type.TypeParams != nil:
		name += "[...]"
	}
	if d.Recv == nil || len(d.Recv.List) == 0 {
		return name
	}
	t, format := ast.Unparen(d.Recv.List[0].Type), "%s.%s"
	if p, ok := t.(*ast.StarExpr); ok {
		t, format = ast.Unparen(p.X), "(*%s).%s"
	}
	args := ""
	switch x := t.(type) {
	case *ast.IndexExpr:
		t, args = x.X, "[...]"
	case *ast.IndexListExpr:
		t, args = x.X, "[...]"
	}
	id, ok := ast.Unparen(t).(*ast.Ident)
	if !ok {
		return ""
	}
	return fmt.Sprintf(format, id.Name+args, name)
}
