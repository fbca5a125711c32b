package state

import "reflect"

// Counterpart gives the new release's type for a type of the old one: New of
// its pair, the same construction over counterparts for a type without a name,
// and t itself when nothing in it is paired. An interface type without a name
// whose methods mention paired types cannot be built by reflection; it has no
// counterpart, and values of it are refused.
func (p *Plan) Counterpart(t reflect.Type) reflect.Type {
	if pr := p.pairs[t]; pr != nil {
		return pr.New
	}
	if t.Name() != "" || len(p.pairs) == 0 {
		return t
	}
	if c, ok := p.counterpart[t]; ok {
		return c
	}
	c := p.build(t)
	put(&p.counterpart, t, c)
	return c
}

func (p *Plan) build(t reflect.Type) reflect.Type {
	switch t.Kind() {
	case reflect.Pointer:
		if e := p.Counterpart(t.Elem()); e != t.Elem() {
			return reflect.PointerTo(e)
		}
	case reflect.Slice:
		if e := p.Counterpart(t.Elem()); e != t.Elem() {
			return reflect.SliceOf(e)
		}
	case reflect.Array:
		if e := p.Counterpart(t.Elem()); e != t.Elem() {
			return reflect.ArrayOf(t.Len(), e)
		}
	case reflect.Chan:
		if e := p.Counterpart(t.Elem()); e != t.Elem() {
			return reflect.ChanOf(t.ChanDir(), e)
		}
	case reflect.Map:
		k, e := p.Counterpart(t.Key()), p.Counterpart(t.Elem())
		if k != t.Key() || e != t.Elem() {
			return reflect.MapOf(k, e)
		}
	case reflect.Func:
		in, out, differs := p.signature(t)
		if differs {
			return reflect.FuncOf(in, out, t.IsVariadic())
		}
	case reflect.Struct:
		fields := make([]reflect.StructField, t.NumField())
		differs := false
		for i := range fields {
			f := t.Field(i)
			c := p.Counterpart(f.Type)
			differs = differs || c != f.Type
			fields[i] = reflect.StructField{Name: f.Name, PkgPath: f.PkgPath, Type: c, Tag: f.Tag, Anonymous: f.Anonymous}
		}
		if differs {
			return reflect.StructOf(fields)
		}
	}
	return t
}

func (p *Plan) signature(t reflect.Type) (in, out []reflect.Type, differs bool) {
	for i := range t.NumIn() {
		c := p.Counterpart(t.In(i))
		in, differs = append(in, c), differs || c != t.In(i)
	}
	for i := range t.NumOut() {
		c := p.Counterpart(t.Out(i))
		out, differs = append(out, c), differs || c != t.Out(i)
	}
	return in, out, differs
}

// unpaired tells which paired type the structure of t mentions although t
// itself has no successor, or nil.
func (p *Plan) unpaired(t reflect.Type) reflect.Type {
	if p.pairs[t] != nil {
		return nil
	}
	differs := func(c reflect.Type) bool { return p.Counterpart(c) != c }
	if t.Kind() == reflect.Interface {
		for i := range t.NumMethod() {
			if m := t.Method(i).Type; differs(m) {
				return m
			}
		}
		return nil
	}
	if t.Name() == "" {
		return nil
	}
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Chan:
		if differs(t.Elem()) {
			return t.Elem()
		}
	case reflect.Map:
		if differs(t.Key()) {
			return t.Key()
		}
		if differs(t.Elem()) {
			return t.Elem()
		}
	case reflect.Struct:
		for i := range t.NumField() {
			if f := t.Field(i).Type; differs(f) {
				return f
			}
		}
	}
	return nil
}
