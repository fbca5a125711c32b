package check

import (
	"cmp"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"github.com/upstarego/upstarego/internal/diag"
	"github.com/upstarego/upstarego/rewriter/ledger"
	"github.com/upstarego/upstarego/rewriter/mirror"
)

// variable checks what framemap.go takes a variable for: whether it is that would
// come to light only when the update is made.
func (c *checker) variable(call *ast.CallExpr, id *ast.Ident, at ast.Expr, new bool) {
	r, pkg, find := c.Old, "was", c.Old.Var
	if new {
		r, pkg, find = c.New, "is", c.New.Var
	}
	key, ok := c.key(at, find, "variable", new)
	inst, has := c.info.Instances[id]
	if !ok || !has || inst.TypeArgs.Len() != 1 || inst.TypeArgs.At(0) == types.Typ[types.Invalid] {
		return
	}
	as := inst.TypeArgs.At(0)
	imports := mirror.NewImports(c.PackageName)
	want := mirror.Type(r, c.New, pkg, find(key).Type, imports)
	if c.writtenAs(call.Pos(), as, want, imports) {
		return
	}
	c.bad(diag.WrongMirror, call.Pos(), "the function takes "+key+" for "+types.TypeString(as, (*types.Package).Name),
		"it is "+ledger.Plain(find(key).Type), "write its type as "+want)
}

// writtenAs reports whether a type is what mirror.Type writes.
func (c *checker) writtenAs(at token.Pos, t types.Type, want string, imports *mirror.Imports) bool {
	called := func(p *types.Package) string { return cmp.Or(imports.Name(p.Path()), p.Name()) }
	if types.TypeString(t, called) == want {
		return true
	}
	tv, err := types.Eval(c.fset, c.pkg, at, want)
	return err == nil && types.Identical(tv.Type, t)
}

// fromVariable checks a framemap.FromVariable: it may run while the program does, which
// must not be seen in the middle of an assignment.
func (c *checker) fromVariable(call *ast.CallExpr, id *ast.Ident) {
	c.variable(call, id, call.Args[2], true)
	key, ok := c.key(call.Args[2], c.New.Var, "variable", true)
	if ok {
		c.rules.late[key] = true
	}
	inst, has := c.info.Instances[id]
	if !ok || !has || inst.TypeArgs.Len() != 1 || inst.TypeArgs.At(0) == types.Typ[types.Invalid] {
		return
	}
	if v := c.New.Var(key); v.Assigned && types.SizesFor("gc", c.New.GOARCH).Sizeof(inst.TypeArgs.At(0)) > 8 {
		c.bad(diag.TornVariable, call.Pos(), key+" is of more than one word, and the program may change it",
			"a goroutine that comes back after commit would read it while others do", "take it from an object that the old frame leads to, or lead to it by a variable that is a pointer")
	}
}

// emptied are the variables of the old release that nobody can come to once it has been
// superseded. Who has a pointer to one in a frame needs only where it leads, unless a rule
// looks into the frame.
func (c *checker) emptied() (keys []string) {
	ruled := func(key string) bool {
		_, at := c.rules.ats[key]
		_, fill := c.rules.fills[key]
		return at || fill || c.rules.looked[key]
	}
	seen := func(v *ledger.VarDecl) bool {
		types := map[string]bool{} // of what methods get of the variable
		for _, key := range v.Lent {
			if pkg, method, ok := strings.Cut(key, ".(*"); ok {
				name, _, _ := strings.Cut(method, ")")
				if strings.Contains(name, "[") {
					return true // frames of instances are typed by them
				}
				types[pkg+"."+name] = true
			}
		}
		for i := range c.Old.Funcs {
			f := &c.Old.Funcs[i]
			in := slices.ContainsFunc(slices.Concat(v.Lent, v.Lenders), func(key string) bool { return f.Key == key || strings.HasPrefix(f.Key, key+".") }) // or a literal of it
			if !in || !ruled(f.Key) {
				continue
			}
			for _, local := range f.Frame {
				if slices.ContainsFunc(ledger.Refs(local.Type), func(key string) bool { return types[key] }) {
					return true
				}
			}
		}
		return false
	}
	for i := range c.Old.Vars {
		v := &c.Old.Vars[i]
		if v.Untaken || len(v.Lent) > 0 && !seen(v) {
			keys = append(keys, v.Key)
		}
	}
	return keys
}
