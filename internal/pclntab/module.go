package pclntab

import (
	"debug/elf"
	"encoding/binary"
	"fmt"
)

// Places in the Go runtime's description of a module (runtime.moduledata).
const (
	modTables  = 104 // pclntable: list and entries
	modList    = 128 // ftab
	modFind    = 152 // findfunctab
	modMin     = 160
	modMax     = 168
	modText    = 176
	modDatas   = 320     // gofunc: other data of functions, which entries count from
	modSects   = 336 + 8 // len(textsectmap)
	moduleSize = 592
)

// A place is one element of the list of entries: the positions from here on belong to
// an entry.
type place struct{ from, entry uint32 }

// module finds the module's description and checks that it says what is expected.
func (t *Table) module(f *elf.File) error {
	odd := func(what string) error {
		return fmt.Errorf("pclntab: %s: %s is not as Go 1.26 for amd64 writes it", t.path, what)
	}
	m := &memory{f: f}
	var addr, mod uint64
	for _, s := range f.Sections {
		switch s.Name {
		case ".gopclntab", ".data.rel.ro.gopclntab":
			addr = s.Addr
		case ".go.module":
			if s.Size != moduleSize {
				return odd("the description of the module")
			}
			mod, t.modOff = s.Addr, int64(s.Offset)
		}
		if s.Type == elf.SHT_RELA && s.Flags&elf.SHF_ALLOC != 0 {
			data, err := s.Data()
			if err != nil {
				return fmt.Errorf("pclntab: %s: %w", t.path, err)
			}
			m.relative = append(m.relative, data...)
		}
	}
	if mod == 0 || addr == 0 {
		return odd("the description of the module")
	}
	v := map[uint64]uint64{}
	for _, at := range []uint64{0, modTables, modList, modFind, modMin, modMax, modText, modDatas} {
		var err error
		if v[at], err = m.pointer(mod + at); err != nil {
			return err
		}
	}
	var n [3]uint64
	for i, at := range []uint64{modTables + 8, modList + 8, modSects} {
		var err error
		if n[i], err = m.load(mod + at); err != nil {
			return err
		}
	}
	funcs := t.word(atFuncs)
	size := n[0]
	t.text, t.find, t.datas = v[modText], v[modFind]-addr, v[modDatas]-addr
	if v[0] != addr || v[modTables] != addr+funcs || v[modList] != addr+funcs || v[modMin] != v[modText] ||
		n[1] != t.word(atCount)+1 || n[2] > 1 || funcs+size > uint64(len(t.data)) || v[modMax]-v[modMin] >= 1<<32 {
		return odd("the description of the module")
	}
	le := binary.LittleEndian
	for i := range n[1] {
		at := funcs + i*listEntry
		t.old = append(t.old, place{le.Uint32(t.data[at:]), le.Uint32(t.data[at+4:])})
	}
	t.max = uint32(v[modMax] - v[modMin])
	if t.old[0].from != 0 || t.old[n[1]-1].from != t.max || t.datas > uint64(len(t.data)) || t.find > uint64(len(t.data)) ||
		(uint64(t.max)+bucketSize-1)/bucketSize*4+(uint64(t.max)+subSize-1)/subSize > uint64(len(t.data))-t.find {
		return odd("the index of the function table")
	}
	return nil
}

// memory is what the program's memory begins as.
type memory struct {
	f        *elf.File
	relative []byte // relocations
}

// load reads a word of the program's memory as it is in the file.
func (m *memory) load(addr uint64) (uint64, error) {
	for _, s := range m.f.Sections {
		if s.Type == elf.SHT_PROGBITS && s.Flags&elf.SHF_ALLOC != 0 && s.Addr <= addr && addr+8 <= s.Addr+s.Size {
			var b [8]byte
			_, err := s.ReadAt(b[:], int64(addr-s.Addr))
			return binary.LittleEndian.Uint64(b[:]), err
		}
	}
	return 0, fmt.Errorf("pclntab: nothing is at address %#x", addr)
}

// pointer reads an address, which the dynamic loader may be told to store.
func (m *memory) pointer(addr uint64) (uint64, error) {
	le := binary.LittleEndian
	for r := m.relative; len(r) >= 24; r = r[24:] {
		if le.Uint64(r) == addr && elf.R_X86_64(le.Uint64(r[8:])) == elf.R_X86_64_RELATIVE {
			return le.Uint64(r[16:]), nil
		}
	}
	return m.load(addr)
}
