package slim

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"slices"
	"sort"
	"strings"
)

var le = binary.LittleEndian

const (
	symSize  = 24
	relaSize = 24
	headSize = 64 // of a section
)

// object is the file that cmd/link wrote.
type object struct {
	data     []byte
	sections []*elf.Section
	heads    uint64 // where the section headers stand
	text     int    // sections
	code     []byte // shares data
	pcln     []byte // shares data
	symtab   []byte // shares data
	strtab   []byte

	funcs   []*function          // by position
	byName  map[string]*function // global and static ones
	bySym   map[uint32]*function // also by its local alias
	globals map[uint32]uint32    // alias or global symbol of a function → its global one
	relocs  map[string][]rela    // of allocated sections, by the section's name
}

// function is one function's code, the padding behind it included.
type function struct {
	name       string // "" if only the function table knows of it
	start, end uint64
	size       uint64 // without padding
	global     uint32 // its global symbol, 0 for none

	dropped bool
	private bool // leads to what each module has of its own
	read    bool // its instructions were read to the end
	refs    []ref
}

type rela struct {
	off    uint64
	sym    uint32
	kind   uint32
	addend int64
}

func parse(data []byte) (*object, error) {
	f, err := elf.NewFile(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	if f.Type != elf.ET_REL || f.Machine != elf.EM_X86_64 || f.Class != elf.ELFCLASS64 {
		return nil, fmt.Errorf("it is no object file for amd64")
	}
	o := &object{data: data, sections: f.Sections, heads: le.Uint64(data[40:]),
		byName: map[string]*function{}, bySym: map[uint32]*function{}, globals: map[uint32]uint32{}, relocs: map[string][]rela{}}
	part := func(name string) ([]byte, int, error) {
		i := slices.IndexFunc(f.Sections, func(s *elf.Section) bool { return s.Name == name })
		if i < 0 || f.Sections[i].Type == elf.SHT_NOBITS {
			return nil, 0, fmt.Errorf("it has no section %s", name)
		}
		s := f.Sections[i]
		return data[s.Offset : s.Offset+s.FileSize], i, nil
	}
	if o.code, o.text, err = part(".text"); err != nil {
		return nil, err
	}
	if o.pcln, _, err = part(".gopclntab"); err != nil {
		return nil, err
	}
	if o.symtab, _, err = part(".symtab"); err != nil {
		return nil, err
	}
	if o.strtab, _, err = part(".strtab"); err != nil {
		return nil, err
	}
	for _, s := range f.Sections {
		if s.Type != elf.SHT_RELA || f.Sections[s.Info].Flags&elf.SHF_ALLOC == 0 {
			continue
		}
		b := data[s.Offset : s.Offset+s.FileSize]
		rs := make([]rela, 0, len(b)/relaSize)
		for ; len(b) >= relaSize; b = b[relaSize:] {
			info := le.Uint64(b[8:])
			rs = append(rs, rela{le.Uint64(b), uint32(info >> 32), uint32(info), int64(le.Uint64(b[16:]))})
		}
		o.relocs[f.Sections[s.Info].Name] = rs
	}
	if len(o.relocs[".gopclntab"]) > 0 {
		return nil, fmt.Errorf("its function table has relocations")
	}
	return o, o.findFuncs()
}

func (o *object) symbols() uint32 { return uint32(len(o.symtab) / symSize) }

func (o *object) name(sym uint32) string {
	at := le.Uint32(o.symtab[sym*symSize:])
	s, _, _ := bytes.Cut(o.strtab[at:], []byte{0})
	return string(s)
}

func (o *object) section(sym uint32) int  { return int(le.Uint16(o.symtab[sym*symSize+6:])) }
func (o *object) value(sym uint32) uint64 { return le.Uint64(o.symtab[sym*symSize+8:]) }
func (o *object) size(sym uint32) uint64  { return le.Uint64(o.symtab[sym*symSize+16:]) }
func (o *object) isGlobal(sym uint32) bool {
	return o.symtab[sym*symSize+4]>>4 == uint8(elf.STB_GLOBAL)
}
func (o *object) isFunc(sym uint32) bool {
	return o.symtab[sym*symSize+4]&15 == uint8(elf.STT_FUNC)
}

const alias = "local."

// findFuncs divides the code into functions: what the function table has and what
// the symbols name.
func (o *object) findFuncs() error {
	at := map[uint64]*function{}
	entries, err := o.entries()
	if err != nil {
		return err
	}
	for _, e := range entries {
		at[e.start] = &function{start: e.start}
	}
	for i := uint32(1); i < o.symbols(); i++ {
		if o.section(i) != o.text || !o.isFunc(i) || o.size(i) == 0 {
			continue
		}
		f := at[o.value(i)]
		if f == nil {
			f = &function{start: o.value(i)}
			at[f.start] = f
		}
		o.bySym[i] = f
		name := o.name(i)
		switch {
		case o.isGlobal(i):
			if f.global != 0 {
				return fmt.Errorf("%s and %s are one function", o.name(f.global), name)
			}
			f.global, f.name = i, name
			o.byName[name] = f
		case !strings.HasPrefix(name, alias) && f.name == "":
			f.name = name
		}
		f.size = max(f.size, o.size(i))
	}
	for _, f := range at {
		o.funcs = append(o.funcs, f)
	}
	sort.Slice(o.funcs, func(i, j int) bool { return o.funcs[i].start < o.funcs[j].start })
	for i, f := range o.funcs {
		f.end = uint64(len(o.code))
		if i+1 < len(o.funcs) {
			f.end = o.funcs[i+1].start
		}
		if f.size == 0 || f.start+f.size > f.end {
			f.size = f.end - f.start
		}
	}
	if len(o.funcs) == 0 {
		return fmt.Errorf("it has no functions")
	}
	return nil
}

// at is the function that holds the position.
func (o *object) at(pos uint64) *function {
	i := sort.Search(len(o.funcs), func(i int) bool { return o.funcs[i].start > pos }) - 1
	if i < 0 || pos >= o.funcs[i].end {
		return nil
	}
	return o.funcs[i]
}

// target is the function that a relocation leads into, and how far: nil if it
// leads to something else.
func (o *object) target(r rela) (f *function, off int64) {
	if o.section(r.sym) != o.text {
		return nil, 0
	}
	add := r.addend
	switch elf.R_X86_64(r.kind) {
	case elf.R_X86_64_PC32, elf.R_X86_64_PLT32, elf.R_X86_64_GOTPCREL, elf.R_X86_64_GOTPCRELX, elf.R_X86_64_REX_GOTPCRELX:
		add += 4
	}
	if f = o.at(o.value(r.sym) + uint64(add)); f == nil {
		return nil, 0
	}
	return f, int64(o.value(r.sym)) + add - int64(f.start)
}

// setRelocs gives a section its relocations. They stand behind everything else,
// for there may be more of them than there were.
func (o *object) setRelocs(section string, rs []rela) error {
	for i, s := range o.sections {
		if s.Type != elf.SHT_RELA || o.sections[s.Info].Name != section {
			continue
		}
		for len(o.data)%8 != 0 {
			o.data = append(o.data, 0)
		}
		head := o.heads + uint64(i)*headSize
		le.PutUint64(o.data[head+24:], uint64(len(o.data)))
		le.PutUint64(o.data[head+32:], uint64(len(rs)*relaSize))
		for _, r := range rs {
			o.data = le.AppendUint64(o.data, r.off)
			o.data = le.AppendUint64(o.data, uint64(r.sym)<<32|uint64(r.kind))
			o.data = le.AppendUint64(o.data, uint64(r.addend))
		}
		return nil
	}
	return fmt.Errorf("section %s has no relocations", section)
}
