package desugar

import (
	"go/ast"
	"go/types"
	"strings"
)

// An operation on a channel whose elements an update may have to convert names the
// channel to the runtime: an update that gives the channel new memory takes who waits
// there out of it, and has the operation done again on the new one.

// names makes op say that it waits for channels, operands or variables, if their
// elements may hold anything that an update changes.
func (b *builder) names(op *Op, chans ...any) {
	matters := false
	for _, c := range chans {
		var t types.Type
		switch c := c.(type) {
		case *Var:
			t = c.Type
		case ast.Expr:
			t = b.Pkg.Info.TypeOf(c)
		}
		ch, ok := under(t).(*types.Chan)
		if !ok {
			return // of a type parameter without a core type
		}
		matters = matters || b.mayChange(ch.Elem(), map[types.Type]bool{})
	}
	if matters {
		op.Chans = F(strings.Repeat(", %s", len(chans))[2:], chans...)
	}
}

// mayChange reports whether values of a type may hold, or lead to, a value of a type
// that a release can change: an own one, or one that only its holder knows.
func (b *builder) mayChange(t types.Type, seen map[types.Type]bool) bool {
	if seen[t] {
		return false
	}
	seen[t] = true
	switch u := types.Unalias(t).(type) {
	case *types.Named:
		if p := u.Obj().Pkg(); p != nil && b.Prog.IsOwn(p) {
			return true
		}
		for i := range u.TypeArgs().Len() {
			if b.mayChange(u.TypeArgs().At(i), seen) {
				return true
			}
		}
		return b.mayChange(u.Underlying(), seen)
	case *types.TypeParam, *types.Interface, *types.Signature:
		return true
	case *types.Pointer:
		return b.mayChange(u.Elem(), seen)
	case *types.Slice:
		return b.mayChange(u.Elem(), seen)
	case *types.Array:
		return b.mayChange(u.Elem(), seen)
	case *types.Chan:
		return b.mayChange(u.Elem(), seen)
	case *types.Map:
		return b.mayChange(u.Key(), seen) || b.mayChange(u.Elem(), seen)
	case *types.Struct:
		for i := range u.NumFields() {
			if b.mayChange(u.Field(i).Type(), seen) {
				return true
			}
		}
	case *types.Basic:
		return u.Kind() == types.UnsafePointer
	}
	return false
}

// operand holds an operand that is named twice, unless it can be evaluated twice.
func (b *builder) operand(e ast.Expr) {
	if b.Subst[e] == nil && !b.simpleOperand(e) {
		b.hold(e)
	}
}

// receivedLater makes a receive give variables that other frames have too what it
// yields behind its point: before, it may not count.
func (b *builder) receivedLater(op *Op) (after []Stmt) {
	lhs := append([]LHS{}, op.Lhs...)
	for i, l := range lhs {
		if l.Var == nil || l.New || !l.Var.Boxed {
			continue
		}
		t := b.temp(b.fn, "upt", l.Var.Type)
		lhs[i] = LHS{t, true}
		after = append(after, &Define{P: op.P, Lhs: []LHS{l}, Rhs: V(t)})
	}
	op.Lhs = lhs
	return after
}

// receive makes op, a receive, name its channel, if that matters.
func (b *builder) receive(op *Op, e *ast.UnaryExpr) bool {
	ch, ok := under(b.Pkg.Info.TypeOf(e.X)).(*types.Chan)
	if !ok || !b.mayChange(ch.Elem(), map[types.Type]bool{}) {
		return false
	}
	b.operand(e.X)
	b.names(op, e.X)
	return true
}
