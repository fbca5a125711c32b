package draft

import (
	"bytes"
	"go/token"
	"path"
	"strconv"

	"github.com/dave/dst"
	"github.com/dave/dst/decorator"
)

// merge adds to a framemap.go what a draft has and it has not. Nothing of what is
// there is changed or moved.
func merge(have, draft []byte) ([]byte, error) {
	old, err := decorator.Parse(have)
	if err != nil {
		return nil, err
	}
	new, err := decorator.Parse(draft)
	if err != nil {
		return nil, err
	}
	rename(new, addImports(old, new))
	to, from := mapFunc(old), mapFunc(new)
	rules := map[[2]string]*dst.CallExpr{}
	for _, s := range to.Body.List {
		if k, call := ruleOf(s); call != nil {
			rules[k] = call
		}
	}
	for _, s := range from.Body.List {
		k, call := ruleOf(s)
		if there := rules[k]; there != nil && extend(k[0], there, call) {
			continue
		}
		to.Body.List = append(to.Body.List, s)
	}
	var b bytes.Buffer
	if err := decorator.Fprint(&b, old); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func mapFunc(f *dst.File) *dst.FuncDecl {
	for _, d := range f.Decls {
		if fn, ok := d.(*dst.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "Map" {
			return fn
		}
	}
	return nil // check has seen one
}

// ruleOf is what a statement is a rule about: the function of package framemap
// and the key.
func ruleOf(s dst.Stmt) ([2]string, *dst.CallExpr) {
	x, ok := s.(*dst.ExprStmt)
	if !ok {
		return [2]string{}, nil
	}
	call, ok := x.X.(*dst.CallExpr)
	if !ok || len(call.Args) < 2 {
		return [2]string{}, nil
	}
	name := ""
	switch f := call.Fun.(type) {
	case *dst.SelectorExpr:
		name = f.Sel.Name
	case *dst.Ident:
		name = f.Name
	}
	lit, ok := call.Args[1].(*dst.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return [2]string{}, nil
	}
	key, err := strconv.Unquote(lit.Value)
	if err != nil {
		return [2]string{}, nil
	}
	return [2]string{name, key}, call
}

// extend adds a rule's points, or the statements of its function, to the rule
// that is there.
func extend(name string, there, call *dst.CallExpr) bool {
	if len(there.Args) != len(call.Args) {
		return false
	}
	last := len(call.Args) - 1
	switch name {
	case "Func":
		a, ok1 := there.Args[last].(*dst.CompositeLit)
		b, ok2 := call.Args[last].(*dst.CompositeLit)
		if ok1 && ok2 {
			a.Elts = append(a.Elts, b.Elts...)
			return true
		}
	case "Type", "Locals":
		a, ok1 := there.Args[last].(*dst.FuncLit)
		b, ok2 := call.Args[last].(*dst.FuncLit)
		if !ok1 || !ok2 {
			return false
		}
		have, add := a.Body.List, b.Body.List
		var end []dst.Stmt
		if n := len(have); n > 0 {
			if _, ok := have[n-1].(*dst.ReturnStmt); ok {
				have, end = have[:n-1:n-1], have[n-1:]
			}
		}
		a.Body.List = append(append(have, add...), end...)
		return true
	}
	return false
}

// addImports adds the imports that the file lacks. It returns what the draft calls
// packages by another name than the file does: name in the draft → in the file.
func addImports(old, new *dst.File) map[string]string {
	have := map[string]*dst.ImportSpec{}
	var decl *dst.GenDecl
	for _, d := range old.Decls {
		if g, ok := d.(*dst.GenDecl); ok && g.Tok == token.IMPORT {
			decl = g
			for _, s := range g.Specs {
				s := s.(*dst.ImportSpec)
				have[s.Path.Value] = s
			}
		}
	}
	names := map[string]string{}
	for _, d := range new.Decls {
		g, ok := d.(*dst.GenDecl)
		if !ok || g.Tok != token.IMPORT {
			continue
		}
		for _, s := range g.Specs {
			s := s.(*dst.ImportSpec)
			if there := have[s.Path.Value]; there != nil {
				if there.Name != nil {
					if p, err := strconv.Unquote(s.Path.Value); err == nil {
						names[path.Base(p)] = there.Name.Name
					}
				}
				continue
			}
			if decl == nil {
				decl = &dst.GenDecl{Tok: token.IMPORT, Lparen: true}
				old.Decls = append([]dst.Decl{decl}, old.Decls...)
			}
			decl.Lparen = true
			decl.Specs = append(decl.Specs, s)
		}
	}
	return names
}

// rename calls packages by other names.
func rename(f *dst.File, names map[string]string) {
	dst.Inspect(f, func(n dst.Node) bool {
		if sel, ok := n.(*dst.SelectorExpr); ok {
			if id, ok := sel.X.(*dst.Ident); ok && names[id.Name] != "" {
				if names[id.Name] == "." {
					return true // a dot import: the qualified name stays an error to mend
				}
				id.Name = names[id.Name]
			}
		}
		return true
	})
}
