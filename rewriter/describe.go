package rewriter

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/go/ast/astutil"
	"golang.org/x/tools/go/types/typeutil"

	"github.com/upstarego/upstarego/rewriter/body"
	"github.com/upstarego/upstarego/rewriter/desugar"
	"github.com/upstarego/upstarego/rewriter/ledger"
	"github.com/upstarego/upstarego/rewriter/load"
)

// Describe enters the instrumented functions, and the types and variables of own
// packages, into a release's ledger.
func (o *Output) Describe(p *load.Program, r *ledger.Release) {
	d := newDescriber(p)
	d.col = o.colour
	d.names(o.Funcs)
	d.fieldUses = d.fieldFacts()
	for _, pkg := range p.Own {
		d.ownTypes(pkg)
	}
	for _, i := range o.TypeInstances {
		if i.In != nil {
			d.typ(i.Type)
		}
	}
	for _, fn := range o.Funcs {
		if fn.Decl == nil || len(fn.Tree.TypeParams) > 0 {
			continue
		}
		if obj, ok := fn.Tree.Pkg.Info.Defs[fn.Decl.Name].(*types.Func); ok {
			d.keys[obj] = fn.Key
		}
	}
	for _, fn := range o.Funcs {
		if len(fn.Tree.TypeParams) == 0 {
			r.Funcs = append(r.Funcs, d.function(fn))
			continue
		}
		for _, i := range o.Instances[fn.Tree.Pkg.Info.Defs[fn.Tree.Decl.(*ast.FuncDecl).Name].(*types.Func)] {
			d.args = substitution{}
			for k, p := range fn.Tree.TypeParams {
				d.args[p] = i.Args[k]
			}
			f := d.function(fn)
			f.Key = InstanceKey(fn, i)
			r.Funcs = append(r.Funcs, f)
		}
		d.args = nil
	}
	r.Leaves = d.leaves(o.Funcs)
	r.Vars = d.variables()
	r.Types = d.settle()
}

