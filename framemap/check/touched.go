package check

import (
	"go/ast"
	"go/token"
	"go/types"
	"strconv"
)

// touched are the fields of objects that a map may put something into, besides what the new
// release's own code does.
type touched struct {
	all    bool                       // it cannot be told
	types  map[string]bool            // by new key: all of its fields
	fields map[string]map[string]bool // by new key
}

func (t *touched) has(key, field string) bool {
	return t != nil && (t.all || t.types[key] || t.fields[key][field])
}

// touches reads framemap.go: what names a type may make objects of it, and what assigns a field
// or has its address puts something there.
func (c *checker) touches() *touched {
	t := &touched{types: map[string]bool{}, fields: map[string]map[string]bool{}}
	if !c.exists {
		return t
	}
	for name := range c.needs[1] {
		if key := c.is.OfType(name); key != "" {
			t.types[key] = true
		}
	}
	add := func(key, field string) {
		if t.fields[key] == nil {
			t.fields[key] = map[string]bool{}
		}
		t.fields[key][field] = true
	}
	for key, fields := range c.rules.zero {
		for f := range fields {
			add(key, f)
		}
	}
	for key, fields := range c.rules.leadsTo {
		for f := range fields {
			add(key, f)
		}
	}
	for _, s := range c.file.Imports {
		if p, _ := strconv.Unquote(s.Path.Value); p == "unsafe" || p == "reflect" {
			t.all = true
		}
	}
	// puts is a place that gets a value: x.f, x.f[i] of an array, *x.
	var puts func(x ast.Expr)
	puts = func(x ast.Expr) {
		switch x := ast.Unparen(x).(type) {
		case *ast.SelectorExpr:
			if s := c.info.Selections[x]; s != nil && s.Kind() == types.FieldVal {
				typ := s.Recv()
				for _, i := range s.Index() {
					typ = pointed(typ)
					f := typ.Underlying().(*types.Struct).Field(i)
					if m := mirrorName(typ); c.is.OfType(m) != "" {
						key := c.is.OfType(m)
						for _, l := range c.New.Type(key).Fields {
							if c.is.Field(m, l.Name) == f.Name() {
								add(key, l.Name)
							}
						}
					}
					typ = f.Type()
				}
				puts(x.X) // a part of what it is in
			}
		case *ast.IndexExpr:
			if typ := c.info.TypeOf(x.X); typ != nil {
				if _, is := typ.Underlying().(*types.Array); is {
					puts(x.X)
				}
			}
		case *ast.StarExpr:
			if typ := c.info.TypeOf(x); typ != nil {
				if key := c.is.OfType(mirrorName(typ)); key != "" {
					t.types[key] = true
				}
			}
		}
	}
	ast.Inspect(c.file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for _, x := range n.Lhs {
				puts(x)
			}
		case *ast.IncDecStmt:
			puts(n.X)
		case *ast.RangeStmt:
			puts(n.Key)
			puts(n.Value)
		case *ast.UnaryExpr:
			if n.Op == token.AND {
				puts(n.X)
			}
		case *ast.SliceExpr:
			puts(n.X)
		case *ast.SelectorExpr:
			if s := c.info.Selections[n]; s != nil && s.Kind() == types.MethodVal {
				puts(n.X) // it may have a pointer receiver
			}
		case *ast.FuncDecl:
			t.all = t.all || n.Type.TypeParams != nil
		}
		return true
	})
	return t
}

// pointed is a type without a pointer to it.
func pointed(t types.Type) types.Type {
	t = types.Unalias(t)
	if p, is := t.Underlying().(*types.Pointer); is {
		t = types.Unalias(p.Elem())
	}
	return t
}
