package colour

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"golang.org/x/tools/go/ssa"
)

// A resolver finds the callees of every call: static ones from syntax, the
// others from the flow.
type resolver struct {
	x       *index
	flow    *flow
	methods map[methodKey][]*function // own methods by name and number of parameters and results
	values  map[[2]int][]*function    // own functions whose value is taken, by arity
	sites   map[token.Pos][]*site
	inside  map[*ssa.Function][]*site
	given   map[string][]*function // methods, by name, of types that foreign code has values of
}

type methodKey struct {
	name            string
	params, results int
}

func newResolver(x *index, f *flow) *resolver {
	r := &resolver{x: x, flow: f,
		methods: map[methodKey][]*function{}, values: map[[2]int][]*function{},
		sites: map[token.Pos][]*site{}, inside: map[*ssa.Function][]*site{}, given: map[string][]*function{},
	}
	for _, g := range x.funcs {
		if g.obj != nil && recvType(g.obj) != nil {
			k := keyOf(g.obj.Name(), g.obj.Signature())
			r.methods[k] = append(r.methods[k], g)
		}
	}
	for _, m := range x.ifaceValues {
		for _, g := range r.methods[keyOf(m.Name(), m.Signature())] {
			g.taken = append(g.taken, use{pos: g.node.Pos()})
		}
	}
	for _, g := range x.funcs {
		if len(g.taken) > 0 {
			sig := g.signature()
			k := [2]int{sig.Params().Len(), sig.Results().Len()}
			r.values[k] = append(r.values[k], g)
			if g.obj != nil && recvType(g.obj) != nil { // as a method expression
				k[0]++
				r.values[k] = append(r.values[k], g)
			}
		}
	}
	for _, s := range f.sites {
		if s.pos.IsValid() {
			r.sites[s.pos] = append(r.sites[s.pos], s)
		}
		r.inside[s.in] = append(r.inside[s.in], s)
	}
	for a := range f.outside.has {
		if t := f.dynamic[a]; t != nil {
			ms := f.ssa.MethodSets.MethodSet(t)
			for i := range ms.Len() {
				obj := ms.At(i).Obj().(*types.Func)
				if g := x.byObj[obj.Origin()]; g != nil && !slices.Contains(r.given[obj.Name()], g) {
					r.given[obj.Name()] = append(r.given[obj.Name()], g)
				}
			}
		}
	}
	return r
}

func keyOf(name string, sig *types.Signature) methodKey {
	return methodKey{name, sig.Params().Len(), sig.Results().Len()}
}

func (f *function) signature() *types.Signature {
	if f.obj != nil {
		return f.obj.Signature()
	}
	return f.pkg.Info.Types[f.node.(*ast.FuncLit)].Type.Underlying().(*types.Signature)
}

// resolve fills in what each call may call.
func (r *resolver) resolve() {
	for _, c := range r.x.calls {
		r.callees(c)
		if c.unknown == "" {
			r.judge(c)
		}
	}
}

func (r *resolver) callees(c *call) {
	if c.rng != nil {
		r.dynamic(c, c.rng.For, nil, "an iterator")
		return
	}
	if lit, ok := ast.Unparen(c.expr.Fun).(*ast.FuncLit); ok {
		c.own = []*function{r.x.byNode[lit]}
		return
	}
	if f := c.static; f != nil {
		r.add(c, f)
		return
	}
	// An interface's or type parameter's method, or a function value.
	m := funcOf(c.pkg.Info, ast.Unparen(c.expr.Fun))
	what := "a function value"
	if m != nil {
		what = "method " + m.Name() + " of an interface"
	}
	r.dynamic(c, c.expr.Lparen, m, what)
}

// add enters a declared function as a callee.
func (r *resolver) add(c *call, f *types.Func) {
	switch g := r.x.byObj[f.Origin()]; {
	case g == nil:
		if !slices.Contains(c.foreign, f.Origin()) {
			c.foreign = append(c.foreign, f.Origin())
		}
	case g.body == nil:
		c.unknown = g.name + ", which has no body"
	default:
		r.addOwn(c, g)
	}
}

