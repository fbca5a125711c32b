package check

import (
	"fmt"
	"go/ast"
	"go/types"
	"slices"

	"github.com/upstarego/upstarego/internal/diag"
)

// goRule reads a framemap.Go.
func (c *checker) goRule(call *ast.CallExpr, id *ast.Ident) {
	key, ok := c.key(call.Args[1], c.New.Func, "function", true)
	if !ok || !c.begins(call.Args[1], key) {
		return
	}
	c.mirrored(call, id, 0, c.is.Frame(key), key)
	body, typ := c.bodyOf(call.Args[2])
	if body == nil {
		c.bad(diag.NotConstant, call.Args[2].Pos(), "what the goroutines begin with cannot be told", "it is neither a function literal nor a function of this file", "write the function here")
		return
	}
	var start types.Object
	if l := typ.Params.List; len(l) > 0 && len(l[0].Names) > 0 {
		start = c.info.Defs[l[0].Names[0]]
	}
	ast.Inspect(body, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			if f, ok := ast.Unparen(call.Fun).(*ast.Ident); ok && start != nil && c.info.Uses[f] == start {
				c.parameters(body, call, key, "start")
			}
		}
		return true
	})
}

// beside reads the calls of framemap.Start in the function of a rule for frames of an
// old function.
func (c *checker) beside(fn ast.Expr, old string) {
	body, _ := c.bodyOf(fn)
	if body == nil {
		return // said elsewhere
	}
	ast.Inspect(body, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		name, id := c.vocabulary(call)
		if name != "Start" {
			return true
		}
		key, ok := c.key(call.Args[1], c.New.Func, "function", true)
		if !ok || !c.begins(call.Args[1], key) {
			return true
		}
		c.mirrored(call, id, 0, c.is.Frame(key), key)
		c.parameters(body, call, key, "framemap.Start")
		if c.rules.starts[old] == nil {
			c.rules.starts[old] = map[string]bool{}
		}
		c.rules.starts[old][key] = true
		return true
	})
}

// begins reports whether a goroutine may begin with a function, and enters it.
func (c *checker) begins(at ast.Expr, key string) bool {
	f := c.New.Func(key)
	if !f.Starts {
		c.bad(diag.NoStart, at.Pos(), "no goroutine begins with "+key, "the new release neither starts it with go nor hands it to foreign code, and it is a literal, or its key is neither a string nor a constant of this file; or it calls recover by itself, or is generic", "name a declared function by a string")
		return false
	}
	if c.rules.entries == nil {
		c.rules.entries = map[string][]string{}
	}
	boxes := []string{}
	for _, v := range f.Frame {
		if v.Boxed && slices.Contains(f.Points[0].Live, v.Name) {
			boxes = append(boxes, v.Name)
		}
	}
	c.rules.entries[key] = boxes
	return true
}

// parameters reports those of a goroutine's function that are not given.
func (c *checker) parameters(body ast.Node, call *ast.CallExpr, key, who string) {
	f := c.New.Func(key)
	set := c.kept(body, call)
	for _, v := range f.Frame {
		if slices.Contains(f.Points[0].Live, v.Name) && !set.has(c.is, c.is.Frame(key), v.Name) {
			c.bad(diag.MissingLocal, call.Pos(), fmt.Sprintf("parameter %s of %s has no value", field(f, v.Name), key), "the goroutine begins with it", "set it in what "+who+" returns")
		}
	}
}

// begun lists what go statements start in the new release alone.
func (c *checker) begun(r *Rules) (l []string) {
	has := map[string]bool{}
	for _, f := range r.Funcs {
		has[f.New] = true
		for _, leads := range f.Leads {
			for _, lead := range leads {
				has[lead.Key] = true
			}
		}
	}
	for i := range c.New.Funcs {
		f := &c.New.Funcs[i]
		if _, starts := r.Entries[f.Key]; f.Go && f.Starts && !starts && !has[f.Key] {
			l = append(l, f.Key)
		}
	}
	return l
}
