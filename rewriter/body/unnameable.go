package body

import (
	"fmt"
	"go/types"
	"strings"

	"github.com/upstarego/upstarego/rewriter/desugar"
)

// Variables whose types cannot be written (desugar/witness.go) are in a frame too.
// The frame type is then generic over those types, and so are the point functions,
// which get them from the values that they are called with: the fast body keeps
// x := expr as it is, and pays nothing. The resume body needs the types themselves,
// hence it is a method of a type apart, which holds a pointer to the frame, and gets
// the frame's type from witnesses.

// odd reports whether a variable's type cannot be written.
func (p *printer) odd(v *desugar.Var) bool { return p.t.Unnameable(v.Type) }

// zero is the text of a value of a type.
func (p *printer) zero(t types.Type) string { return p.x(&context{}, p.t.Zero(t)) }

// made is the text of a pointer to a new variable.
func (p *printer) made(v *desugar.Var) string {
	if p.odd(v) {
		return fmt.Sprintf("%s.To(%s)", p.upstare(), p.zero(v.Type))
	}
	return fmt.Sprintf("new(%s)", p.varType(v))
}

// zeroVar is the text of a variable's zero value.
func (p *printer) zeroVar(v *desugar.Var) string {
	if p.odd(v) {
		return fmt.Sprintf("%s.Zero(%s)", p.upstare(), p.zero(v.Type))
	}
	return fmt.Sprintf("*new(%s)", p.varType(v))
}

// declareVar declares a variable without a value.
func (p *printer) declareVar(name string, v *desugar.Var) {
	if p.odd(v) {
		p.f("%s := %s\n", name, p.zeroVar(v))
	} else {
		p.f("var %s %s\n", name, p.varType(v))
	}
}

// heldZero is the text of a value of the type that frames hold of a variable.
func (p *printer) heldZero(v *desugar.Var) string {
	if v.Boxed {
		return fmt.Sprintf("%s.Nil(%s)", p.upstare(), p.zero(v.Type))
	}
	return p.zero(v.Type)
}

// oddTypes are the types of a function's frame that cannot be written.
func (p *printer) oddTypes(fn *desugar.Func) (l []types.Type) {
	for _, v := range p.frameVars(fn) {
		if p.odd(v) && oddIndex(l, v.Type) < 0 {
			l = append(l, v.Type)
		}
	}
	return l
}

func oddIndex(l []types.Type, t types.Type) int {
	for i, o := range l {
		if types.Identical(o, t) {
			return i
		}
	}
	return -1
}

func oddParam(i int) string { return fmt.Sprintf("upU%d", i) }

// generic is a parameter list with the declaration's type parameters and, of the
// function's types that cannot be written, those that use picks.
func (p *printer) generic(fn *desugar.Func, use func(i int) bool) string {
	s := strings.TrimSuffix(strings.TrimPrefix(p.typeParams(fn.Tree.TypeParams), "["), "]")
	for i := range p.oddTypes(fn) {
		if use(i) {
			if s != "" {
				s += ", "
			}
			s += oddParam(i) + " interface{}"
		}
	}
	if s == "" {
		return ""
	}
	return "[" + s + "]"
}

func all(int) bool { return true }

// livesIn picks the types that a point's live variables have.
func (p *printer) livesIn(fn *desugar.Func, pt *desugar.Point) func(int) bool {
	odd := p.oddTypes(fn)
	in := map[int]bool{}
	for _, v := range pt.Live {
		if p.odd(v) {
			in[oddIndex(odd, v.Type)] = true
		}
	}
	return func(i int) bool { return in[i] }
}

// heldType is the type of what frames hold of a variable, in a declaration that is
// generic over the types that cannot be written.
func (p *printer) heldType(fn *desugar.Func, v *desugar.Var) string {
	if !p.odd(v) {
		return p.fieldType(v)
	}
	s := oddParam(oddIndex(p.oddTypes(fn), v.Type))
	if v.Boxed {
		s = "*" + s
	}
	return s
}

