// Package body prints the two bodies of a function from its normal form, and
// what stands between them: frame types, point functions, makers of literals.
//
// Everything for one source file goes into that file: the user's declarations
// with fast bodies first, in their order and on their lines, then resume bodies
// (on the user's lines too), then generated functions on lines that no source
// has, by which a walk over a stack tells them apart (runtime.LinePoint …).
package body

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"sort"
	"strings"

	"github.com/upstarego/upstarego/rewriter/desugar"
)

// A context says where text is printed.
type context struct {
	fn      *desugar.Func
	ptr     map[*desugar.Var]bool   // reached through a pointer of the same name
	hoisted map[*desugar.Var]bool   // declared at the top of a resume body
	text    map[*desugar.Var]string // what to print instead

	// resume body only
	resume   bool
	boxedRet bool // results are boxes, copied out by a first defer
	flat     map[ast.Stmt]*labels
	fall     string // label of the next clause
}

type labels struct{ brk, cont string }

// plain is the context for literals: branches and returns inside them are their
// own.
func (c *context) plain() *context {
	n := *c
	n.resume, n.boxedRet, n.flat, n.fall = false, false, nil, ""
	return &n
}

func (c *context) name(v *desugar.Var) string {
	if c.hoisted[v] {
		return v.Name
	}
	return v.Fast
}

// v is a variable's text.
func (c *context) v(v *desugar.Var) string {
	if s, ok := c.text[v]; ok {
		return s
	}
	if c.ptr[v] {
		return "(*" + c.name(v) + ")"
	}
	return c.name(v)
}

// box is the text of a pointer to a boxed variable.
func (c *context) box(v *desugar.Var) string {
	if c.ptr[v] {
		return c.name(v)
	}
	return "&" + c.v(v)
}

// held is what a frame stores of a variable.
func (c *context) held(v *desugar.Var) string {
	if v.Boxed {
		return c.box(v)
	}
	return c.v(v)
}

// A printer prints one file.
type printer struct {
	*filePrinter
	t    *desugar.Tree
	w    strings.Builder // the body under way
	n    int             // labels
	used map[string]bool // labels that are jumped to

	ahead   map[*desugar.Func]string // literals that stand in front of their loop: see once
	helpers map[*desugar.Func]bool   // functions that say that they are test helpers
}

func (p *printer) f(format string, args ...any) { fmt.Fprintf(&p.w, format, args...) }

// line sets the position of what follows.
func (p *printer) line(pos token.Pos) {
	if pos.IsValid() {
		p.f("\n//line %s\n", p.where(pos))
	}
}

// at is a position in the middle of a line.
func (p *printer) at(pos token.Pos) string {
	return "/*line " + p.where(pos) + "*/"
}

// x is the text of an X in a context.
func (p *printer) x(c *context, x desugar.X) string {
	if x.Fmt == "" {
		return ""
	}
	args := make([]any, len(x.Args))
	for i, a := range x.Args {
		args[i] = p.arg(c, a)
	}
	return fmt.Sprintf(x.Fmt, args...)
}

func (p *printer) arg(c *context, a any) string {
	if n, ok := desugar.RootNode(a); ok {
		return p.node(c, n, n)
	}
	switch a := a.(type) {
	case string:
		return a
	case *desugar.Var:
		return c.v(a)
	case desugar.X:
		return p.x(c, a)
	case *desugar.Func:
		return p.literal(c, a)
	case desugar.Runtime:
		return p.upstare()
	case desugar.Help:
		return p.help(c)
	case types.Type:
		return p.typ(a)
	case ast.Node:
		return p.node(c, a, nil)
	}
	panic(fmt.Sprintf("body: argument %T", a))
}

type edit struct {
	from, to token.Pos
	text     string
}

// node is a node's source text with variables renamed, hoisted parts replaced
// and literals instrumented. root is printed even if something stands for it.
func (p *printer) node(c *context, n, root ast.Node) string {
	if vs, ok := p.t.Subst[n]; ok && n != root {
		return p.vars(c, vs)
	}
	var edits []edit
	var visit func(m ast.Node) bool
	visit = func(m ast.Node) bool {
		if m == nil {
			return false
		}
		if vs, ok := p.t.Subst[m]; ok && m != root {
			edits = append(edits, edit{m.Pos(), m.End(), p.vars(c, vs)})
			return false
		}
		if s, ok := m.(ast.Stmt); ok && m != n && c.fn != nil && c.fn.Range != nil {
			if x, ok := p.t.Exits[s]; ok {
				edits = append(edits, edit{m.Pos(), m.End(), p.exit(c, x)})
				return false
			}
		}
		if s, ok := m.(*ast.BlockStmt); ok {
			for _, s := range s.List {
				if x := desugar.HelperCall(p.info, s); x != nil && p.t.Subst[s] == nil {
					edits = append(edits, edit{s.Pos(), s.End(), fmt.Sprintf(desugar.HelperText, p.node(c, x, nil), p.help(c))})
				}
			}
		}
		if e, ok := p.replace(m); ok {
			edits = append(edits, e)
			return false
		}
		edits = append(append(edits, p.bringUp(m)...), append(p.groupGo(m), p.onceDo(m)...)...)
		switch m := m.(type) {
		case *ast.RangeStmt:
			if p.overFunc(m) {
				after := m.For + token.Pos(len("for"))
				edits = append(edits, edit{after, after, " " + p.mark(m.For)})
			}
		case *ast.FuncLit:
			if m == n {
				if fn := p.t.Lits[m]; fn != nil && fn.Rewrite {
					edits = append(edits, edit{m.Pos(), m.End(), p.literal(c, fn)})
					return false
				}
				return true
			}
			edits = append(edits, edit{m.Pos(), m.End(), p.literal(c, p.t.Lits[m])})
			return false
		case *ast.DeclStmt:
			if p.t.Moved(m) {
				edits = append(edits, edit{m.Pos(), m.End(), ""})
				return false
			}
		case *ast.IndexExpr:
			edits = append(edits, p.instance(m.X, m.Lbrack)...)
		case *ast.IndexListExpr:
			edits = append(edits, p.instance(m.X, m.Lbrack)...)
		case *ast.Ident:
			if s, ok := p.ident(c, m); ok {
				edits = append(edits, edit{m.Pos(), m.End(), s})
			}
		case *ast.TypeSwitchStmt:
			if as, ok := m.Assign.(*ast.AssignStmt); ok {
				id := as.Lhs[0].(*ast.Ident)
				for _, cl := range m.Body.List {
					if v := p.t.Vars[p.info.Implicits[cl]]; v != nil {
						edits = append(edits, edit{id.Pos(), id.End(), v.Fast})
						break
					}
				}
			}
		case *ast.ReturnStmt:
			if c.boxedRet {
				edits = append(edits, edit{m.Pos(), m.End(), "{ " + p.boxedReturn(c, m) + " }"})
				return false
			}
		case *ast.BranchStmt:
			if m.Tok == token.GOTO {
				if name := p.t.Lifted[p.info.Uses[m.Label]]; name != "" {
					edits = append(edits, edit{m.Label.Pos(), m.Label.End(), name})
					if p.used != nil {
						p.used[name] = true
					}
				}
				return false
			}
			if l := c.flat[p.t.Target[m]]; l != nil {
				name := l.brk
				if m.Tok == token.CONTINUE {
					name = l.cont
				}
				edits = append(edits, edit{m.Pos(), m.End(), p.jump(name)})
				return false
			}
		}
		return true
	}
	ast.Inspect(n, visit)
	return p.apply(n.Pos(), n.End(), edits)
}

