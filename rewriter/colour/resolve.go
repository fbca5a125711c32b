package colour

import (
	"go/ast"
	"go/types"
)

// A resolver finds the callees of every call.
type resolver struct {
	x       *index
	methods map[methodKey][]*function // own methods by name and number of parameters and results
	values  map[[2]int][]*function    // own functions whose value is taken, by arity
}

type methodKey struct {
	name            string
	params, results int
}

func newResolver(x *index) *resolver {
	r := &resolver{x: x, methods: map[methodKey][]*function{}, values: map[[2]int][]*function{}}
	for _, f := range x.funcs {
		if f.obj != nil && recvType(f.obj) != nil {
			k := keyOf(f.obj.Name(), f.obj.Signature())
			r.methods[k] = append(r.methods[k], f)
		}
	}
	for _, m := range x.ifaceValues {
		for _, f := range r.methods[keyOf(m.Name(), m.Signature())] {
			f.taken = append(f.taken, use{pos: f.node.Pos()})
		}
	}
	for _, f := range x.funcs {
		if len(f.taken) > 0 {
			sig := f.signature()
			k := [2]int{sig.Params().Len(), sig.Results().Len()}
			r.values[k] = append(r.values[k], f)
			if f.obj != nil && recvType(f.obj) != nil { // as a method expression
				k[0]++
				r.values[k] = append(r.values[k], f)
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
	info := c.pkg.Info
	if c.rng != nil {
		c.unknown = "an iterator"
		return
	}
	if lit, ok := ast.Unparen(c.expr.Fun).(*ast.FuncLit); ok {
		c.own = []*function{r.x.byNode[lit]}
		return
	}
	if f := c.static; f != nil {
		if g := r.x.byObj[f]; g == nil {
			c.foreign = []*types.Func{f}
		} else if g.body == nil {
			c.unknown = g.name + ", which has no body"
		} else {
			c.own = []*function{g}
		}
		return
	}
	if m := funcOf(info, ast.Unparen(c.expr.Fun)); m != nil { // an interface's or type parameter's method
		c.own = r.methods[keyOf(m.Name(), m.Signature())]
		if m.Pkg() == nil || m.Pkg().Path() == "fmt" && m.Name() == "String" {
			return // error.Error, fmt.Stringer: foreign ones work in memory
		}
		c.unknown = "method " + m.Name() + " of an interface"
		return
	}
	if sig, ok := core(info.Types[c.expr.Fun].Type).(*types.Signature); ok {
		c.own = r.values[[2]int{sig.Params().Len(), sig.Results().Len()}]
	}
	c.unknown = "a function value"
}

// judge puts the verdicts on all foreign callees of a call together.
func (r *resolver) judge(c *call) {
	for _, f := range c.foreign {
		v, methods := judge(f)
		if v == back && f.Pkg() != nil && f.Pkg().Path() == "fmt" && !r.x.prints(c) {
			v, methods = quiet, nil
		}
		if v == back && c.expr == nil {
			v = blocks
		}
		if v == back && methods == nil {
			own, all := r.x.directArgs(c)
			if !all {
				v = blocks
			}
			c.backs = append(c.backs, own...)
		}
		for _, m := range methods {
			for k, fs := range r.methods {
				if k.name == m {
					c.backs = append(c.backs, fs...)
				}
			}
		}
		c.verdict = max(c.verdict, v)
	}
}
