package evolve

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strings"
)

// kinds change a program, and report whether they found a place to.
var kinds = map[string]func(*program) bool{
	"rename local":     (*program).renameLocal,
	"rename function":  (*program).renameFunction,
	"rename type":      (*program).renameType,
	"rename field":     (*program).renameField,
	"insert statement": (*program).insertStatement,
	"remove statement": (*program).removeStatement,
	"move statement":   (*program).moveStatement,
	"wrap statement":   (*program).wrapStatement,
	"retype field":     (*program).retypeField,
	"add field":        (*program).addField,
	"remove field":     (*program).removeField,
	"retype local":     (*program).retypeLocal,
	"retype variable":  (*program).retypeVariable,
	"change variable":  (*program).changeVariable,
	"split function":   (*program).splitFunction,
	"add parameter":    (*program).addParameter,
	"add result":       (*program).addResult,
	"remove function":  (*program).removeFunction,
	"add goroutine":    (*program).addGoroutine,
	"add defer":        (*program).addDefer,
	"remove defer":     (*program).removeDefer,
	"add select case":  (*program).addCase,
	"change operand":   (*program).changeOperand,
}

func (p *program) local(o types.Object) bool {
	v, ok := o.(*types.Var)
	return ok && !v.IsField() && v.Parent() != nil && v.Parent() != p.pkg.Scope()
}

func (p *program) renameLocal() bool {
	o, ok := one(p, p.defined(p.local))
	if !ok {
		return false
	}
	name := p.fresh(o.Name() + "Too")
	p.rename(o, name)
	return p.did("local %s is called %s", o.Name(), name)
}

func (p *program) renameFunction() bool {
	o, ok := one(p, p.defined(func(o types.Object) bool {
		_, ok := o.(*types.Func)
		return ok && o.Name() != "main" && o.Name() != "init"
	}))
	if !ok {
		return false
	}
	name := p.fresh(o.Name() + "Too")
	p.rename(o, name)
	return p.did("function %s is called %s", o.Name(), name)
}

func (p *program) renameType() bool {
	o, ok := one(p, p.defined(func(o types.Object) bool { _, ok := o.(*types.TypeName); return ok && o.Parent() == p.pkg.Scope() }))
	if !ok {
		return false
	}
	name := p.fresh(o.Name() + "Too")
	p.rename(o, name)
	return p.did("type %s is called %s", o.Name(), name)
}

func (p *program) renameField() bool {
	o, ok := one(p, p.defined(func(o types.Object) bool { v, ok := o.(*types.Var); return ok && v.IsField() && !v.Embedded() }))
	if !ok {
		return false
	}
	name := p.fresh(o.Name() + "Too")
	p.rename(o, name)
	return p.did("field %s is called %s", o.Name(), name)
}

func anyStatement(ast.Stmt) bool { return true }

func (p *program) insertStatement() bool {
	s, ok := one(p, p.statements(anyStatement))
	if !ok {
		return false
	}
	f, v := p.waits(), p.fresh("gotIt")
	text, _ := one(p, []string{
		f + "()\n",
		fmt.Sprintf("%s := %s()\n%[2]s()\n_ = %[1]s\n", v, f),
		fmt.Sprintf("for %s := range 2 {\n%s()\n_ = %[1]s\n}\n", v, f),
		fmt.Sprintf("if %s := %s(); %[1]s > 1 {\n%[2]s()\n}\n", v, f),
		fmt.Sprintf("func() {\n%s()\n}()\n", f),
		"println()\n",
	})
	p.insert(s.Pos(), text)
	return p.did("inserted %q", text)
}

func (p *program) removeStatement() bool {
	s, ok := one(p, p.statements(func(s ast.Stmt) bool {
		switch s := s.(type) {
		case *ast.ExprStmt, *ast.IncDecStmt, *ast.SendStmt, *ast.IfStmt, *ast.ForStmt, *ast.RangeStmt, *ast.SwitchStmt, *ast.SelectStmt, *ast.GoStmt:
			return true
		case *ast.AssignStmt:
			return s.Tok != token.DEFINE
		}
		return false
	}))
	if !ok {
		return false
	}
	p.edit(s.Pos(), s.End(), "")
	return p.did("removed %q", p.source(s))
}

func (p *program) moveStatement() bool {
	l, ok := one(p, p.lists())
	if !ok || len(l) < 2 {
		return false
	}
	i := p.r.IntN(len(l) - 1)
	a, b := l[i], l[i+1]
	p.edit(a.Pos(), a.End(), p.source(b))
	p.edit(b.Pos(), b.End(), p.source(a))
	return p.did("exchanged %q and %q", p.source(a), p.source(b))
}

