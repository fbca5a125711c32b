package loader

import (
	"slices"
	"strings"
	"unsafe"
)

// addr, at: between addresses and what is there. All of them are in modules,
// which never move and are never unmapped, or in itabs kept for good.
func at[T any](a uintptr) *T { return *(**T)(unsafe.Pointer(&a)) }

func ptr(a uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&a)) }

func addr[T any](p *T) uintptr { return uintptr(unsafe.Pointer(p)) }

// name reads an encoded name: flags, length, text, then tag and package path.
func nameText(p *byte) string {
	if p == nil {
		return ""
	}
	n, k := varint(p, 1)
	return unsafe.String((*byte)(unsafe.Add(unsafe.Pointer(p), 1+k)), n)
}

func varint(p *byte, off int) (n, size int) {
	for {
		b := *(*byte)(unsafe.Add(unsafe.Pointer(p), off+size))
		n |= int(b&0x7f) << (7 * size)
		size++
		if b&0x80 == 0 {
			return n, size
		}
	}
}

func nameExported(p *byte) bool { return *p&1 != 0 }

// namePkgPath is the package of an unexported name, if it carries one.
func namePkgPath(p *byte) string {
	if p == nil || *p&4 == 0 {
		return ""
	}
	n, k := varint(p, 1)
	off := 1 + k + n
	if *p&2 != 0 {
		n, k := varint(p, off)
		off += k + n
	}
	var nameOff int32
	for i := range 4 {
		(*[4]byte)(unsafe.Pointer(&nameOff))[i] = *(*byte)(unsafe.Add(unsafe.Pointer(p), off+i))
	}
	return nameText(resolveNameOff(unsafe.Pointer(p), nameOff))
}

func (t *rtype) uncommon() *uncommon {
	if t.tflag&tflagUncommon == 0 {
		return nil
	}
	return (*uncommon)(unsafe.Add(unsafe.Pointer(t), uncommonAt(t.kind&31)))
}

func (t *rtype) string() string {
	s := nameText(resolveNameOff(unsafe.Pointer(t), t.str))
	if t.tflag&2 != 0 {
		return s[1:] // one text for T and *T
	}
	return s
}

func (t *rtype) pkgPath() string {
	u := t.uncommon()
	if u == nil {
		return ""
	}
	return nameText(resolveNameOff(unsafe.Pointer(t), u.pkgPath))
}

func (t *rtype) methods() []method {
	u := t.uncommon()
	if u == nil || u.mcount == 0 {
		return nil
	}
	return unsafe.Slice((*method)(unsafe.Add(unsafe.Pointer(u), u.moff)), u.mcount)
}

// textOf gives the function that an interface calls for the method, and 0 if the
// linker left it out.
func (t *rtype) textOf(m method) uintptr {
	if m.ifn == 0 || m.ifn == -1 {
		return 0
	}
	return uintptr(resolveTextOff(unsafe.Pointer(t), m.ifn))
}

// satisfaction says whether a type has an interface's methods.
type satisfaction int

const (
	unsatisfied satisfaction = iota
	satisfied
	pruned // it has them, and the linker left one's code out
)

// implement finds the functions for the interface's methods in t's own method
// table: the same merge of two sorted lists as the runtime's itabInit. t may be one of
// the module's copies.
func (m *Module) implement(t *rtype, inter *interfaceType) ([]uintptr, satisfaction) {
	ms := t.methods()
	result := satisfied
	funs := make([]uintptr, 0, len(inter.methods))
	interPkg := nameText(inter.pkgPath)
	tpkg := t.pkgPath()
	j := 0
next:
	for i := range inter.methods {
		im := &inter.methods[i]
		in := resolveNameOff(unsafe.Pointer(inter), im.name)
		ityp := m.typeAt(unsafe.Pointer(inter), im.typ)
		ipkg := namePkgPath(in)
		if ipkg == "" {
			ipkg = interPkg
		}
		for ; j < len(ms); j++ {
			tn := resolveNameOff(unsafe.Pointer(t), ms[j].name)
			if nameText(tn) != nameText(in) || m.typeAt(unsafe.Pointer(t), ms[j].typ) != ityp {
				continue
			}
			pkg := namePkgPath(tn)
			if pkg == "" {
				pkg = tpkg
			}
			if !nameExported(tn) && pkg != ipkg {
				continue
			}
			f := t.textOf(ms[j])
			if f == 0 {
				result = pruned
			}
			funs = append(funs, f)
			continue next
		}
		return nil, unsatisfied
	}
	return funs, result
}

// ownType reports whether code of one of the packages runs when a method of the
// type is called: it belongs to one, is an instance made with a type of one, or
// has its methods from an embedded field. It may say yes too often, not too seldom.
func ownType(t *rtype, own []string) bool {
	if pkg := t.pkgPath(); slices.ContainsFunc(own, func(p string) bool { return within(pkg, p) }) {
		return true
	}
	if s := t.string(); strings.Contains(s, "[") && slices.ContainsFunc(own, func(p string) bool {
		return strings.Contains(s, p) || strings.Contains(s, linkerPath(p))
	}) {
		return true
	}
	if t.uncommon() != nil && t.pkgPath() != "" {
		return false // a named type of another package
	}
	switch t.kind & 31 {
	case kindPointer:
		return ownType(*(**rtype)(unsafe.Add(unsafe.Pointer(t), unsafe.Sizeof(rtype{}))), own)
	case kindStruct:
		type field struct {
			name   *byte
			typ    *rtype
			offset uintptr
		}
		fields := *(*[]field)(unsafe.Add(unsafe.Pointer(t), unsafe.Sizeof(rtype{})+8))
		return slices.ContainsFunc(fields, func(f field) bool {
			return *f.name&8 != 0 && ownType(f.typ, own)
		})
	}
	return false
}

// within reports whether path is prefix or a package beneath it.
func within(path, prefix string) bool {
	return path == prefix || strings.HasPrefix(path, prefix+"/")
}
