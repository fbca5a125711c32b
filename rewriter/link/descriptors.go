package link

import "fmt"

// descriptors reads the type descriptors that the compiler wrote (internal/abi
// of Go 1.26) and compares them.
type descriptors struct{ a *audit }

const (
	descSize   = 48
	kindOff    = 23
	kindArray  = 17
	kindChan   = 18
	kindFunc   = 19
	kindIface  = 20
	kindMap    = 21
	kindPtr    = 22
	kindSlice  = 23
	kindStruct = 25
)

func (d descriptors) kind(p place) uint64 { return p.uint(kindOff, 1) & 31 }

// hasherAt is the offset of a map type's hash function, 0 for other types.
func (d descriptors) hasherAt(p place) uint64 {
	if d.kind(p) == kindMap {
		return descSize + 24
	}
	return 0
}

// isNew reports whether an earlier file has a type of this symbol's name.
func (d descriptors) isNew(p place) bool {
	for _, i := range p.in.byAddr[p.addr] {
		for _, o := range d.a.earlier {
			if len(o.defs[p.in.syms[i].Name]) > 0 {
				return true
			}
		}
	}
	return false
}

// differ says in what two descriptors differ as types, "" if in nothing. Methods
// are left out, as in the runtime's own comparison.
//
// Without assumed, what they refer to must be the very same: this is what sharing
// needs. With assumed, it must be equal in structure, taking the pairs in it for
// equal: this is what the runtime's typesEqual asks.
func (d descriptors) differ(x, y place, assumed map[[2]place]bool) string {
	if x == y {
		return ""
	}
	if assumed != nil {
		if assumed[[2]place{x, y}] {
			return ""
		}
		assumed[[2]place{x, y}] = true
	}
	for _, f := range []struct {
		name string
		off  uint64
		size int
	}{{"size", 0, 8}, {"pointer bytes", 8, 8}, {"hash", 16, 4}, {"alignment", 21, 1}, {"field alignment", 22, 1}, {"kind", kindOff, 1}} {
		if a, b := x.uint(f.off, f.size), y.uint(f.off, f.size); a != b {
			return fmt.Sprintf("%s %d, there %d", f.name, a, b)
		}
	}
	if a, b := d.text(x), d.text(y); a != b {
		return fmt.Sprintf("called %s, there %s", a, b)
	}
	ref := func(what string, off uint64) string {
		return d.ref(what, x.at(off), y.at(off), assumed)
	}
	switch d.kind(x) {
	case kindPtr, kindSlice:
		return ref("element", descSize)
	case kindChan:
		if x.uint(descSize+8, 8) != y.uint(descSize+8, 8) {
			return "another channel direction"
		}
		return ref("element", descSize)
	case kindArray:
		if x.uint(descSize+16, 8) != y.uint(descSize+16, 8) {
			return "another length"
		}
		return ref("element", descSize)
	case kindMap:
		if why := ref("key", descSize); why != "" {
			return why
		}
		return ref("element", descSize+8)
	case kindFunc:
		return d.differFunc(x, y, assumed)
	case kindStruct:
		return d.differStruct(x, y, assumed)
	case kindIface:
		return d.differInterface(x, y, assumed)
	}
	return ""
}

// ref compares what two words refer to.
func (d descriptors) ref(what string, x, y place, assumed map[[2]place]bool) string {
	p, q := d.a.scope.pointer(x), d.a.scope.pointer(y)
	switch {
	case p == q:
		return ""
	case p.in == nil || q.in == nil:
		return what + " is missing"
	case assumed == nil:
		return fmt.Sprintf("%s is %s of %s, there of %s", what, d.text(p), p.in.base, q.in.base)
	}
	if why := d.differ(p, q, assumed); why != "" {
		return what + ": " + why
	}
	return ""
}