func (p *program) wrapStatement() bool {
	s, ok := one(p, p.statements(func(s ast.Stmt) bool {
		switch s := s.(type) {
		case *ast.ExprStmt, *ast.IncDecStmt, *ast.SendStmt, *ast.IfStmt, *ast.SelectStmt:
			return true
		case *ast.AssignStmt:
			return s.Tok != token.DEFINE
		}
		return false
	}))
	if !ok {
		return false
	}
	head, _ := one(p, []string{"if true {", "for range 1 {", "switch {\ndefault:", "{"})
	p.insert(s.Pos(), head+"\n")
	p.insert(s.End(), "\n}")
	return p.did("put %q into %q", p.source(s), head)
}

// others are types that may take another's place.
var others = map[string][]string{
	"int": {"int64", "int32", "uint"}, "string": {"[]byte", "error"}, "bool": {"int"}, "error": {"any"}, "[]int": {"[]int64", "map[int]int"},
}

func (p *program) other(x ast.Expr) (string, bool) {
	return one(p, others[p.source(x)])
}

func (p *program) retypeField() bool {
	var l []*ast.Field
	for _, s := range all(p, func(*ast.StructType) bool { return true }) {
		for _, f := range s.Fields.List {
			if others[p.source(f.Type)] != nil {
				l = append(l, f)
			}
		}
	}
	f, ok := one(p, l)
	if !ok {
		return false
	}
	t, _ := p.other(f.Type)
	p.edit(f.Type.Pos(), f.Type.End(), t)
	return p.did("field %q is %s", p.source(f), t)
}

func (p *program) addField() bool {
	s, ok := one(p, all(p, func(s *ast.StructType) bool { return true }))
	if !ok {
		return false
	}
	name := p.fresh("added")
	t, _ := one(p, []string{"int", "*int", "map[string]int", "struct{ a, b string }", "func(int) error", "[3]any"})
	at := s.Fields.Opening + 1
	if p.r.IntN(2) == 0 {
		at = s.Fields.Closing
	}
	p.insert(at, "\n"+name+" "+t+"\n")
	return p.did("a field %s %s", name, t)
}

func (p *program) removeField() bool {
	s, ok := one(p, all(p, func(s *ast.StructType) bool { return len(s.Fields.List) > 0 }))
	if !ok {
		return false
	}
	f, _ := one(p, s.Fields.List)
	p.edit(f.Pos(), f.End(), "")
	return p.did("removed field %q", p.source(f))
}

func (p *program) retypeLocal() bool {
	s, ok := one(p, p.statements(func(s ast.Stmt) bool {
		switch s := s.(type) {
		case *ast.AssignStmt:
			return s.Tok == token.DEFINE && len(s.Lhs) == 1 && len(s.Rhs) == 1
		case *ast.DeclStmt:
			return true
		}
		return false
	}))
	if !ok {
		return false
	}
	switch s := s.(type) {
	case *ast.AssignStmt:
		t := p.info.Types[s.Rhs[0]].Type
		if t == nil {
			return false
		}
		to, ok := one(p, append(others[p.typeText(t)], "any"))
		if !ok {
			return false
		}
		p.edit(s.Pos(), s.End(), fmt.Sprintf("var %s %s = %s(%s)", p.source(s.Lhs[0]), to, to, p.source(s.Rhs[0])))
		return p.did("%q makes a %s", p.source(s), to)
	case *ast.DeclStmt:
		for _, spec := range s.Decl.(*ast.GenDecl).Specs {
			if v, ok := spec.(*ast.ValueSpec); ok && v.Type != nil {
				if to, ok := p.other(v.Type); ok {
					p.edit(v.Type.Pos(), v.Type.End(), to)
					return p.did("%q makes a %s", p.source(s), to)
				}
			}
		}
	}
	return false
}

// variables are the specs of package variables.
func (p *program) variables() (l []*ast.ValueSpec) {
	for _, f := range p.files {
		for _, d := range f.Decls {
			if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.VAR {
				for _, s := range g.Specs {
					if v := s.(*ast.ValueSpec); len(v.Names) == 1 && v.Names[0].Name != "_" {
						l = append(l, v)
					}
				}
			}
		}
	}
	return l
}

func (p *program) retypeVariable() bool {
	v, ok := one(p, p.variables())
	if !ok {
		return false
	}
	to, _ := one(p, []string{"any", "int64", "[]byte", "map[string]any"})
	switch {
	case v.Type != nil:
		p.edit(v.Type.Pos(), v.Type.End(), to)
	case len(v.Values) == 1:
		p.insert(v.Names[0].End(), " "+to)
	}
	return p.did("variable %s is %s", v.Names[0].Name, to)
}

