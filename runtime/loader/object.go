package loader

import (
	"bytes"
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
}

type dynsym struct {
	versioned
	value   uint64
	defined bool
}

// reloc is a place that the dynamic linker filled with a symbol's address.
type reloc struct {
	off    uint64
	sym    int // index into syms
	addend int64
}

func readObject(r io.ReaderAt, relocs bool) (*object, error) {
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
			o.size = max(o.size, p.Vaddr+p.Memsz)
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
		o.syms[i] = dynsym{value: s.Value, defined: s.Section != elf.SHN_UNDEF}
		o.syms[i].name = s.Name
		if s.HasVersion && o.syms[i].defined {
			o.syms[i].node = nodes[s.VersionIndex.Index()]
		}
	}
	if !relocs {
		return o, nil
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
			if sym == 0 || sym > len(syms) {
				continue
			}
			r := reloc{off: le.Uint64(data), sym: sym - 1}
			switch elf.R_X86_64(uint32(info)) {
			case elf.R_X86_64_64:
				r.addend = int64(le.Uint64(data[16:]))
			case elf.R_X86_64_GLOB_DAT, elf.R_X86_64_JMP_SLOT:
			default:
				continue // thread-local offsets and the like hold no address
			}
			o.relocs = append(o.relocs, r)
		}
	}
	return o, nil
}

func parseObject(data []byte) (*object, error) {
	return readObject(bytes.NewReader(data), true)
}

// isTypeSymbol leaves out the compiler's helpers beside the descriptors
// (type:.eqfunc.…, type:.namedata.…) and the linker's marks (type:*).
func isTypeSymbol(name string) bool {
	return strings.HasPrefix(name, "type:") && !strings.HasPrefix(name, "type:.") && name != "type:*"
}

func isCacheSite(name string) (typeAssert, interfaceSwitch bool) {
	return strings.Contains(name, "..typeAssert."), strings.Contains(name, "..interfaceSwitch.")
}
