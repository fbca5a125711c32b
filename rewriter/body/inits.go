package body

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strconv"
	"strings"

	"github.com/upstarego/upstarego/rewriter/desugar"
)

// initialisers prints, for every package variable of the file that has an
// initialiser, a function that gives the initial value. The process
// runs a package's init once: a variable that a later release adds, or whose
// initial value changed, gets its value from here.
func (p *filePrinter) initialisers(trees map[ast.Decl]*desugar.Tree) (text, register string) {
	var t, r strings.Builder
	for _, d := range p.file.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.VAR {
			continue
		}
		pr := &printer{filePrinter: p, t: trees[d], ahead: map[*desugar.Func]string{}}
		for _, s := range g.Specs {
			vs := s.(*ast.ValueSpec)
			for _, n := range vs.Names {
				p.given(&t, &r, n)
			}
			value := func(x ast.Expr) string {
				if pr.t != nil {
					return pr.node(&context{}, x, nil)
				}
				return p.text(x)
			}
			if len(vs.Values) == 1 && len(vs.Names) > 1 {
				p.initialiseTogether(&t, &r, vs, value(vs.Values[0]))
				continue
			}
			for i, x := range vs.Values {
				n := vs.Names[i]
				obj, ok := p.info.Defs[n].(*types.Var)
				if !ok || n.Name == "_" || incomplete(obj.Type()) {
					continue
				}
				if _, ok := p.prog.Given(obj); ok {
					continue
				}
				fmt.Fprintf(&t, "\n//line %s\nfunc upstareInit_%s() %s {\nreturn %s\n}\n",
					p.where(x.Pos()), n.Name, p.initialType(obj.Type()), value(x))
				fmt.Fprintf(&r, "r.AddInit(upstareInit_%s, %q)\n", n.Name, p.pkg.PkgPath+"."+n.Name)
			}
		}
	}
	return t.String(), r.String()
}

// EmbedPrefix begins the names of variables that hold what files give to another one
// in this release, whatever that one holds by now. The contents of strings and file
// systems are in the executable once.
const EmbedPrefix = "upstareEmbed_"

// given prints the function for a variable that the compiler or the linker gives a value.
func (p *filePrinter) given(t, r *strings.Builder, n *ast.Ident) {
	v, _ := p.info.Defs[n].(*types.Var)
	g, ok := p.prog.Given(v)
	if !ok {
		return
	}
	value, typ := strconv.Quote(g.Value), p.initialType(v.Type())
	if g.Embed != nil {
		value = EmbedPrefix + n.Name
		held := typ
		if _, bytes := v.Type().Underlying().(*types.Slice); bytes {
			held, value = "string", fmt.Sprintf("%s(%s)", typ, value)
		}
		fmt.Fprintf(t, "\n//line :%d:1\n\n%s\nvar %s%s %s\n", lineSkip, strings.Join(g.Embed, "\n"), EmbedPrefix, n.Name, held)
	}
	fmt.Fprintf(t, "\n//line %s\nfunc upstareInit_%s() %s {\nreturn %s\n}\n", p.where(n.Pos()), n.Name, typ, value)
	fmt.Fprintf(r, "r.AddInit(upstareInit_%s, %q)\n", n.Name, p.pkg.PkgPath+"."+n.Name)
}

// initialiseTogether prints the function for variables that one call gives their
// initial values.
func (p *filePrinter) initialiseTogether(t, r *strings.Builder, vs *ast.ValueSpec, value string) {
	var names, results, keys []string
	for i, n := range vs.Names {
		results = append(results, fmt.Sprintf("upr%d", i))
		key := ""
		if n.Name != "_" {
			names = append(names, n.Name)
			key = p.pkg.PkgPath + "." + n.Name
		}
		keys = append(keys, fmt.Sprintf("%q", key))
	}
	if len(names) == 0 {
		return
	}
	// What a blank name is given has no type that could be written.
	ts := make([]string, len(vs.Names))
	for i, n := range vs.Names {
		ts[i] = "any"
		if obj, ok := p.info.Defs[n].(*types.Var); ok && n.Name != "_" {
			ts[i] = p.initialType(obj.Type())
		}
	}
	name := "upstareInit_" + strings.Join(names, "_")
	list := strings.Join(results, ", ")
	fmt.Fprintf(t, "\n//line %s\nfunc %s() (%s) {\n%s := %s\nreturn %s\n}\n",
		p.where(vs.Values[0].Pos()), name, strings.Join(ts, ", "), list, value, list)
	fmt.Fprintf(r, "r.AddInit(%s, %s)\n", name, strings.Join(keys, ", "))
}

// initialType is the type of an initial value; any, if the type cannot be written.
func (p *filePrinter) initialType(t types.Type) string {
	if desugar.Unwritable(p.pkg.Types, nil, t) {
		return "any"
	}
	return p.typ(t)
}

// incomplete reports whether no value of the type may be on a stack or in the heap:
// it stands for memory of C's (runtime/cgo.Incomplete).
func incomplete(t types.Type) bool {
	if n, ok := types.Unalias(t).(*types.Named); ok && n.Obj().Name() == "Incomplete" && n.Obj().Pkg() != nil && n.Obj().Pkg().Path() == "runtime/cgo" {
		return true
	}
	switch t := t.Underlying().(type) {
	case *types.Struct:
		for f := range t.Fields() {
			if incomplete(f.Type()) {
				return true
			}
		}
	case *types.Array:
		return incomplete(t.Elem())
	}
	return false
}