// Mark is the comment behind the keyword of a literal, or of a loop over a
// function, that says where it stood: package funcname finds it by that.
func Mark(at token.Position) string { return fmt.Sprintf("%s%d:%d*/", MarkPrefix, at.Line, at.Column) }

// MarkPrefix is what such a comment begins with.
const MarkPrefix = "/*upstarego "

func (p *printer) mark(pos token.Pos) string { return Mark(p.prog.Fset.PositionFor(pos, false)) }

func (p *printer) overFunc(s *ast.RangeStmt) bool {
	t := p.info.TypeOf(s.X)
	if t == nil {
		return false
	}
	_, ok := types.Unalias(t).Underlying().(*types.Signature)
	return ok
}

// exit is the text of what leaves a loop body that has become a literal.
func (p *printer) exit(c *context, x desugar.Leaving) string {
	s := "{ "
	for _, st := range x.Stmts {
		s += p.x(c, st) + "; "
	}
	return fmt.Sprintf("%sreturn %v }", s, x.More)
}

// instance edits the head of an instance of a generic type that is declared inside
// a generic function: at package level it takes the function's parameters first.
func (p *printer) instance(x ast.Expr, lbrack token.Pos) []edit {
	id, ok := x.(*ast.Ident)
	if !ok {
		return nil
	}
	obj := p.info.Uses[id]
	outer := p.typeArgs(p.scope.Params[obj])
	if p.scope.Hoisted[obj] == "" || outer == "" {
		return nil
	}
	return []edit{{id.Pos(), lbrack + 1, p.scope.Hoisted[obj] + outer[:len(outer)-1] + ", "}}
}

// ident is the new text of an identifier, if it changes.
func (p *printer) ident(c *context, id *ast.Ident) (string, bool) {
	if v := p.t.VarOf(id); v != nil {
		s := c.v(v)
		return s, s != id.Name
	}
	if k, ok := p.info.Uses[id].(*types.Const); ok && k.Pkg() == p.pkg.Types && k.Parent() != p.pkg.Types.Scope() {
		// A literal may be printed outside the function that declares the
		// constant.
		return p.constant(k), true
	}
	obj := p.info.Uses[id]
	if obj == nil {
		obj = p.info.Defs[id]
	}
	if f, ok := obj.(*types.Var); ok && f.Embedded() {
		if s := p.scope.Hoisted[desugar.EmbeddedType(f)]; s != "" {
			return s, s != id.Name // the field's name is the type's
		}
	}
	if s := p.scope.Hoisted[obj]; s != "" {
		s += p.typeArgs(p.scope.Params[obj])
		return s, s != id.Name
	}
	return "", false
}

func (p *printer) vars(c *context, vs []*desugar.Var) string {
	var l []string
	for _, v := range vs {
		l = append(l, c.v(v))
	}
	return strings.Join(l, ", ")
}

// apply makes edits to a stretch of source.
func (p *filePrinter) apply(from, to token.Pos, edits []edit) string {
	sort.SliceStable(edits, func(i, j int) bool { return edits[i].from < edits[j].from })
	var b strings.Builder
	at := from
	for _, e := range edits {
		if e.from < at {
			continue // inside an earlier edit
		}
		b.Write(p.src[at-p.base : e.from-p.base])
		b.WriteString(e.text)
		at = e.to
	}
	b.Write(p.src[at-p.base : to-p.base])
	return b.String()
}

// fieldType is the type of a variable in a frame.
func (p *filePrinter) fieldType(v *desugar.Var) string {
	t := p.varType(v)
	if v.Boxed {
		return "*" + t
	}
	return t
}

func (p *filePrinter) varType(v *desugar.Var) string {
	if v.Type == nil {
		return p.upstare() + ".MapIter"
	}
	return p.typ(v.Type)
}
