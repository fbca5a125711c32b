package slim

import (
	"debug/elf"
	"slices"
	"sort"
	"strings"
)

// Data that the process has under the same name is not used in the update: the
// dynamic linker leads every reference to the process's. Of it, this file takes out
//
//   - type descriptors. They are led to by their offset as well, from other
//     descriptors of the module: the loader puts the process's in their place, and
//     finds out where they are by their symbols, which stay. A descriptor that is
//     gone is of kind 0, as no type is.
//   - itabs and function values. Their symbols become undefined, as functions' do.
//
// Names of types are found by their offset, or in the module that refers to them:
// nobody has to find them by their symbols, which are thousands.

// place is a symbol of data.
type place struct {
	sym        uint32
	section    string
	start, end uint64
	name       string
}

const dataSection = ".data.rel.ro" // what holds addresses and does not change

// chooseData finds what the process has, and takes its content away.
func (s *slimming) chooseData() {
	var gone []place
	for i := uint32(1); i < s.symbols(); i++ {
		if p, ok := s.addressData(i); ok && s.sharesData(p.name) {
			gone = append(gone, p)
		}
	}
	s.takeOut(gone)
}

// addressData is the i-th symbol if it is global and of data that holds addresses.
func (s *slimming) addressData(i uint32) (p place, ok bool) {
	sect := s.section(i)
	if !s.isGlobal(i) || sect == 0 || sect >= len(s.sections) || s.sections[sect].Name != dataSection || s.size(i) == 0 {
		return p, false
	}
	return place{i, dataSection, s.value(i), s.value(i) + s.size(i), s.name(i)}, true
}

// sharesData reports whether the process has a descriptor, itab or function value of
// this name, and nobody looks at the module's.
func (s *slimming) sharesData(name string) bool {
	return isShareable(name) && s.process.Has(name) && !s.other[name] && !s.copies[name] && !s.own[Owner(name)]
}

func isShareable(name string) bool {
	return isType(name) || strings.HasPrefix(name, "go:itab.") || strings.HasSuffix(name, "·f")
}

// isType leaves out what the compiler makes beside the descriptors, and the linker's marks.
func isType(name string) bool {
	return strings.HasPrefix(name, "type:") && !strings.HasPrefix(name, "type:.") && name != "type:*"
}

// takeOut clears the places and drops their relocations.
func (s *slimming) takeOut(ps []place) {
	sort.Slice(ps, func(i, j int) bool { return ps[i].start < ps[j].start })
	at := s.sections[slices.IndexFunc(s.sections, func(x *elf.Section) bool { return x.Name == dataSection })].Offset
	for _, p := range ps {
		clear(s.data[at+p.start : at+p.end])
		s.gone[p.sym] = true
		s.report.Data++
		s.report.DataBytes += p.end - p.start
	}
	s.relocs[dataSection] = slices.DeleteFunc(slices.Clone(s.relocs[dataSection]), func(r rela) bool {
		i := sort.Search(len(ps), func(i int) bool { return ps[i].end > r.off })
		return i < len(ps) && ps[i].start <= r.off
	})
}

// hideNames keeps the names of types, which hold no address, out of the dynamic symbols.
func (s *slimming) hideNames() {
	holds := map[uint64]bool{} // where an address stands
	for _, r := range s.relocs[dataSection] {
		holds[r.off] = true
	}
	for i := uint32(1); i < s.symbols(); i++ {
		p, ok := s.addressData(i)
		if !ok || !strings.HasPrefix(p.name, "type:.") {
			continue
		}
		code := false
		for at := p.start; at < p.end; at++ {
			code = code || holds[at]
		}
		if !code {
			s.hide(i)
		}
	}
}

// hide makes the symbol the module's own.
func (s *slimming) hide(sym uint32) { s.symtab[sym*symSize+5] = byte(elf.STV_HIDDEN) }

// undefine makes the symbol one that the process has.
func (s *slimming) undefine(sym uint32) {
	b := s.symtab[sym*symSize:]
	le.PutUint16(b[6:], uint16(elf.SHN_UNDEF))
	le.PutUint64(b[8:], 0)
	le.PutUint64(b[16:], 0)
}

// asked are the offsets of types that descriptors which stay, and the list of the main
// package's exports, lead to.
func (s *slimming) asked() map[uint32]bool {
	asked := map[uint32]bool{}
	for i := uint32(1); i < s.symbols(); i++ {
		name := s.name(i)
		if s.gone[i] || !isType(name) && name != "go:plugin.tabs" || s.section(i) == 0 || s.section(i) >= len(s.sections) {
			continue
		}
		sect := s.sections[s.section(i)]
		if s.value(i)+s.size(i) > sect.FileSize {
			continue // offsets has reported it
		}
		b := s.data[sect.Offset+s.value(i):][:s.size(i)]
		if name == "go:plugin.tabs" {
			for ; len(b) >= 8; b = b[8:] {
				asked[le.Uint32(b[4:])] = true
			}
		} else if d, ok := describe(b); ok {
			for _, off := range d.types {
				asked[off] = true
			}
			if d.kind == kindInterface {
				s.interfaceMethods(i, asked)
			}
		}
	}
	return asked
}

// interfaceMethods are the types of an interface's methods, which stand where a
// relocation of the descriptor says.
func (s *slimming) interfaceMethods(sym uint32, asked map[uint32]bool) {
	const methodsAt, size = 56, 8
	sect := s.sections[s.section(sym)]
	n := le.Uint64(s.data[sect.Offset+s.value(sym)+methodsAt+8:])
	for _, r := range s.relocs[dataSection] {
		if r.off != s.value(sym)+methodsAt || s.section(r.sym) != s.section(sym) {
			continue
		}
		at := s.value(r.sym) + uint64(r.addend)
		for m := range n {
			if at+m*size+size <= sect.FileSize {
				asked[le.Uint32(s.data[sect.Offset+at+m*size+4:])] = true
			}
		}
	}
}

// settleData gives the symbols of what is gone their last form.
func (s *slimming) settleData(used map[uint32]bool) {
	asked, types := s.asked(), uint64(0)
	for i := uint32(1); i < s.symbols(); i++ {
		if s.name(i) == "runtime.types" {
			types = s.value(i)
		}
	}
	for sym := range s.gone {
		switch {
		case isType(s.name(sym)):
			if !used[sym] && !asked[uint32(s.value(sym)-types)] {
				s.hide(sym)
			}
		case used[sym]:
			s.undefine(sym)
		default:
			s.hide(sym)
		}
	}
	s.hideNames()
}