func (r *resolver) addOwn(c *call, g *function) {
	if !slices.Contains(c.own, g) {
		c.own = append(c.own, g)
	}
}

// dynamic enters what the flow has found for a call of a value. Where it has
// found nothing (dead code, values that only reflection or assembly can make)
// anything that fits by shape is taken for possible, and something unknown
// besides.
func (r *resolver) dynamic(c *call, pos token.Pos, m *types.Func, what string) {
	unknown, found, quiet := false, false, false
	var v visit = map[*ssa.Function]bool{}
	for _, s := range r.sites[pos] {
		r.expand(s, v, func(s *site, g *function, f *types.Func) {
			found = true
			switch {
			case g != nil:
				r.addOwn(c, g)
			case f != nil:
				r.add(c, f)
			default:
				unknown = true
			}
		})
		found, quiet = found || s.quiet, quiet || s.quiet
	}
	if quiet {
		r.calledBack(c)
	}
	if !found {
		unknown = true
		if m != nil {
			for _, g := range r.methods[keyOf(m.Name(), m.Signature())] {
				r.addOwn(c, g)
			}
		} else if sig, ok := r.signature(c); ok {
			for _, g := range r.values[[2]int{sig.Params().Len(), sig.Results().Len()}] {
				r.addOwn(c, g)
			}
		}
	}
	if (unknown || len(c.foreign) > 0) && ruled(m) {
		c.foreign = []*types.Func{m} // it is known what foreign implementations do
	} else if unknown {
		c.unknown = what
	}
}

// calledBack enters what an iterator of foreign code is given.
func (r *resolver) calledBack(c *call) {
	if c.rng != nil {
		c.backs = append(c.backs, r.x.byNode[c.rng])
		return
	}
	c.verdict = max(c.verdict, r.callbacks(c, nil))
}

// ruled reports whether there is a verdict on an interface's method. It holds
// for all foreign implementations.
func ruled(m *types.Func) bool {
	if m == nil {
		return false
	}
	if m.Pkg() == nil {
		return true // error.Error
	}
	r, ok := table[m.Pkg().Path()].lookup(tableName(m))
	return ok && r.verdict != blocks && types.IsInterface(orNever(recvType(m)))
}

func (r *resolver) signature(c *call) (*types.Signature, bool) {
	e := ast.Expr(nil)
	if c.rng != nil {
		e = c.rng.X
	} else {
		e = c.expr.Fun
	}
	sig, ok := core(c.pkg.Info.Types[e].Type).(*types.Signature)
	return sig, ok
}

type visit map[*ssa.Function]bool

// expand lists the callees of a site as functions of the source. A wrapper
// that the SSA builder made is what it calls.
func (r *resolver) expand(s *site, v visit, each func(*site, *function, *types.Func)) {
	if s.unknown {
		each(s, nil, nil)
	}
	for fn := range s.callees {
		r.expandFunc(fn, v, func(g *function, f *types.Func) { each(s, g, f) })
	}
}

func (r *resolver) expandFunc(fn *ssa.Function, v visit, each func(*function, *types.Func)) {
	if v[fn] {
		return
	}
	v[fn] = true
	if syntax := fn.Syntax(); syntax != nil {
		if g := r.x.byNode[syntax]; g != nil && g.body != nil {
			each(g, nil)
		} else {
			each(nil, nil)
		}
		return
	}
	if len(fn.Blocks) > 0 {
		for _, s := range r.inside[fn] {
			r.expand(s, v, func(_ *site, g *function, f *types.Func) { each(g, f) })
		}
		return
	}
	obj, _ := fn.Object().(*types.Func)
	each(nil, obj)
}

