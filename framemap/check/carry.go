package check

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"github.com/upstarego/upstarego/internal/diag"
	"github.com/upstarego/upstarego/rewriter/ledger"
	"github.com/upstarego/upstarego/rewriter/mirror"
)

// carry reads a framemap.Carry: what it takes must be a field of an old frame, or one that such
// a field leads to, and become what it is for.
func (c *checker) carry(call *ast.CallExpr) {
	const do = "write both out, or set the local from what the old frame leads to"
	refuse := func(at ast.Expr, what, why string) { c.bad(diag.WrongPath, at.Pos(), what, why, do) }
	to, ok := c.local(call.Args[1], c.is, c.New)
	if !ok {
		refuse(call.Args[1], "framemap.Carry is for no local of a new frame", "it is to be &n.F, of a frame that the rule makes, or of what framemap.Frame or framemap.Start returns")
		return
	}
	typ := to.begin
	for _, name := range to.names {
		f := fieldOf(c.New.Type(key(typ)), name)
		if f == nil {
			refuse(call.Args[1], fmt.Sprintf("framemap.Carry is for %s, which is no part of the frame", to.text(len(to.names))), "what a local leads to is not the frame's")
			return
		}
		typ = f.Type
	}
	from, ok := c.local(call.Args[2], c.was, c.Old)
	if !ok {
		refuse(call.Args[2], "framemap.Carry takes what begins with no local of an old frame", "it is to be &o.F or &o.F.G, of the old frame or one that framemap.Inner or framemap.Outer gives")
		return
	}
	from.do = do
	c.routes = append(c.routes, from)
	was, ok := c.end(&from)
	if ok && !c.fits(was, typ) {
		refuse(call.Args[2], fmt.Sprintf("%s is a %s, and %s is a %s", from.text(len(from.names)), ledger.Plain(was), to.text(len(to.names)), ledger.Plain(typ)), "one does not become the other")
	}
}

// local reads what is written as the address of a frame's field, or of one that this leads to. The
// frame is a variable, or a new one where it is made.
func (c *checker) local(x ast.Expr, names *mirror.Names, r *ledger.Release) (p route, ok bool) {
	addr, is := ast.Unparen(x).(*ast.UnaryExpr)
	if !is || addr.Op != token.AND {
		return p, false
	}
	var fields []string // as the mirrors have them
	var of []string     // the mirrors that they are of, "" for a struct without a name
	for x = ast.Unparen(addr.X); ; {
		sel, is := x.(*ast.SelectorExpr)
		if !is {
			break
		}
		s := c.info.Selections[sel]
		if s == nil || s.Kind() != types.FieldVal {
			return p, false
		}
		var through, in []string
		t := s.Recv()
		for _, i := range s.Index() {
			t = pointed(t)
			f := t.Underlying().(*types.Struct).Field(i)
			through, in = append(through, f.Name()), append(in, mirrorName(t))
			t = f.Type()
		}
		fields, of = append(through, fields...), append(in, of...)
		x = ast.Unparen(sel.X)
	}
	_, is = x.(*ast.Ident)
	if call, made := x.(*ast.CallExpr); made && r == c.New {
		name, _ := c.vocabulary(call)
		is = name == "Frame" || name == "Start"
	}
	if !is || len(fields) == 0 {
		return p, false
	}
	f := r.Func(names.OfFrame(of[0]))
	if f == nil {
		return p, false
	}
	i := slices.IndexFunc(f.Frame, func(v ledger.Field) bool { return names.Field(of[0], v.Name) == fields[0] })
	if i < 0 {
		return p, false
	}
	v := &f.Frame[i]
	p = route{at: addr.Pos(), of: f.Key, root: ledgerName(v), begin: v.Type}
	if v.Boxed {
		p.begin = "*" + p.begin
	}
	for k, name := range fields[1:] {
		if t := r.Type(names.OfType(of[k+1])); t != nil {
			if i := slices.IndexFunc(t.Fields, func(f ledger.TypeField) bool { return names.Field(of[k+1], f.Name) == name }); i >= 0 {
				name = t.Fields[i].Name
			}
		}
		p.names = append(p.names, name)
	}
	return p, true
}

// fits reports whether a value of an old type is one of a new type then, or whether a
// pointer is put into an interface, whose methods only the process knows all of.
func (c *checker) fits(old, new string) bool {
	if rename(old, c.renames()) == new {
		return true
	}
	boxes := strings.HasPrefix(new, "interface{")
	if t := c.New.Type(key(new)); t != nil {
		boxes = t.Interface || strings.HasPrefix(t.Under, "interface{")
	}
	return boxes && strings.HasPrefix(old, "*")
}
