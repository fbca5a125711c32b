package body

import (
	"fmt"
	"go/types"
	"strconv"
	"strings"
)

// typ is the text of a type in this file.
func (p *filePrinter) typ(t types.Type) string {
	var b strings.Builder
	p.writeType(&b, t)
	return b.String()
}

func (p *filePrinter) writeType(b *strings.Builder, t types.Type) {
	switch t := t.(type) {
	case *types.Basic:
		if t.Kind() == types.UnsafePointer {
			b.WriteString(p.upstare() + ".Pointer")
			return
		}
		b.WriteString(t.Name())
	case *types.Alias:
		if t.Obj().Pkg() == nil {
			// any: older language versions do not have the name
			p.writeType(b, types.Unalias(t))
			return
		}
		p.writeNamed(b, t.Obj(), t.TypeArgs())
	case *types.Named:
		p.writeNamed(b, t.Obj(), t.TypeArgs())
	case *types.TypeParam:
		b.WriteString(p.scope.Hoisted[t.Obj()])
	case *types.Pointer:
		b.WriteString("*")
		p.writeType(b, t.Elem())
	case *types.Slice:
		b.WriteString("[]")
		p.writeType(b, t.Elem())
	case *types.Array:
		fmt.Fprintf(b, "[%d]", t.Len())
		p.writeType(b, t.Elem())
	case *types.Map:
		b.WriteString("map[")
		p.writeType(b, t.Key())
		b.WriteString("]")
		p.writeType(b, t.Elem())
	case *types.Chan:
		b.WriteString([...]string{types.SendRecv: "chan (", types.SendOnly: "chan<- (", types.RecvOnly: "<-chan ("}[t.Dir()])
		p.writeType(b, t.Elem())
		b.WriteString(")")
	case *types.Struct:
		b.WriteString("struct{")
		for i := range t.NumFields() {
			if i > 0 {
				b.WriteString("; ")
			}
			f := t.Field(i)
			if !f.Embedded() {
				b.WriteString(f.Name() + " ")
			}
			p.writeType(b, f.Type())
			if tag := t.Tag(i); tag != "" {
				b.WriteString(" " + strconv.Quote(tag))
			}
		}
		b.WriteString("}")
	case *types.Signature:
		b.WriteString("func")
		p.writeSignature(b, t)
	case *types.Interface:
		if t.NumMethods() == 0 && t.NumEmbeddeds() == 0 {
			b.WriteString("interface{}")
			return
		}
		b.WriteString("interface{")
		sep := ""
		for i := range t.NumExplicitMethods() {
			m := t.ExplicitMethod(i)
			b.WriteString(sep + m.Name())
			p.writeSignature(b, m.Type().(*types.Signature))
			sep = "; "
		}
		for i := range t.NumEmbeddeds() {
			b.WriteString(sep)
			p.writeType(b, t.EmbeddedType(i))
			sep = "; "
		}
		b.WriteString("}")
	case *types.Union:
		for i := range t.Len() {
			if i > 0 {
				b.WriteString(" | ")
			}
			if t.Term(i).Tilde() {
				b.WriteString("~")
			}
			p.writeType(b, t.Term(i).Type())
		}
	default:
		panic(fmt.Sprintf("body: type %T", t))
	}
}

func (p *filePrinter) writeNamed(b *strings.Builder, obj *types.TypeName, args *types.TypeList) {
	var outer []*types.TypeParam // of the function that declares the type
	switch {
	case obj.Pkg() == nil:
		b.WriteString(obj.Name())
	case p.scope.Hoisted[obj] != "":
		b.WriteString(p.scope.Hoisted[obj])
		outer = p.scope.Params[obj]
	case obj.Pkg() == p.pkg.Types:
		b.WriteString(obj.Name())
	default:
		b.WriteString(p.importName(obj.Pkg()) + "." + obj.Name())
	}
	if len(outer) == 0 && args.Len() == 0 {
		return
	}
	b.WriteString("[")
	sep := ""
	for _, tp := range outer {
		b.WriteString(sep)
		p.writeType(b, tp)
		sep = ", "
	}
	for i := range args.Len() {
		b.WriteString(sep)
		p.writeType(b, args.At(i))
		sep = ", "
	}
	b.WriteString("]")
}

func (p *filePrinter) writeSignature(b *strings.Builder, sig *types.Signature) {
	b.WriteString("(")
	for i := range sig.Params().Len() {
		if i > 0 {
			b.WriteString(", ")
		}
		t := sig.Params().At(i).Type()
		if sig.Variadic() && i == sig.Params().Len()-1 {
			if s, ok := t.(*types.Slice); ok {
				b.WriteString("...")
				t = s.Elem()
			}
		}
		p.writeType(b, t)
	}
	b.WriteString(")")
	switch n := sig.Results().Len(); n {
	case 0:
	case 1:
		b.WriteString(" ")
		p.writeType(b, sig.Results().At(0).Type())
	default:
		b.WriteString(" (")
		for i := range n {
			if i > 0 {
				b.WriteString(", ")
			}
			p.writeType(b, sig.Results().At(i).Type())
		}
		b.WriteString(")")
	}
}