func (p *program) changeVariable() bool {
	v, ok := one(p, p.variables())
	if !ok {
		return false
	}
	if p.r.IntN(2) == 0 {
		name := p.fresh("another")
		p.added += fmt.Sprintf("var %s = len(%q)\n", name, name)
		return p.did("a variable %s", name)
	}
	if len(v.Values) != 1 {
		return false
	}
	p.edit(v.Values[0].Pos(), v.Values[0].End(), fmt.Sprintf("(%s)", p.source(v.Values[0])))
	return p.did("variable %s is initialised otherwise", v.Names[0].Name)
}

func (p *program) addGoroutine() bool {
	s, ok := one(p, p.statements(anyStatement))
	if !ok {
		return false
	}
	f := p.waits()
	name := p.fresh("goesRound")
	p.added += fmt.Sprintf("func %s(n int, s ...string) {\n\tfor range n {\n\t\t%s()\n\t}\n}\n", name, f)
	text, _ := one(p, []string{
		"go " + name + "(3, \"a\")\n",
		"go " + f + "()\n",
		fmt.Sprintf("go func(k int) {\n%s()\n%s(k)\n}(4)\n", f, name),
	})
	p.insert(s.Pos(), text)
	return p.did("inserted %q", text)
}

func (p *program) addDefer() bool {
	s, ok := one(p, p.statements(anyStatement))
	if !ok {
		return false
	}
	f, v := p.waits(), p.fresh("putOff")
	text, _ := one(p, []string{
		"defer " + f + "()\n",
		fmt.Sprintf("defer func(a int, b string) {\n%s()\nprintln(a, b)\n}(1, \"b\")\n", f),
		fmt.Sprintf("%s := %s()\ndefer func() { println(%[1]s) }()\n%[2]s()\n", v, f),
		fmt.Sprintf("for %s := range 2 {\ndefer println(%[1]s)\n%s()\n}\n", v, f),
	})
	p.insert(s.Pos(), text)
	return p.did("inserted %q", text)
}

func (p *program) removeDefer() bool {
	s, ok := one(p, p.statements(func(s ast.Stmt) bool { _, ok := s.(*ast.DeferStmt); return ok }))
	if !ok {
		return false
	}
	p.edit(s.Pos(), s.End(), "")
	return p.did("removed %q", p.source(s))
}

func (p *program) addCase() bool {
	s, ok := one(p, all(p, func(s *ast.SelectStmt) bool { return true }))
	if !ok {
		return false
	}
	name := p.fresh("tenthCase")
	p.added += fmt.Sprintf("var %s chan string\n", name)
	text, _ := one(p, []string{"\ncase <-%s:\n", "\ncase s := <-%s:\nprintln(s)\n", "\ncase s, ok := <-%s:\nprintln(s, ok)\n", "\ncase %s <- \"a\":\n"})
	at := s.Body.Lbrace + 1
	if p.r.IntN(2) == 0 {
		at = s.Body.Rbrace
	}
	p.insert(at, fmt.Sprintf(text, name))
	return p.did("a select has another case")
}

func (p *program) changeOperand() bool {
	x, ok := one(p, all(p, func(x *ast.BasicLit) bool { return x.Kind == token.INT || x.Kind == token.STRING }))
	if !ok {
		return false
	}
	if x.Kind == token.INT {
		p.edit(x.Pos(), x.End(), x.Value+"+1")
	} else {
		p.edit(x.Pos(), x.End(), x.Value+`+"x"`)
	}
	return p.did("%s is another", x.Value)
}

func (p *program) removeFunction() bool {
	l := all(p, func(d *ast.FuncDecl) bool {
		return d.Name.Name != "main" && d.Name.Name != "init" && d.Name.Name != "_"
	})
	d, ok := one(p, l)
	if !ok {
		return false
	}
	o := p.info.Defs[d.Name]
	alone := map[ast.Node]bool{} // statements that call it and do nothing else
	for _, s := range p.statements(anyStatement) {
		if x, ok := s.(*ast.ExprStmt); ok {
			if call, ok := x.X.(*ast.CallExpr); ok {
				if id := last(call.Fun); id != nil && p.info.Uses[id] == o {
					alone[id] = true
					p.edit(s.Pos(), s.End(), "")
				}
			}
		}
	}
	for _, id := range p.uses(o) {
		if !alone[id] && (id.Pos() < d.Pos() || id.Pos() > d.End()) {
			return false
		}
	}
	p.edit(d.Pos(), d.End(), "")
	return p.did("removed function %s", d.Name.Name)
}