// nilFrame is the text of a nil pointer to a function's frame; given is true for
// types that are type parameters where it stands.
func (p *printer) nilFrame(fn *desugar.Func, given func(int) bool) string {
	odd := p.oddTypes(fn)
	if len(odd) == 0 {
		return fmt.Sprintf("(*%s)(nil)", p.id("F", fn, -1))
	}
	var l []string
	for i, t := range odd {
		if given(i) {
			l = append(l, fmt.Sprintf("*new(%s)", oddParam(i)))
		} else {
			l = append(l, p.zero(t))
		}
	}
	return fmt.Sprintf("%s(%s)", p.id("N", fn, -1), strings.Join(l, ", "))
}

func none(int) bool { return false }

// newFrame is the text of a pointer to a new frame with the fields given, in
// statements before it if its type cannot be written.
func (p *printer) newFrame(fn *desugar.Func, given func(int) bool, names, values []string) (before, text string) {
	if len(p.oddTypes(fn)) == 0 {
		var l []string
		for i, n := range names {
			l = append(l, n+": "+values[i])
		}
		return "", fmt.Sprintf("&%s{%s}", p.id("F", fn, -1), strings.Join(l, ", "))
	}
	before = fmt.Sprintf("upn := %s.New(%s)\n", p.upstare(), p.nilFrame(fn, given))
	for i, n := range names {
		before += fmt.Sprintf("upn.%s = %s\n", n, values[i])
	}
	return before, "upn"
}

// oddFrame prints what a frame of a type that cannot be written needs in addition.
func (p *printer) oddFrame(fn *desugar.Func) {
	odd := p.oddTypes(fn)
	if len(odd) == 0 {
		return
	}
	var params []string
	args := strings.TrimSuffix(strings.TrimPrefix(p.typeArgs(fn.Tree.TypeParams), "["), "]")
	for i := range odd {
		params = append(params, oddParam(i))
	}
	if args != "" {
		args += ", "
	}
	args += strings.Join(params, ", ")
	p.f("func %s%s(%s) *%s[%s] { return nil }\n", p.bare("N", fn, -1), p.generic(fn, all), strings.Join(params, ", "), p.bare("F", fn, -1), args)
	p.f("// %s goes on with a frame.\ntype %s struct {\nuppt int\nupd %s.Pointer\n}\n", p.bare("G", fn, -1), p.declare("G", fn, -1), p.upstare())
}

// resumer is the type whose method is the resume body.
func (p *printer) resumer(fn *desugar.Func) string {
	if len(p.oddTypes(fn)) > 0 {
		return p.id("G", fn, -1)
	}
	return p.id("F", fn, -1)
}

// hoistVar declares what a resume body holds of a variable.
func (p *printer) hoistVar(v *desugar.Var) {
	switch {
	case !p.odd(v):
		p.f("var %s %s\n", v.Name, p.fieldType(v))
	case v.Boxed:
		p.f("%s := %s\n", v.Name, p.heldZero(v))
	default:
		p.f("%s := %s\n", v.Name, p.zeroVar(v))
	}
}

// nextCall is the call of the next frame, which gives results of these types.
func (p *printer) nextCall(results []types.Type) string {
	for _, r := range results {
		if p.t.Unnameable(r) {
			return fmt.Sprintf("%s.As(%s.Next(), %s)()", p.upstare(), p.upstare(), p.x(&context{}, p.t.FuncOf(results)))
		}
	}
	return fmt.Sprintf("%s.Next().(func() %s)()", p.upstare(), p.resultList(results))
}

// mapEntry is the text of the key and the element that an iterator over a map
// stands at.
func (p *printer) mapEntry(m *types.Map, over, iter string) (key, elem string) {
	key = fmt.Sprintf("%s.KeyAt(%s, %s.Key())", p.upstare(), over, iter)
	if !p.t.Unnameable(m.Key()) {
		key = fmt.Sprintf("*(*%s)(%s.Key())", p.typ(m.Key()), iter)
	}
	elem = fmt.Sprintf("%s.ElemAt(%s, %s.Elem())", p.upstare(), over, iter)
	if !p.t.Unnameable(m.Elem()) {
		elem = fmt.Sprintf("*(*%s)(%s.Elem())", p.typ(m.Elem()), iter)
	}
	return key, elem
}
