package updater

import (
	"fmt"
	"math"
	"reflect"
	"unsafe"
)

// What is inferred of a type's values is done before the developer's function runs: numbers
// are carried over by value, and new fields get what every object of the new release is made
// with.

// infers reports whether anything is inferred of the type's values.
func (t *TypePair) infers() bool { return len(t.Numbers)+len(t.Given)+len(t.Made) > 0 }

// inferred adds to a transformer what is inferred of the type. A number that does not fit is
// a panic, as if the transformer had raised it: before commit it undoes the update.
func inferred(t *TypePair, old, new reflect.Type) (any, error) {
	next, ok := t.Transform.(func(old, new unsafe.Pointer))
	if t.Transform != nil && !ok {
		return nil, fmt.Errorf("%v has a transformer of another kind beside what is inferred", new)
	}
	var steps []func(old, new unsafe.Pointer)
	for _, name := range t.Numbers {
		if name == "" {
			convert, err := number(old, new, "a value of "+new.String())
			if err != nil {
				return nil, err
			}
			steps = append(steps, convert)
			continue
		}
		o, n, err := fieldsOf(old, new, name)
		if err != nil {
			return nil, err
		}
		convert, err := number(o.Type, n.Type, fmt.Sprintf("field %s of %v", name, new))
		if err != nil {
			return nil, err
		}
		steps = append(steps, func(old, new unsafe.Pointer) { convert(unsafe.Add(old, o.Offset), unsafe.Add(new, n.Offset)) })
	}
	for name, v := range t.Given {
		n, ok := fieldNamed(new, name)
		if x := reflect.ValueOf(v); !ok || !x.CanConvert(n.Type) || kindOf(x.Type()) != kindOf(n.Type) {
			return nil, fmt.Errorf("field %s of %v cannot be given %v", name, new, v)
		}
		value := reflect.ValueOf(v).Convert(n.Type)
		steps = append(steps, func(_, new unsafe.Pointer) { reflect.NewAt(n.Type, unsafe.Add(new, n.Offset)).Elem().Set(value) })
	}
	for name, size := range t.Made {
		n, ok := fieldNamed(new, name)
		if !ok {
			return nil, fmt.Errorf("%v has no field %s", new, name)
		}
		fresh := maker(n.Type, size)
		if fresh == nil {
			return nil, fmt.Errorf("field %s of %v cannot be made: it is a %v", name, new, n.Type)
		}
		steps = append(steps, func(_, new unsafe.Pointer) { reflect.NewAt(n.Type, unsafe.Add(new, n.Offset)).Elem().Set(fresh()) })
	}
	if next != nil {
		steps = append(steps, next)
	}
	return func(old, new unsafe.Pointer) {
		for _, f := range steps {
			f(old, new)
		}
	}, nil
}

func fieldNamed(t reflect.Type, name string) (f reflect.StructField, ok bool) {
	if t.Kind() != reflect.Struct {
		return f, false
	}
	for i := range t.NumField() {
		if f = t.Field(i); f.Name == name {
			return f, true
		}
	}
	return f, false
}

func fieldsOf(old, new reflect.Type, name string) (o, n reflect.StructField, err error) {
	o, ok1 := fieldNamed(old, name)
	n, ok2 := fieldNamed(new, name)
	if !ok1 || !ok2 {
		err = fmt.Errorf("%v and %v have no field %s both", old, new, name)
	}
	return o, n, err
}

// maker makes a new map, channel or variable for each object; nil for other types.
func maker(t reflect.Type, size int) func() reflect.Value {
	switch t.Kind() {
	case reflect.Map:
		return func() reflect.Value { return reflect.MakeMap(t) }
	case reflect.Chan:
		return func() reflect.Value { return reflect.MakeChan(t, size) }
	case reflect.Pointer:
		return func() reflect.Value { return reflect.New(t.Elem()) }
	}
	return nil
}

// A numeric kind is what numbers are carried over within.
type numeric uint8

const (
	none numeric = iota
	signed
	unsigned
	floating
	others // boolean, string: constants are given to these
)

func kindOf(t reflect.Type) numeric {
	switch t.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return signed
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return unsigned
	case reflect.Float32, reflect.Float64:
		return floating
	case reflect.Bool, reflect.String:
		return others
	}
	return none
}

// number converts between two types of numbers: integers, or floating-point numbers. What
// does not fit is a panic that says whose value it is.
func number(old, new reflect.Type, whose string) (func(old, new unsafe.Pointer), error) {
	from, to := kindOf(old), kindOf(new)
	integers := (from == signed || from == unsigned) && (to == signed || to == unsigned)
	if !integers && (from != floating || to != floating) {
		return nil, fmt.Errorf("%s was %v and is %v: no numbers that are carried over by value", whose, old.Kind(), new.Kind())
	}
	misfit := func(v any) {
		panic(fmt.Errorf("%s is %v, which does not fit into %v", whose, v, new.Kind()))
	}
	return func(o, n unsafe.Pointer) {
		was, is := reflect.NewAt(old, o).Elem(), reflect.NewAt(new, n).Elem()
		switch {
		case from == floating:
			f := was.Float()
			if is.OverflowFloat(f) || !math.IsNaN(f) && float64(float32(f)) != f && new.Kind() == reflect.Float32 {
				misfit(f)
			}
			is.SetFloat(f)
		case from == signed && to == signed:
			if is.OverflowInt(was.Int()) {
				misfit(was.Int())
			}
			is.SetInt(was.Int())
		case from == signed:
			if was.Int() < 0 || is.OverflowUint(uint64(was.Int())) {
				misfit(was.Int())
			}
			is.SetUint(uint64(was.Int()))
		case to == signed:
			if was.Uint() > math.MaxInt64 || is.OverflowInt(int64(was.Uint())) {
				misfit(was.Uint())
			}
			is.SetInt(int64(was.Uint()))
		default:
			if is.OverflowUint(was.Uint()) {
				misfit(was.Uint())
			}
			is.SetUint(was.Uint())
		}
	}, nil
}