// judge puts the verdicts on all foreign callees of a call together.
func (r *resolver) judge(c *call) {
	for _, f := range c.foreign {
		v, methods := judge(f)
		if v == back && f.Pkg() != nil && f.Pkg().Path() == "fmt" && recvType(f) == nil && c.expr != nil && !r.x.prints(c) {
			v, methods = quiet, nil
		}
		if v == back {
			if rule, _ := table[pkgPath(f)].lookup(tableName(f)); rule.field != "" {
				v = r.fieldCallback(c, f, rule.field)
			} else {
				v = r.callbacks(c, methods)
			}
		}
		c.verdict = max(c.verdict, v)
	}
}

func pkgPath(f *types.Func) string {
	if f.Pkg() == nil {
		return ""
	}
	return f.Pkg().Path()
}

// fieldCallback enters whatever a field of the receiver's type may hold, in
// any value of that type.
func (r *resolver) fieldCallback(c *call, m *types.Func, field string) verdict {
	t := recvType(m)
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem()
	}
	s := t.Underlying().(*types.Struct)
	for i := range s.NumFields() {
		if s.Field(i).Name() != field {
			continue
		}
		res := back
		for a := range r.flow.fieldOf(t, i).has {
			fn := r.flow.funcs[a]
			if fn == nil {
				continue // what foreign code puts there is for its own values
			}
			r.expandFunc(fn, visit{}, func(g *function, _ *types.Func) {
				if g == nil {
					res = blocks
				} else if !slices.Contains(c.backs, g) {
					c.backs = append(c.backs, g)
				}
			})
		}
		return res
	}
	return blocks
}

// callbacks enters the own functions that a foreign function may call before
// it returns: those it is given, or the named methods of whatever it is given.
func (r *resolver) callbacks(c *call, methods []string) verdict {
	if !exactly(methods) {
		for _, m := range methods {
			for _, g := range r.given[m] {
				if !slices.Contains(c.backs, g) {
					c.backs = append(c.backs, g)
				}
			}
		}
	}
	if c.expr == nil {
		return blocks
	}
	sites := r.sites[c.expr.Lparen]
	if len(sites) == 0 {
		return blocks
	}
	res := back
	for _, s := range sites {
		for _, a := range s.instr.Common().Args {
			if v := r.argument(c, s, a, methods); v == blocks {
				res = blocks
			}
		}
	}
	return res
}

// exactly: for functions and sort.Interface, what is called back is what is
// given. Errors and Stringers are asked at any depth: r.given has their
// methods, and foreign ones work in memory.
func exactly(methods []string) bool {
	return methods == nil || slices.Contains(methods, "Less")
}

// argument enters what calling back one argument can reach.
func (r *resolver) argument(c *call, s *site, a ssa.Value, methods []string) verdict {
	n := r.flow.local(a, -1)
	if n == nil {
		return back
	}
	res := back
	exact := exactly(methods)
	if exact && len(n.has) == 0 {
		if k, ok := a.(*ssa.Const); !ok || !k.IsNil() {
			res = blocks
		}
	}
	enter := func(fn *ssa.Function) {
		r.expandFunc(fn, visit{}, func(g *function, f *types.Func) {
			switch {
			case g != nil:
				if !slices.Contains(c.backs, g) {
					c.backs = append(c.backs, g)
				}
			case f != nil:
				if v, _ := judge(f.Origin()); v != quiet {
					res = blocks
				}
			default:
				res = blocks
			}
		})
	}
	for atom := range n.has {
		switch {
		case atom == foreign:
			if exact {
				res = blocks
			}
		case atom == quietSeq:
		case r.flow.funcs[atom] != nil:
			if !types.IsInterface(a.Type()) {
				enter(r.flow.funcs[atom])
			}
		default:
			t := r.flow.dynamic[atom]
			for _, m := range methods {
				if sel := r.flow.ssa.MethodSets.MethodSet(t).Lookup(nil, m); sel != nil {
					obj := sel.Obj().(*types.Func)
					if !exact && r.x.byObj[obj.Origin()] == nil {
						continue
					}
					if fn := r.flow.ssa.MethodValue(sel); fn != nil {
						enter(fn)
					}
				}
			}
		}
	}
	return res
}