// last is the name that an expression ends with.
func last(x ast.Expr) *ast.Ident {
	switch x := ast.Unparen(x).(type) {
	case *ast.Ident:
		return x
	case *ast.SelectorExpr:
		return x.Sel
	}
	return nil
}

// direct are the calls of a function, if it is mentioned in calls alone.
func (p *program) direct(o types.Object) (l []*ast.CallExpr, ok bool) {
	callee := map[*ast.Ident]*ast.CallExpr{}
	p.each(func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			if id := last(call.Fun); id != nil {
				callee[id] = call
			}
		}
		return true
	})
	for _, id := range p.uses(o) {
		if callee[id] == nil {
			return nil, false
		}
		l = append(l, callee[id])
	}
	return l, true
}

func (p *program) addParameter() bool {
	d, ok := one(p, all(p, func(d *ast.FuncDecl) bool { return d.Name.Name != "main" && d.Name.Name != "init" && d.Body != nil }))
	if !ok {
		return false
	}
	calls, ok := p.direct(p.info.Defs[d.Name])
	if !ok {
		return false
	}
	name := p.fresh("further")
	comma, none := ", ", d.Type.Params.NumFields() == 0
	if none {
		comma = ""
	}
	p.insert(d.Type.Params.Opening+1, name+" int"+comma)
	for _, c := range calls {
		if len(c.Args) == 0 {
			comma = ""
		} else {
			comma = ", "
		}
		p.insert(c.Lparen+1, "7"+comma)
	}
	p.insert(d.Body.Lbrace+1, "\n_ = "+name+"\n")
	return p.did("%s has a parameter %s", d.Name.Name, name)
}

func (p *program) addResult() bool {
	d, ok := one(p, all(p, func(d *ast.FuncDecl) bool {
		return d.Name.Name != "main" && d.Name.Name != "init" && d.Body != nil && d.Type.Results == nil
	}))
	if !ok {
		return false
	}
	if p.r.IntN(3) > 0 { // functions that only calls mention are rarely refused
		if _, ok := p.direct(p.info.Defs[d.Name]); !ok {
			return false
		}
	}
	p.insert(d.Type.Params.Closing+1, " int")
	ast.Inspect(d.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.ReturnStmt:
			p.insert(n.End(), " 5")
		}
		return true
	})
	p.insert(d.Body.Rbrace, "\nreturn 6\n")
	return p.did("%s returns an int", d.Name.Name)
}

// splitFunction moves statements into a function of their own.
func (p *program) splitFunction() bool {
	d, ok := one(p, all(p, func(d *ast.FuncDecl) bool {
		return d.Body != nil && len(d.Body.List) > 1 && d.Type.TypeParams == nil && d.Recv == nil
	}))
	if !ok {
		return false
	}
	var lists [][]ast.Stmt
	for _, l := range p.lists() {
		if len(l) > 0 && l[0].Pos() > d.Body.Pos() && l[0].Pos() < d.Body.End() {
			lists = append(lists, l)
		}
	}
	l, ok := one(p, lists)
	if !ok {
		return false
	}
	i := p.r.IntN(len(l))
	j := i + 1 + p.r.IntN(min(3, len(l)-i))
	from, to := l[i].Pos(), l[j-1].End()
	inside := func(at token.Pos) bool { return from <= at && at < to }
	stays := true
	var params, args []string
	seen := map[types.Object]bool{}
	for _, s := range l[i:j] {
		ast.Inspect(s, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ReturnStmt, *ast.BranchStmt, *ast.DeferStmt, *ast.LabeledStmt:
				stays = false
			case *ast.Ident:
				o := p.info.Uses[n]
				if o == nil || seen[o] || !p.local(o) || inside(o.Pos()) {
					break
				}
				seen[o] = true
				params, args = append(params, o.Name()+" "+p.typeText(o.Type())), append(args, o.Name())
			}
			return true
		})
	}
	if !stays {
		return false
	}
	name := p.fresh(d.Name.Name + "Part")
	start, end := p.fset.PositionFor(from, false), p.fset.PositionFor(to, false)
	text := p.text[start.Filename][start.Offset:end.Offset]
	p.added += fmt.Sprintf("func %s(%s) {\n%s\n}\n", name, strings.Join(params, ", "), text)
	p.edit(from, to, fmt.Sprintf("%s(%s)", name, strings.Join(args, ", ")))
	return p.did("%q is in %s", text, name)
}
