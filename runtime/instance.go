package runtime

import (
	"reflect"
	"strconv"
	"strings"
	"unsafe"
)

// A generic function has one Func for each list of type arguments that the
// program uses. The rewriter enters those it can name when the release is
// registered; another is entered when one of its frames is captured first.

// made is a list of a generic function's instances, told apart by the types of
// their frames. It only grows, at its head.
type made struct {
	f    *Func
	next *made
}

// AddTemplate enters a generic function, whose key has empty brackets where the
// type arguments of an instance stand.
func (r *Release) AddTemplate(f *Func) {
	f.rel = r
	f.file = r.file
	f.count()
}

// Instance returns the Func of a generic function for the given type arguments.
func Instance(template *Func, frame, results reflect.Type, bind func(int, unsafe.Pointer) any, args ...reflect.Type) *Func {
	if !initialised() && template.rel == nil {
		return new(Func) // of a package that stands alone: nothing is captured yet
	}
	if f := template.instance(frame); f != nil {
		return f
	}
	var l []string
	for _, a := range args {
		l = append(l, typeText(a))
	}
	f := &Func{
		Key:   strings.Replace(template.Key, "[]", "["+strings.Join(l, ",")+"]", 1),
		Frame: frame, Points: template.Points, PointPos: template.PointPos, file: template.file, ChanOps: template.ChanOps,
		Params: template.Params, Boxes: template.Boxes, Held: template.Held, Receiver: template.Receiver, Expression: template.Expression, Wrapped: template.Wrapped, Registers: template.Registers, Deferred: template.Deferred,
		Results: results, Bind: bind, rel: template.rel, template: template,
	}
	if f.rel.Number == 0 && f.rel.Funcs != nil {
		f.rel.Funcs[f.Key] = f // being registered: nobody else reads
	}
	for {
		head := template.made.Load()
		if g := template.instance(frame); g != nil {
			return g
		}
		if template.made.CompareAndSwap(head, &made{f, head}) {
			return f
		}
	}
}

// instance is the instance whose frames have the given type, if there is one.
func (f *Func) instance(frame reflect.Type) *Func {
	for m := f.made.Load(); m != nil; m = m.next {
		if m.f.Frame == frame {
			return m.f
		}
	}
	return nil
}

// typeText is a type as go/types.TypeString writes it, with full package paths.
func typeText(t reflect.Type) string {
	if n := t.Name(); n != "" {
		if p := t.PkgPath(); p != "" {
			return p + "." + n
		}
		return n
	}
	switch t.Kind() {
	case reflect.Pointer:
		return "*" + typeText(t.Elem())
	case reflect.Slice:
		return "[]" + typeText(t.Elem())
	case reflect.Array:
		return "[" + strconv.Itoa(t.Len()) + "]" + typeText(t.Elem())
	case reflect.Map:
		return "map[" + typeText(t.Key()) + "]" + typeText(t.Elem())
	case reflect.Chan:
		switch e := typeText(t.Elem()); {
		case t.ChanDir() == reflect.RecvDir:
			return "<-chan " + e
		case t.ChanDir() == reflect.SendDir:
			return "chan<- " + e
		case strings.HasPrefix(e, "<-"):
			return "chan (" + e + ")"
		default:
			return "chan " + e
		}
	case reflect.Func:
		return "func" + signatureText(t)
	case reflect.Struct:
		var l []string
		for i := range t.NumField() {
			f := t.Field(i)
			s := typeText(f.Type)
			if !f.Anonymous {
				s = f.Name + " " + s
			}
			if f.Tag != "" {
				s += " " + strconv.Quote(string(f.Tag))
			}
			l = append(l, s)
		}
		return "struct{" + strings.Join(l, "; ") + "}"
	case reflect.Interface:
		if t.NumMethod() == 0 {
			return "interface{}"
		}
		var l []string
		for i := range t.NumMethod() {
			m := t.Method(i)
			l = append(l, m.Name+signatureText(m.Type))
		}
		return "interface{" + strings.Join(l, "; ") + "}"
	}
	return t.String()
}

func signatureText(t reflect.Type) string {
	var in, out []string
	for i := range t.NumIn() {
		s := typeText(t.In(i))
		if t.IsVariadic() && i == t.NumIn()-1 {
			s = "..." + typeText(t.In(i).Elem())
		}
		in = append(in, s)
	}
	for i := range t.NumOut() {
		out = append(out, typeText(t.Out(i)))
	}
	s := "(" + strings.Join(in, ", ") + ")"
	switch len(out) {
	case 0:
	case 1:
		s += " " + out[0]
	default:
		s += " (" + strings.Join(out, ", ") + ")"
	}
	return s
}
