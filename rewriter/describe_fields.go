package rewriter

import (
	"fmt"
	"go/ast"
	exact "go/constant"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/upstarego/upstarego/rewriter/ledger"
	"github.com/upstarego/upstarego/rewriter/load"
)

// A fieldUse is what is known of a struct's field all over own code: what new objects have
// in it, and who gives it something else.
type fieldUse struct {
	births  map[string]bool // "" is one that is not known
	pointed bool
	set     map[string]bool            // functions that change the field's own memory; "" is one that is not known
	given   map[string]map[string]bool // constants that it is given later, and by which functions
	fill    map[string]bool            // functions that may change what it leads to, or hand it on
}

// A fielder looks at all uses of fields of own struct types.
type fielder struct {
	d    *describer
	uses map[*types.Var]*fieldUse
	zero map[*types.TypeName]bool // types of which objects come into being as zero values
	may  map[*types.TypeName]bool // types whose objects come into being, or change, in another way: see reflector
	met  map[types.Type]bool
}

// fieldFacts looks through own code.
func (d *describer) fieldFacts() *fielder {
	x := &fielder{d: d, uses: map[*types.Var]*fieldUse{}, zero: map[*types.TypeName]bool{}, may: d.reflected(), met: map[types.Type]bool{}}
	for _, pkg := range d.prog.Own {
		for _, file := range pkg.Syntax {
			x.file(pkg, file)
		}
		for _, o := range pkg.Info.Defs {
			switch o := o.(type) {
			case *types.Var:
				t := o.Type()
				if n := namedStruct(t); n != nil && o.IsField() {
					x.zero[n] = true // part of a larger one
				}
				x.holds(t)
			case *types.TypeName:
				x.holds(o.Type().Underlying())
			}
		}
	}
	return x
}

// namedStruct is the name of a type that is a named struct, or nil.
func namedStruct(t types.Type) *types.TypeName {
	if n, ok := types.Unalias(t).(*types.Named); ok {
		if _, ok := n.Underlying().(*types.Struct); ok {
			return n.Obj()
		}
	}
	return nil
}

// holds enters the structs that containers of a type hold by value: there are zero ones
// among these.
func (x *fielder) holds(t types.Type) {
	t = types.Unalias(t)
	if x.met[t] {
		return
	}
	x.met[t] = true
	elem := func(t types.Type) {
		if n := namedStruct(t); n != nil {
			x.zero[n] = true
		}
		x.holds(t)
	}
	switch t := t.(type) {
	case *types.Pointer:
		x.holds(t.Elem())
	case *types.Slice:
		elem(t.Elem())
	case *types.Array:
		elem(t.Elem())
	case *types.Chan:
		elem(t.Elem())
	case *types.Map:
		elem(t.Key())
		elem(t.Elem())
	case *types.Struct:
		for f := range t.Fields() {
			elem(f.Type())
		}
	case *types.Signature:
		for v := range t.Results().Variables() {
			x.holds(v.Type())
		}
	}
}

func (x *fielder) use(f *types.Var) *fieldUse {
	f = f.Origin()
	if x.uses[f] == nil {
		x.uses[f] = &fieldUse{births: map[string]bool{}, set: map[string]bool{}, given: map[string]map[string]bool{}, fill: map[string]bool{}}
	}
	return x.uses[f]
}

func (x *fielder) file(pkg *load.Package, file *ast.File) {
	info := pkg.Info
	var stack []ast.Node
	ast.Inspect(file, func(n ast.Node) bool {
		if n == nil {
			stack = stack[:len(stack)-1]
			return true
		}
		stack = append(stack, n)
		switch n := n.(type) {
		case *ast.CompositeLit:
			x.literal(info, n)
		case *ast.CallExpr:
			if id, ok := ast.Unparen(n.Fun).(*ast.Ident); ok && info.Types[n.Fun].IsBuiltin() && id.Name == "new" && len(n.Args) == 1 {
				if t := namedStruct(info.TypeOf(n.Args[0])); t != nil {
					x.zero[t] = true
				}
			}
			if tv, ok := info.Types[n]; ok && tv.Type != nil {
				x.holds(tv.Type) // make([]T, 3)
			}
			if to := info.Types[n.Fun]; to.IsType() && len(n.Args) == 1 {
				if t := namedStruct(deref(to.Type)); t != nil && !types.Identical(to.Type, info.TypeOf(n.Args[0])) {
					x.may[t] = true // made of another type
				}
			}
		case *ast.ValueSpec:
			for _, id := range n.Names {
				if o := info.Defs[id]; o != nil && n.Values == nil {
					if t := namedStruct(o.Type()); t != nil {
						x.zero[t] = true
					}
				}
			}
		case *ast.FuncType:
			if n.Results != nil {
				for _, f := range n.Results.List {
					if t := namedStruct(info.TypeOf(f.Type)); t != nil && f.Names != nil {
						x.zero[t] = true
					}
				}
			}
		case *ast.SelectorExpr:
			x.selector(pkg, stack, n)
		}
		return true
	})
}