func (d descriptors) differFunc(x, y place, assumed map[[2]place]bool) string {
	n := x.uint(descSize, 4) // numbers of parameters and results
	if n != y.uint(descSize, 4) {
		return "another number of parameters"
	}
	at := func(p place) place {
		if p.uint(20, 1)&1 != 0 { // the uncommon part comes first
			return p.at(descSize + 8 + 16)
		}
		return p.at(descSize + 8)
	}
	px, py := at(x), at(y)
	for i := range n&0xffff + n>>16&0x7fff {
		if why := d.ref(fmt.Sprintf("parameter %d", i+1), px.at(8*i), py.at(8*i), assumed); why != "" {
			return why
		}
	}
	return ""
}

func (d descriptors) differStruct(x, y place, assumed map[[2]place]bool) string {
	n := x.uint(descSize+16, 8)
	if n != y.uint(descSize+16, 8) {
		return "another number of fields"
	}
	fx, fy := d.a.scope.pointer(x.at(descSize+8)), d.a.scope.pointer(y.at(descSize+8))
	if n > 0 && (fx.in == nil || fy.in == nil) {
		return "fields cannot be read"
	}
	for i := range n {
		p, q := fx.at(24*i), fy.at(24*i)
		name := d.name(d.a.scope.pointer(p))
		if name != d.name(d.a.scope.pointer(q)) {
			return fmt.Sprintf("field %d has another name or tag", i)
		}
		if p.uint(16, 8) != q.uint(16, 8) {
			return fmt.Sprintf("field %s lies elsewhere", name)
		}
		if why := d.ref("field "+name, p.at(8), q.at(8), assumed); why != "" {
			return why
		}
	}
	return ""
}

func (d descriptors) differInterface(x, y place, assumed map[[2]place]bool) string {
	n := x.uint(descSize+16, 8)
	if n != y.uint(descSize+16, 8) {
		return "another number of methods"
	}
	mx, my := d.a.scope.pointer(x.at(descSize+8)), d.a.scope.pointer(y.at(descSize+8))
	for i := range n {
		p, q := mx.at(8*i), my.at(8*i)
		name := d.name(d.off(p))
		if name != d.name(d.off(q)) {
			return fmt.Sprintf("method %d has another name", i)
		}
		// Method types are offsets within the module; by symbol they are bound
		// like any descriptor.
		s, t := d.off(p.at(4)), d.off(q.at(4))
		if assumed == nil {
			s, t = d.canonical(s), d.canonical(t)
			if s != t {
				return fmt.Sprintf("method %s is of another type", name)
			}
		} else if why := d.differ(d.canonical(s), d.canonical(t), assumed); why != "" {
			return "method " + name + ": " + why
		}
	}
	return ""
}

// off is the place a 32-bit offset at p means.
func (d descriptors) off(p place) place {
	return place{p.in, p.in.types + p.uint(0, 4)}
}

// canonical is the descriptor that the dynamic linker puts in p's place.
func (d descriptors) canonical(p place) place {
	for _, i := range p.in.byAddr[p.addr] {
		if q := d.a.scope.lookup(p.in.syms[i].Name, p.in.node[i]); q.in != nil {
			return q
		}
	}
	return p
}

// text is the type's name as reflect prints it.
func (d descriptors) text(p place) string {
	s := d.name(d.off(p.at(40)))
	if p.uint(20, 1)&2 != 0 && s != "" {
		return s[1:]
	}
	return s
}

// name reads an encoded name with its tag.
func (d descriptors) name(p place) string {
	if p.in == nil {
		return ""
	}
	b := p.in.bytes(p.addr)
	if len(b) < 2 {
		return ""
	}
	read := func(off int) (string, int) {
		n, size := 0, 0
		for off+size < len(b) {
			c := b[off+size]
			n |= int(c&0x7f) << (7 * size)
			size++
			if c&0x80 == 0 {
				break
			}
		}
		off += size
		if off+n > len(b) {
			return "", off
		}
		return string(b[off : off+n]), off + n
	}
	s, end := read(1)
	if b[0]&2 != 0 {
		tag, _ := read(end)
		s += " `" + tag + "`"
	}
	if b[0]&8 != 0 {
		s += " (embedded)"
	}
	return s
}
