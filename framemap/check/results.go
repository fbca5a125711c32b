package check

import (
	"fmt"
	"go/ast"
	"go/types"
	"slices"
	"strings"

	"github.com/upstarego/upstarego/internal/diag"
	"github.com/upstarego/upstarego/rewriter/ledger"
	"github.com/upstarego/upstarego/rewriter/match"
	"github.com/upstarego/upstarego/rewriter/mirror"
)

// results checks a framemap.Results, if there is one for an old function: somebody waits
// for its results, and the function that is given turns the new ones into them.
func (c *checker) results(m *match.Func) (given bool) {
	o, n := m.Old, m.New
	call := c.rules.turns[o.Key]
	if call == nil {
		return false
	}
	refuse := func(what, why, do string) {
		c.bad(diag.OtherResults, call.Pos(), what, why, do)
	}
	switch {
	case n == nil:
		refuse("framemap.Results for "+o.Key+", which has no counterpart", "nothing returns in its place", "say with framemap.Func which function it becomes, or take it out")
	case !o.Gate && !o.Base:
		refuse("nobody waits for what "+o.Key+" returned", "its callers are own code, which is carried over with it", "take it out")
	case recovers(o) || recovers(n):
		refuse("what "+o.Key+" returns cannot be turned back", "it calls recover, which works only directly under the deferred call", "keep it free with framemap.Never")
	default:
		c.converts(call, o, n)
	}
	return true
}

// recovers reports whether a function calls recover by itself.
func recovers(f *ledger.Func) bool {
	return slices.ContainsFunc(f.Points, func(p ledger.Point) bool { return p.Kind == "recover" })
}

// converts checks the function's type.
func (c *checker) converts(call *ast.CallExpr, o, n *ledger.Func) {
	t := c.info.Types[call.Args[2]].Type
	if t == nil || t == types.Typ[types.Invalid] {
		return
	}
	imports := mirror.NewImports(c.PackageName)
	from, to := mirror.Tuple(c.New, c.New, "is", n.Results, imports), mirror.Tuple(c.Old, c.New, "was", o.Results, imports)
	want := fmt.Sprintf("func(%s) (%s)", strings.Join(from, ", "), strings.Join(to, ", "))
	sig, ok := t.Underlying().(*types.Signature)
	fits := func(l *types.Tuple, want []string) bool {
		ok := l.Len() == len(want)
		for i := 0; ok && i < l.Len(); i++ {
			ok = c.writtenAs(call.Pos(), l.At(i).Type(), want[i], imports)
		}
		return ok
	}
	if !ok || sig.Variadic() || !fits(sig.Params(), from) || !fits(sig.Results(), to) {
		c.bad(diag.WrongMirror, call.Args[2].Pos(), "the results are turned back by a "+types.TypeString(t, (*types.Package).Name),
			fmt.Sprintf("%s returned %s and returns %s", o.Key, ledger.Plain(o.Results), ledger.Plain(n.Results)), "write a "+want)
	}
}