// literal enters what a composite literal gives fields.
func (x *fielder) literal(info *types.Info, lit *ast.CompositeLit) {
	t := info.TypeOf(lit)
	if t == nil {
		return
	}
	s, ok := deref(t).Underlying().(*types.Struct)
	if !ok {
		return
	}
	given := map[string]ast.Expr{}
	for i, e := range lit.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			if id, ok := kv.Key.(*ast.Ident); ok {
				given[id.Name] = kv.Value
			}
		} else if i < s.NumFields() {
			given[s.Field(i).Name()] = e
		}
	}
	for f := range s.Fields() {
		birth := ledger.BornZero
		if e := given[f.Name()]; e != nil {
			birth = born(info, e, f.Type())
		}
		x.use(f).births[birth] = true
	}
}

// born is what an expression gives a field in the ledger's terms; "" if that is more than a
// constant or something new.
func born(info *types.Info, e ast.Expr, field types.Type) string {
	e = ast.Unparen(e)
	tv := info.Types[e]
	if tv.IsNil() {
		return ledger.BornZero
	}
	if b, ok := field.Underlying().(*types.Basic); ok && tv.Value != nil {
		return constantText(tv.Value, b)
	}
	switch e := e.(type) {
	case *ast.CallExpr:
		id, ok := ast.Unparen(e.Fun).(*ast.Ident)
		if !ok || !info.Types[e.Fun].IsBuiltin() || !types.Identical(tv.Type, field) {
			return ""
		}
		switch _, isChan := field.Underlying().(*types.Chan); {
		case id.Name == "new":
			return ledger.BornNew
		case id.Name != "make":
			return ""
		case isChan && len(e.Args) == 2:
			if n, ok := exact.Int64Val(exact.ToInt(valueOf(info, e.Args[1]))); ok && n > 0 && n < 1<<20 {
				return ledger.BornMade + strconv.FormatInt(n, 10)
			} else if !ok {
				return ""
			}
			return ledger.BornMade
		case isChan:
			return ledger.BornMade
		}
		if _, ok := field.Underlying().(*types.Map); ok {
			return ledger.BornMade
		}
	case *ast.UnaryExpr:
		if lit, ok := ast.Unparen(e.X).(*ast.CompositeLit); ok && e.Op == token.AND && lit.Elts == nil && types.Identical(tv.Type, field) {
			if _, isStruct := info.TypeOf(lit).Underlying().(*types.Struct); isStruct {
				return ledger.BornNew
			}
		}
	case *ast.CompositeLit:
		if e.Elts != nil || !types.Identical(tv.Type, field) {
			return ""
		}
		switch field.Underlying().(type) {
		case *types.Map:
			return ledger.BornMade
		case *types.Struct, *types.Array:
			return ledger.BornZero
		}
	}
	return ""
}

func valueOf(info *types.Info, e ast.Expr) exact.Value {
	if v := info.Types[e].Value; v != nil {
		return v
	}
	return exact.MakeUnknown()
}

// constantText writes a constant as an expression whose type tells its kind.
func constantText(v exact.Value, t *types.Basic) string {
	switch i := t.Info(); {
	case i&types.IsBoolean != 0 && v.Kind() == exact.Bool:
		if !exact.BoolVal(v) {
			return ledger.BornZero
		}
		return "true"
	case i&types.IsString != 0 && v.Kind() == exact.String:
		if exact.StringVal(v) == "" {
			return ledger.BornZero
		}
		return strconv.Quote(exact.StringVal(v))
	case i&types.IsInteger != 0:
		v = exact.ToInt(v)
		if exact.Sign(v) == 0 {
			return ledger.BornZero
		}
		if i&types.IsUnsigned != 0 {
			if n, ok := exact.Uint64Val(v); ok {
				return fmt.Sprintf("uint64(%d)", n)
			}
		} else if n, ok := exact.Int64Val(v); ok {
			return fmt.Sprintf("int64(%d)", n)
		}
	case i&types.IsFloat != 0:
		n, _ := exact.Float64Val(exact.ToFloat(v))
		if n == 0 {
			return ledger.BornZero
		}
		return "float64(" + strconv.FormatFloat(n, 'g', -1, 64) + ")"
	}
	return ""
}

