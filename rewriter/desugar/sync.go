package desugar

import (
	"go/ast"
	"go/types"

	"github.com/upstarego/upstarego/rewriter/load"
)

// lock splits x.Lock() into the attempt and the waiting call. In any other form,
// (*sync.Mutex).Lock(x), there is no attempt: it is marked like every call that may
// wait.
func (b *builder) lock(op *Op, c *ast.CallExpr) {
	sel, ok := ast.Unparen(c.Fun).(*ast.SelectorExpr)
	if ok {
		s := b.Pkg.Info.Selections[sel]
		ok = s != nil && s.Kind() == types.MethodVal
	}
	if !ok {
		op.Kind, op.Rhs = OpPark, b.bindOperands(c)
		return
	}
	if b.Subst[sel.X] == nil && !b.simpleOperand(sel.X) && isPointer(b.Pkg.Info.TypeOf(sel.X)) {
		b.hold(sel.X)
	}
	op.Rhs = F("%s", rootOf{c})
	op.Park = b.waitsFor(c)
	op.Try = F("%s.Try%s()", sel.X, sel.Sel.Name)
}

// syncParks are the operations of package sync that tell the runtime what they wait for.
var syncParks = map[string]string{
	"(*sync.Mutex).Lock":     "ParkMutex",
	"(*sync.RWMutex).Lock":   "ParkWrite",
	"(*sync.RWMutex).RLock":  "ParkRead",
	"(*sync.WaitGroup).Wait": "ParkGroup",
	"(*sync.Cond).Wait":      "ParkCond",
}

// waitsFor is the mark of a call that waits for an object of package sync, with the
// object's address. Operands are bound.
func (b *builder) waitsFor(c *ast.CallExpr) X {
	sel, ok := ast.Unparen(c.Fun).(*ast.SelectorExpr)
	if !ok {
		return X{}
	}
	s := b.Pkg.Info.Selections[sel]
	if s == nil || s.Kind() != types.MethodVal {
		return X{}
	}
	if s.Obj().Name() == "Lock" && types.IsInterface(s.Recv()) && len(s.Index()) == 1 {
		return F("%s.ParkLocker(%s)", Runtime{}, sel.X)
	}
	park := syncParks[s.Obj().(*types.Func).FullName()]
	if park == "" {
		return X{}
	}
	at, ok := b.syncObject(sel)
	if !ok {
		return X{}
	}
	return F("%s."+park+"(%s)", Runtime{}, at)
}

// syncObject is the address of what a method of package sync is called of, as an
// expression of what it is selected from; nil, false if that cannot be written.
func (b *builder) syncObject(sel *ast.SelectorExpr) (X, bool) {
	path, pointer, ok := Promoted(b.Pkg, b.Scope, b.Pkg.Info.Selections[sel])
	if pointer {
		return F("%s"+path, sel.X), ok
	}
	return F("&%s"+path, sel.X), ok
}

// Promoted is the path of embedded fields through which a method is promoted, and
// whether it leads to a pointer. ok: it can be written in the package.
func Promoted(pkg *load.Package, scope *Scope, s *types.Selection) (path string, pointer, ok bool) {
	t := s.Recv()
	for _, i := range s.Index()[:len(s.Index())-1] {
		if p, ok := under(t).(*types.Pointer); ok {
			t = p.Elem()
		}
		st, ok := under(t).(*types.Struct)
		if !ok || !st.Field(i).Exported() && st.Field(i).Pkg() != pkg.Types {
			return "", false, false
		}
		name := st.Field(i).Name()
		if local := scope.Hoisted[EmbeddedType(st.Field(i))]; local != "" {
			name = local // the field's name is the type's
		}
		path, t = path+"."+name, st.Field(i).Type()
	}
	return path, isPointer(t), true
}

// GroupGo gives the method that is selected if a call is one of (*sync.WaitGroup).Go.
func GroupGo(info *types.Info, call *ast.CallExpr) *ast.SelectorExpr {
	return callOf(info, call, "(*sync.WaitGroup).Go")
}

func callOf(info *types.Info, call *ast.CallExpr, method string) *ast.SelectorExpr {
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok {
		return nil
	}
	s := info.Selections[sel]
	if s == nil || s.Kind() != types.MethodVal || s.Obj().(*types.Func).FullName() != method {
		return nil
	}
	return sel
}

// adoptsOnce reports whether a call becomes one of OnceDo: it is one of (*sync.Once).Do,
// of an object whose address can be written.
func (b *builder) adoptsOnce(c *ast.CallExpr) bool {
	if sel := callOf(b.Pkg.Info, c, "(*sync.Once).Do"); sel != nil {
		_, b.Once[c] = b.syncObject(sel)
	}
	return b.Once[c]
}
