package check

import (
	"slices"
	"strings"

	"github.com/upstarego/upstarego/rewriter/ledger"
	"github.com/upstarego/upstarego/rewriter/match"
)

// A call that only the new function defers has a flag in its frames, and operands. That it is
// not to be made is said by the flag alone, and says more: nobody looks at the operands, and
// what the call counts out need not have been counted.

// unasked takes from fields without a value what need not be asked: operands of calls that the
// map does not make, or has to say something of first. missing are all fields that the old frame
// has nothing for.
func (c *checker) unasked(n *ledger.Func, needs, missing []string, set fieldSet) []string {
	return slices.DeleteFunc(slices.Clone(needs), func(f string) bool {
		flag := Flag(n, f)
		return flag != "" && flag != f && slices.Contains(missing, flag) && c.unarmed(n, flag, set)
	})
}

// unarmed reports whether a map gives a flag no value that could be true. It may give it none.
func (c *checker) unarmed(n *ledger.Func, flag string, set fieldSet) bool {
	is := c.is.Frame(n.Key)
	return !set.has(c.is, is, flag) || !set.all && !set.other[c.is.Field(is, flag)]
}

// Flag is the field of a function's frames that says whether the deferred call is armed that
// another field belongs to; "" if that belongs to none.
func Flag(n *ledger.Func, field string) string {
	call := ""
	for _, f := range n.Frame {
		if f.Name == field && ledger.Deferred(f.Role) != "" {
			call, _, _ = strings.Cut(f.Role[strings.LastIndexByte(f.Role, '#'):], ":")
			call = ledger.Deferred(f.Role) + call
		}
	}
	if call == "" {
		return ""
	}
	k := slices.IndexFunc(n.Frame, func(f ledger.Field) bool { return f.Role == "defer "+call+": armed" })
	if k < 0 {
		return ""
	}
	return n.Frame[k].Name
}

// uncounted reports whether a count that frames have not made at a point is one with the
// deferred call that counts out again: they have neither.
func (c *checker) uncounted(con *match.Concern, r *Resolved, p int) bool {
	flag := con.CountsOut()
	if flag == "" || !slices.Contains(r.missing[p], flag) {
		return false
	}
	return c.unarmed(con.Step.New, flag, c.rules.fills[r.Old].given())
}