func textHash(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

func (d *describer) function(fn *desugar.Func) ledger.Func {
	t := fn.Tree
	node := fn.Node()
	from, to := t.Prog.Fset.Position(node.Pos()), t.Prog.Fset.Position(node.End())
	f := ledger.Func{
		Key:  fn.Key,
		File: t.Pkg.PkgPath + "/" + filepath.Base(from.Filename),
		Line: from.Line, End: to.Line,
		Hash:    textHash(t.Source(node)),
		Results: d.typ(d.args.apply(fn.Sig.Results())),
		Gate:    body.HasEntry(fn),
		Starts:  body.Starts(fn),
		Go:      fn.Info.Started,
		Outside: fn.Info.Outside || fn.Base,
		Brief:   fn.Info.Brief,
		Closed:  closed(fn),
		Direct:  fn.Info.Direct && !fn.Base,
		Base:    fn.Base,
	}
	for _, pt := range fn.Points {
		f.Points = append(f.Points, d.point(fn, pt))
	}
	d.frame(fn, &f)
	d.arguments(fn, &f)
	d.text(fn, &f)
	d.locals(fn, &f)
	d.effects(fn, &f)
	return f
}

var kindNames = map[desugar.OpKind]string{
	desugar.OpCall: "call", desugar.OpPark: "park", desugar.OpLock: "lock",
	desugar.OpSelect: "select", desugar.OpPoll: "poll", desugar.OpRecover: "recover",
}

func (d *describer) point(fn *desugar.Func, pt *desugar.Point) ledger.Point {
	t := fn.Tree
	p := ledger.Point{What: pt.What, Line: t.Prog.Fset.Position(pt.Pos).Line}
	for _, v := range pt.Live {
		p.Live = append(p.Live, v.Name)
	}
	if pt.Op == nil {
		return p
	}
	p.Kind = kindNames[pt.Op.Kind]
	p.Brief = pt.Op.Kind == desugar.OpLock || pt.Op.Kind == desugar.OpPoll || pt.Op.Kind == desugar.OpRecover
	if pt.Op.Kind == desugar.OpCall || pt.Op.Kind == desugar.OpPark {
		var l []string
		for _, r := range pt.Op.Types {
			l = append(l, d.typ(d.args.apply(r)))
		}
		p.Results = strings.Join(l, ", ")
	}
	path, _ := astutil.PathEnclosingInterval(t.File, pt.Pos, pt.Pos)
	for i, n := range path {
		if n == fn.Node() {
			break
		}
		if n.Pos() == pt.Pos && t.Text(n) == pt.What {
			r, _ := path[i+1].(*ast.RangeStmt)
			iterates := r != nil && r.X == n && t.Ranges[r] != nil && pt.Op.Kind == desugar.OpPark
			if iterates {
				d.rangePins(fn, r, &p)
			}
			switch n := n.(type) {
			case *ast.CallExpr:
				p.Callee = t.Text(n.Fun)
				if callee, ok := typeutil.Callee(t.Pkg.Info, n).(*types.Func); ok {
					p.Func = callee.FullName()
				}
				if obj := typeutil.StaticCallee(t.Pkg.Info, n); obj != nil && pt.Op.Kind == desugar.OpCall {
					p.Calls = d.keys[obj]
				}
				p.Brief = p.Brief || d.col.Brief[n]
				if pt.Op.Kind == desugar.OpPark && !iterates && pt.Op.Park.Fmt == "" && !pt.Op.Once { // others do it again on the new object
					d.pins(fn, n, &p)
				}
			case *ast.SelectStmt:
				p.Cases = cases(t, n)
			}
			continue
		}
		if h := header(t, n); h != "" {
			p.Path = append([]string{h}, p.Path...)
		}
	}
	return p
}

// header is the text of a statement that others are nested in, up to its body.
func header(t *desugar.Tree, n ast.Node) string {
	var body token.Pos
	switch n := n.(type) {
	case *ast.IfStmt:
		body = n.Body.Pos()
	case *ast.ForStmt:
		body = n.Body.Pos()
	case *ast.RangeStmt:
		body = n.Body.Pos()
	case *ast.SwitchStmt:
		body = n.Body.Pos()
	case *ast.TypeSwitchStmt:
		body = n.Body.Pos()
	case *ast.SelectStmt:
		return "select"
	case *ast.CaseClause:
		body = n.Colon
	case *ast.CommClause:
		body = n.Colon
	default:
		return ""
	}
	return strings.TrimSpace(string(t.Src[n.Pos()-t.Base : body-t.Base]))
}

// cases are the communications of a select, in order; what a frame holds of a
// select is the number of the case that was taken.
func cases(t *desugar.Tree, s *ast.SelectStmt) []string {
	var l []string
	for _, c := range s.Body.List {
		l = append(l, commText(t, c.(*ast.CommClause)))
	}
	return l
}

func commText(t *desugar.Tree, c *ast.CommClause) string {
	if c.Comm == nil {
		return "default"
	}
	return t.Text(c.Comm)
}

// frame describes the struct that the printer of bodies declares for a
// function's frames (body.frameType): the point, the variables, the log of armed
// defers.
func (d *describer) frame(fn *desugar.Func, f *ledger.Func) {
	roles, _ := d.roles(fn)
	offset := int64(8)
	put := func(fd ledger.Field) {
		offset = align(offset, fd.Align)
		fd.Offset = offset
		offset += fd.Size
		f.Frame = append(f.Frame, fd)
	}
	for _, v := range body.FrameVars(fn) {
		fd := ledger.Field{Name: v.Name, Boxed: v.Boxed, Role: roles[v]}
		if v == fn.Log {
			fd.Role = logRole(fn)
		}
		if v.Obj != nil {
			fd.Source = v.Obj.Name()
			fd.Decl = d.declText(fn, v.Obj)
		}
		typ := d.args.apply(v.Type)
		switch {
		case v.Type == nil:
			fd.Type, fd.Size, fd.Align, fd.Words = d.builtin(mapIter), mapIter.Size, mapIter.Align, mapIter.Words
		case v.Boxed:
			fd.Type, fd.Size, fd.Align, fd.Words = d.typ(typ), 8, 8, "p"
		default:
			fd.Type, fd.Size, fd.Align, fd.Words = d.typ(typ), d.sizes.Sizeof(typ), d.sizes.Alignof(typ), d.words(typ)
		}
		put(fd)
	}
	if fn.HasLog && fn.Log == nil {
		put(ledger.Field{Name: "uplog_" + fn.ID, Type: "[]" + d.builtin(armed), Role: logRole(fn), Size: 24, Align: 8, Words: "pww"})
	}
	f.Size = align(offset, 8)
}

// arguments enters what callers of other releases may hand over to a function that has a gate.
func (d *describer) arguments(fn *desugar.Func, f *ledger.Func) {
	if !f.Gate || fn.Deferred {
		return
	}
	for i, v := range fn.Params {
		p := ledger.Param{Type: d.typ(d.args.apply(fn.Sig.Params().At(i).Type()))}
		if v != nil {
			p.Name = v.Name
		}
		f.Params = append(f.Params, p)
	}
	f.Held, f.Registers = fn.Info.Taken, body.Registers(fn)
	if f.Expression, f.Wrapped = body.Expressions(fn); f.Expression {
		f.Receiver = fn.Recv.Name
	}
}

// logRole names the deferred calls that a log of armed ones may hold, by number.
func logRole(fn *desugar.Func) string {
	role := "log"
	for _, df := range fn.Defers {
		role += "; " + lineText(fn, df.P)
	}
	return role
}

func align(n, to int64) int64 { return (n + to - 1) / to * to }

// Types of the runtime that frames hold. The runtime is no package of the
// program when it is described.
var (
	mapIter = ledger.TypeDecl{Key: body.RuntimePath + ".MapIter", Size: 104, Align: 8, Words: "ppppwwwwwppwp"}
	armed   = ledger.TypeDecl{Key: body.RuntimePath + ".Armed", Size: 32, Align: 8, Words: "wpww"}
)

func (d *describer) builtin(t ledger.TypeDecl) string {
	d.decls[t.Key] = &t
	return "‹" + t.Key + "›"
}

// declText is the first line of the statement that declares a variable.
func (d *describer) declText(fn *desugar.Func, obj types.Object) string {
	t := fn.Tree
	path, _ := astutil.PathEnclosingInterval(t.File, obj.Pos(), obj.Pos())
	for _, n := range path {
		switch n.(type) {
		case *ast.FieldList, *ast.FuncType:
			return ""
		case *ast.CommClause, *ast.CaseClause:
			return t.Text(n)
		case ast.Stmt, *ast.GenDecl:
			return t.Text(n)
		}
	}
	return ""
}

// A part is what a temporary is of the statement at a position.
type part struct {
	of token.Pos
	is string
}

// roles says what each temporary of a function is for, in words that stay the
// same when statements are added before it: its name does not. parts says it of those
// that belong to a statement and not to a point.
func (d *describer) roles(fn *desugar.Func) (m map[*desugar.Var]string, parts map[*desugar.Var]part) {
	m, parts = map[*desugar.Var]string{}, map[*desugar.Var]part{}
	count := map[string]int{}
	numbered := func(kind, text string) string {
		key := kind + " " + text
		count[key]++
		return fmt.Sprintf("%s#%d", key, count[key])
	}
	set := func(v *desugar.Var, role string) {
		if v != nil && v.Obj == nil && m[v] == "" {
			m[v] = role
		}
	}
	of := func(v *desugar.Var, pos token.Pos, role, is string) {
		if v != nil && v.Obj == nil && m[v] == "" {
			m[v], parts[v] = role+is, part{pos, is}
		}
	}
	var walk func(l []desugar.Stmt)
	walk = func(l []desugar.Stmt) {
		for _, s := range l {
			switch s := s.(type) {
			case *desugar.Op:
				at := ""
				if s.Point != nil {
					at = fmt.Sprintf("@%d", s.Point.N)
				} else {
					at = numbered("op", lineText(fn, s.P))
				}
				set(s.Index, at+" case")
				texts := commTexts(fn, s)
				for i, c := range s.Comms {
					role := fmt.Sprintf("%s case %d", at, i+1)
					if i < len(texts) {
						role = at + " " + texts[i]
					}
					set(c.Chan, role+": channel")
					set(c.Value, role+": value")
					set(c.OK, role+": open")
				}
				for i, l := range s.Lhs {
					set(l.Var, fmt.Sprintf("%s result %d", at, i))
				}
			case *desugar.Define:
				for i, l := range s.Lhs {
					if l.Var != nil && l.Var.Obj == nil && m[l.Var] == "" {
						set(l.Var, fmt.Sprintf("%s.%d", numbered("eval", lineText(fn, s.P)), i))
					}
				}
			case *desugar.If:
				walk(s.Then)
				walk(s.Else)
			case *desugar.Block:
				walk(s.Body)
			case *desugar.Loop:
				if s.First != nil {
					of(s.First, s.P, numbered("first", lineText(fn, s.P)), "")
				}
				walk(s.InitIR)
				walk(s.CondPre)
				walk(s.Body)
				walk(s.PostIR)
			case *desugar.Range:
				role := numbered("range", lineText(fn, s.P))
				of(s.X, s.P, role, ": over")
				at := ": at"
				if s.Kind == desugar.RangeMap { // what the iterator's type does not tell
					at += ", of " + unmarked.Replace(d.typ(d.args.apply(s.X.Type)))
				}
				of(s.Idx, s.P, role, at)
				walk(s.Body)
			case *desugar.Switch:
				for _, c := range s.Clauses {
					walk(c.Body)
				}
			case *desugar.TypeSwitch:
				for _, c := range s.Clauses {
					walk(c.Body)
				}
			}
		}
	}
	// Operations name their own results first, whatever copies them later.
	for _, df := range fn.Defers {
		role := numbered("defer", strings.TrimPrefix(lineText(fn, df.P), "defer "))
		for i, a := range df.Args {
			of(a, df.P, role, fmt.Sprintf(": operand %d", i))
		}
		of(df.Armed, df.P, role, ": armed")
	}
	walk(fn.Body)
	if v, exits := fn.Exits(); v != nil {
		m[v] = "exits of ranges: " + strings.Join(exits, "; ")
	}
	for _, v := range fn.Locals {
		if v.Obj == nil && m[v] == "" {
			m[v] = "temporary " + v.Name
		}
	}
	d.captured(fn, m)
	return m, parts
}

// captured says of what a literal captures of the rewriter's own what it is for in the
// function that has it, unless that depends on the number of one of its points.
func (d *describer) captured(fn *desugar.Func, m map[*desugar.Var]string) {
	if fn.Parent == nil || !slices.ContainsFunc(fn.Captured, func(v *desugar.Var) bool { return v.Obj == nil }) {
		return
	}
	outer, _ := d.roles(fn.Parent)
	for _, v := range fn.Captured {
		if role := outer[v]; v.Obj == nil && m[v] == "" && role != "" && !strings.HasPrefix(role, "@") {
			m[v] = "outer " + role
		}
	}
}

// unmarked takes the marks of named types out of a type's text.
var unmarked = strings.NewReplacer("‹", "", "›", "")

func commTexts(fn *desugar.Func, op *desugar.Op) []string {
	if op.Kind != desugar.OpSelect {
		return nil
	}
	path, _ := astutil.PathEnclosingInterval(fn.Tree.File, op.P, op.P)
	for _, n := range path {
		if s, ok := n.(*ast.SelectStmt); ok {
			return cases(fn.Tree, s)
		}
	}
	return nil
}

// lineText is the first line of the statement or expression at a position.
func lineText(fn *desugar.Func, pos token.Pos) string {
	t := fn.Tree
	if !pos.IsValid() {
		return ""
	}
	text := ""
	path, _ := astutil.PathEnclosingInterval(t.File, pos, pos)
	for _, n := range path {
		if n == fn.Node() || n.Pos() != pos {
			break
		}
		text = t.Text(n)
	}
	return text
}
