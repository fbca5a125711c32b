package updater

import "reflect"

// mirrors reports whether framemap.go may take a value of type real for one of type
// as: both are the same, or as is what package mirror writes for real, with the same
// words at the same places.
func mirrors(real, as reflect.Type) bool {
	return mirrored(real, as, map[[2]reflect.Type]bool{})
}

func mirrored(real, as reflect.Type, seen map[[2]reflect.Type]bool) bool {
	pair := [2]reflect.Type{real, as}
	if real == as || seen[pair] {
		return true
	}
	seen[pair] = true
	if real.Size() != as.Size() {
		return false
	}
	if copied(as) {
		return true // words that are copied as a whole
	}
	if real.Kind() != as.Kind() {
		return false
	}
	elem := func() bool { return mirrored(real.Elem(), as.Elem(), seen) }
	switch real.Kind() {
	case reflect.Pointer, reflect.Slice:
		return elem()
	case reflect.Chan:
		return real.ChanDir() == as.ChanDir() && elem()
	case reflect.Array:
		return real.Len() == as.Len() && elem()
	case reflect.Map:
		return mirrored(real.Key(), as.Key(), seen) && elem()
	case reflect.Struct:
		if real.NumField() != as.NumField() {
			return false
		}
		for i := range real.NumField() {
			a, b := real.Field(i), as.Field(i)
			if a.Offset != b.Offset || !mirrored(a.Type, b.Type, seen) {
				return false
			}
		}
	case reflect.Func:
		if real.NumIn() != as.NumIn() || real.NumOut() != as.NumOut() || real.IsVariadic() != as.IsVariadic() {
			return false
		}
		for i := range real.NumIn() {
			if !mirrored(real.In(i), as.In(i), seen) {
				return false
			}
		}
		for i := range real.NumOut() {
			if !mirrored(real.Out(i), as.Out(i), seen) {
				return false
			}
		}
	case reflect.Interface:
		return real.NumMethod() == as.NumMethod()
	}
	return true
}

// copied: the mirror of what cannot be written in another package.
func copied(as reflect.Type) bool {
	if as.Kind() != reflect.Struct || as.Name() != "" || as.NumField() == 0 {
		return false
	}
	for i := range as.NumField() {
		if f := as.Field(i); len(f.Name) < 2 || f.Name[0] != 'W' || f.Name[1] < '0' || f.Name[1] > '9' {
			return false
		}
	}
	return true
}