// selector enters a use of a field, and of those that it is promoted through.
func (x *fielder) selector(pkg *load.Package, stack []ast.Node, sel *ast.SelectorExpr) {
	s := pkg.Info.Selections[sel]
	if s == nil || s.Kind() == types.MethodExpr {
		return
	}
	t := s.Recv()
	index := s.Index()
	if s.Kind() == types.MethodVal {
		index = index[:len(index)-1]
	}
	var path []*types.Var
	for _, i := range index {
		st := structOf(t)
		if st == nil {
			return
		}
		f := st.Field(i)
		path, t = append(path, f), f.Type()
	}
	method := s.Kind() == types.MethodVal
	for k, f := range path {
		at := place{typ: f.Type()}
		for _, g := range path[k+1:] {
			at.sel(g.Type())
		}
		if method {
			x.method(pkg, f, at, s.Obj().(*types.Func), stack)
			continue
		}
		x.enter(pkg, f, at, stack)
	}
}

// A place is what an expression that begins at a field has come to.
type place struct {
	typ  types.Type
	away bool // it is memory that the field leads to, and not its own
}

func (p *place) sel(t types.Type) {
	if _, ok := p.typ.Underlying().(*types.Pointer); ok {
		p.away = true
	}
	p.typ = t
}

// refers reports whether a copy of a value leads to the same memory.
func refers(t types.Type) bool {
	switch u := t.Underlying().(type) {
	case *types.Basic:
		return false
	case *types.Struct:
		for f := range u.Fields() {
			if refers(f.Type()) {
				return true
			}
		}
		return false
	case *types.Array:
		return refers(u.Elem())
	}
	return true
}

func (x *fielder) by(pkg *load.Package, stack []ast.Node) string {
	for i := len(stack) - 1; i >= 0; i-- {
		switch n := stack[i].(type) {
		case *ast.FuncDecl, *ast.FuncLit:
			if info := x.d.col.Funcs[n]; info != nil && info.Outside && !info.Taken {
				return "" // foreign code calls it, whatever of
			}
			if key := x.d.ofNode[n]; key != "" {
				return key
			}
		}
	}
	return ""
}

func (x *fielder) note(pkg *load.Package, f *types.Var, away bool, stack []ast.Node) {
	u := x.use(f)
	if away {
		u.fill[x.by(pkg, stack)] = true
	} else {
		u.set[x.by(pkg, stack)] = true
	}
}

// method enters a call, or another use, of a method of what is at a place.
func (x *fielder) method(pkg *load.Package, f *types.Var, at place, m *types.Func, stack []ast.Node) {
	recv := m.Signature().Recv()
	if recv == nil {
		return
	}
	if pkgPathOf(m) == "sync" && slices.Contains([]string{"Lock", "Unlock", "RLock", "RUnlock", "TryLock", "TryRLock"}, m.Name()) {
		return // a lock is asked about where somebody holds it
	}
	if _, ptr := recv.Type().Underlying().(*types.Pointer); ptr {
		if _, is := at.typ.Underlying().(*types.Pointer); is {
			at.away = true
		} else if !at.away {
			x.use(f).pointed = true
		}
		x.note(pkg, f, at.away, stack)
		return
	}
	if refers(at.typ) {
		x.note(pkg, f, true, stack)
	}
}

func pkgPathOf(f *types.Func) string {
	if f.Pkg() == nil {
		return ""
	}
	return f.Pkg().Path()
}

