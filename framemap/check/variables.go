package check

import (
	"go/ast"
	"go/types"

	"github.com/upstarego/upstarego/internal/diag"
	"github.com/upstarego/upstarego/rewriter/ledger"
	"github.com/upstarego/upstarego/rewriter/mirror"
)

// variable checks what framemap.go takes a variable for: whether it is that would
// come to light only when the update is made.
func (c *checker) variable(call *ast.CallExpr, id *ast.Ident, new bool) {
	r, pkg, find := c.Old, "was", c.Old.Var
	if new {
		r, pkg, find = c.New, "is", c.New.Var
	}
	key, ok := c.key(call.Args[1], find, "variable", new)
	inst, has := c.info.Instances[id]
	if !ok || !has || inst.TypeArgs.Len() != 1 || inst.TypeArgs.At(0) == types.Typ[types.Invalid] {
		return
	}
	as := inst.TypeArgs.At(0)
	want, _ := mirror.Type(r, c.New, pkg, find(key).Type)
	if types.TypeString(as, (*types.Package).Name) == want {
		return
	}
	if tv, err := types.Eval(c.fset, c.pkg, call.Pos(), want); err == nil && types.Identical(tv.Type, as) {
		return
	}
	c.bad(diag.WrongMirror, call.Pos(), "the function takes "+key+" for "+types.TypeString(as, (*types.Package).Name),
		"it is "+ledger.Plain(find(key).Type), "write its type as "+want)
}
