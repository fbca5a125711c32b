package loader

import (
	"debug/elf"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
)

// object is what the loader reads in an ELF file's dynamic tables.
type object struct {
	syms   []dynsym
	relocs []reloc
	size   uint64 // of the memory image
	loads  uint64 // how much of the file there is of it: symbols for debuggers come behind
	// asserts and switches are where the program's type assertions and switches
	// keep their caches. They have no dynamic symbols, but each begins as a
	// pointer to the runtime's empty cache, and nothing else is one.
	asserts, switches []uint64
}

const (
	emptyAssert = "runtime.emptyTypeAssertCache"
	emptySwitch = "runtime.emptyInterfaceSwitchCache"
)

type dynsym struct {
	versioned
	value   uint64
	size    uint64
	defined bool
}

// reloc is a place that the dynamic linker filled with a symbol's address.
type reloc struct {
	off    uint64
	sym    int // index into syms
	addend int64
}

func readObject(r io.ReaderAt) (*object, error) {
	f, err := elf.NewFile(r)
	if err != nil {
		return nil, err
	}
	if f.Machine != elf.EM_X86_64 || f.Class != elf.ELFCLASS64 {
		return nil, fmt.Errorf("the object is for %v", f.Machine)
	}
	o := &object{}
	for _, p := range f.Progs {
		if p.Type == elf.PT_LOAD {
			o.size, o.loads = max(o.size, p.Vaddr+p.Memsz), max(o.loads, p.Off+p.Filesz)
		}
	}
	syms, err := f.DynamicSymbols()
	if err != nil {
		return nil, fmt.Errorf("dynamic symbols: %w", err)
	}
	nodes := map[uint16]string{}
	if defs, err := f.DynamicVersions(); err == nil {
		for _, d := range defs {
			if d.Flags&elf.VER_FLG_BASE == 0 {
				nodes[d.Index] = d.Name
			}
		}
	}
	o.syms = make([]dynsym, len(syms))
	for i, s := range syms {
		o.syms[i] = dynsym{value: s.Value, size: s.Size, defined: s.Section != elf.SHN_UNDEF}
		o.syms[i].name = s.Name
		if s.HasVersion && o.syms[i].defined {
			o.syms[i].node = nodes[s.VersionIndex.Index()]
		}
	}
	var assertAt, switchAt uint64 // for files that define what they refer to
	for _, s := range o.syms {
		switch {
		case s.defined && s.name == emptyAssert:
			assertAt = s.value
		case s.defined && s.name == emptySwitch:
			switchAt = s.value
		}
	}
	site := func(off uint64, assert, isSwitch bool) {
		if assert {
			o.asserts = append(o.asserts, off)
		} else if isSwitch {
			o.switches = append(o.switches, off)
		}
	}
	if f.Type == elf.ET_EXEC {
		// Loaded where it was linked: the addresses are in the data.
		for _, p := range f.Progs {
			if p.Type != elf.PT_LOAD || p.Flags&elf.PF_W == 0 {
				continue
			}
			data := make([]byte, p.Filesz)
			if _, err := p.ReadAt(data, 0); err != nil {
				return nil, fmt.Errorf("data: %w", err)
			}
			for n := uint64(0); n+8 <= p.Filesz; n += 8 {
				if v := binary.LittleEndian.Uint64(data[n:]); v != 0 {
					site(p.Vaddr+n, v == assertAt, v == switchAt)
				}
			}
		}
	}
	for _, name := range []string{".rela.dyn", ".rela.plt"} {
		s := f.Section(name)
		if s == nil {
			continue
		}
		data, err := s.Data()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		for ; len(data) >= 24; data = data[24:] {
			le := binary.LittleEndian
			info := le.Uint64(data[8:])
			sym := int(info >> 32)
			r := reloc{off: le.Uint64(data), sym: sym - 1, addend: int64(le.Uint64(data[16:]))}
			kind := elf.R_X86_64(uint32(info))
			if kind == elf.R_X86_64_RELATIVE && r.addend != 0 {
				site(r.off, uint64(r.addend) == assertAt, uint64(r.addend) == switchAt)
			}
			if sym == 0 || sym > len(syms) {
				continue
			}
			switch kind {
			case elf.R_X86_64_64:
				site(r.off, o.syms[r.sym].name == emptyAssert, o.syms[r.sym].name == emptySwitch)
			case elf.R_X86_64_GLOB_DAT, elf.R_X86_64_JMP_SLOT:
				r.addend = 0
			default:
				continue // thread-local offsets and the like hold no address
			}
			o.relocs = append(o.relocs, r)
		}
	}
	return o, nil
}

// isTypeSymbol leaves out the compiler's helpers beside the descriptors
// (type:.eqfunc.…, type:.namedata.…) and the linker's marks (type:*).
func isTypeSymbol(name string) bool {
	return strings.HasPrefix(name, "type:") && !strings.HasPrefix(name, "type:.") && name != "type:*"
}