// enter follows an expression outwards to what is done with it.
func (x *fielder) enter(pkg *load.Package, f *types.Var, at place, stack []ast.Node) {
	info := pkg.Info
	i := len(stack) - 1
	e := stack[i].(ast.Expr)
	handed := func() {
		if refers(at.typ) {
			x.note(pkg, f, true, stack)
		}
	}
	for i--; i >= 0; i-- {
		switch p := stack[i].(type) {
		case *ast.ParenExpr:
			e = p
			continue
		case *ast.SelectorExpr:
			s := info.Selections[p]
			if s == nil {
				return
			}
			if s.Kind() != types.FieldVal {
				t := at
				for _, k := range s.Index()[:len(s.Index())-1] {
					t.sel(structOf(t.typ).Field(k).Type())
				}
				x.method(pkg, f, t, s.Obj().(*types.Func), stack)
				return
			}
			for _, k := range s.Index() {
				at.sel(structOf(at.typ).Field(k).Type())
			}
			e = p
			continue
		case *ast.StarExpr:
			at = place{deref(at.typ), true}
			e = p
			continue
		case *ast.IndexExpr:
			if p.X != e {
				return // an index is read
			}
			switch u := at.typ.Underlying().(type) {
			case *types.Array:
				at.typ = u.Elem()
			case *types.Pointer:
				at = place{info.TypeOf(p), true}
			case *types.Slice:
				at = place{u.Elem(), true}
			case *types.Map:
				at = place{u.Elem(), true}
			default:
				return
			}
			e = p
			continue
		case *ast.SliceExpr:
			if p.X != e {
				return
			}
			if _, ok := at.typ.Underlying().(*types.Array); ok && !at.away {
				x.use(f).pointed = true
				x.note(pkg, f, false, stack)
				return
			}
			e = p
			continue
		case *ast.UnaryExpr:
			switch p.Op {
			case token.AND:
				if !at.away {
					x.use(f).pointed = true
				}
				x.note(pkg, f, at.away, stack)
			}
			return
		case *ast.IncDecStmt:
			x.note(pkg, f, at.away, stack)
			return
		case *ast.AssignStmt:
			for k, l := range p.Lhs {
				if l != e {
					continue
				}
				if p.Tok == token.ASSIGN && len(p.Lhs) == len(p.Rhs) && !at.away {
					switch b := born(info, p.Rhs[k], at.typ); {
					case b == ledger.BornZero:
						x.use(f).births[b] = true // it is made what it was at first
						return
					case b != "" && types.Identical(at.typ, f.Type()) && b != ledger.BornNew && !strings.HasPrefix(b, ledger.BornMade):
						g := x.use(f).given
						if g[b] == nil {
							g[b] = map[string]bool{}
						}
						g[b][x.by(pkg, stack)] = true
						return
					}
				}
				x.note(pkg, f, at.away, stack)
				return
			}
			handed()
			return
		case *ast.RangeStmt:
			switch e {
			case p.Key, p.Value:
				x.note(pkg, f, at.away, stack)
			}
			return
		case *ast.SendStmt:
			if p.Chan == e {
				x.note(pkg, f, true, stack)
			} else {
				handed()
			}
			return
		case *ast.CallExpr:
			if p.Fun == e {
				return // its function is called
			}
			if info.Types[p.Fun].IsBuiltin() {
				switch id, _ := ast.Unparen(p.Fun).(*ast.Ident); {
				case id != nil && (id.Name == "len" || id.Name == "cap"):
					return
				case id != nil && (id.Name == "close" || id.Name == "delete" || id.Name == "clear"):
					x.note(pkg, f, true, stack)
					return
				}
			}
			handed()
			return
		case *ast.BinaryExpr, *ast.ExprStmt, *ast.IfStmt, *ast.SwitchStmt, *ast.CaseClause:
			return
		case *ast.TypeAssertExpr, *ast.ReturnStmt, *ast.KeyValueExpr, *ast.CompositeLit, *ast.ValueSpec:
			handed()
			return
		default:
			handed()
			return
		}
	}
}

// settle writes what is known of a named struct's fields into its declaration.
func (x *fielder) settle(t *types.Named, fields []ledger.TypeField) {
	s, ok := t.Underlying().(*types.Struct)
	if !ok {
		return
	}
	for i := range fields {
		u := x.use(s.Field(i))
		births := maps.Clone(u.births)
		if x.zero[t.Origin().Obj()] || len(births) == 0 {
			births[ledger.BornZero] = true
		}
		l := &fields[i]
		l.Pointed = u.pointed
		if len(births) != 1 {
			continue
		}
		for b := range births {
			l.Birth = b
		}
		set := maps.Clone(u.set)
		for b, by := range u.given {
			if b != l.Birth {
				maps.Copy(set, by)
			}
		}
		if l.Birth == ledger.BornNew || strings.HasPrefix(l.Birth, ledger.BornMade) {
			maps.Copy(set, u.fill)
		}
		if set[""] {
			l.Birth = ""
			continue
		}
		if l.Birth != "" {
			l.Set = slices.Sorted(maps.Keys(set))
			refers := l.Birth == ledger.BornNew || strings.HasPrefix(l.Birth, ledger.BornMade)
			l.Fixed = !refers && len(set) == 0 && !u.pointed && !x.may[t.Origin().Obj()]
		}
	}
}
