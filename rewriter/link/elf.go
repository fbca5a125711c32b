package link

import (
	"debug/elf"
	"encoding/binary"
	"fmt"
	"sort"
)

// image is a finished ELF file as the dynamic linker sees it: symbols with
// nodes, what they are filled in with, and the bytes at each address.
type image struct {
	path   string
	base   string // file name, for messages
	syms   []elf.Symbol
	node   []string // by symbol; "" for none
	defs   map[string][]int
	relocs map[uint64]relocation
	types  uint64 // where name offsets count from
	segs   []segment
	byAddr map[uint64][]int // defined dynamic symbols
}

type segment struct {
	addr uint64
	data []byte
}

// relocation is what an address is filled with: a symbol, or an address of the
// file's own when sym is -1.
type relocation struct {
	sym    int
	addend uint64
}

func openImage(path string) (*image, error) {
	f, err := elf.Open(path)
	if err != nil {
		return nil, fmt.Errorf("link: audit: %s: %w", path, err)
	}
	defer f.Close()
	m := &image{path: path, defs: map[string][]int{}, relocs: map[uint64]relocation{}, byAddr: map[uint64][]int{}}
	fail := func(what string, err error) (*image, error) {
		return nil, fmt.Errorf("link: audit: %s: %s: %w", path, what, err)
	}
	if m.syms, err = f.DynamicSymbols(); err != nil {
		return fail("dynamic symbols", err)
	}
	nodes := map[uint16]string{}
	if defs, err := f.DynamicVersions(); err == nil {
		for _, d := range defs {
			if d.Flags&elf.VER_FLG_BASE == 0 {
				nodes[d.Index] = d.Name
			}
		}
	}
	for i, s := range m.syms {
		node := ""
		if s.HasVersion {
			node = nodes[s.VersionIndex.Index()]
		}
		m.node = append(m.node, node)
		if s.Section != elf.SHN_UNDEF {
			m.defs[s.Name] = append(m.defs[s.Name], i)
			m.byAddr[s.Value] = append(m.byAddr[s.Value], i)
		}
	}
	for _, p := range f.Progs {
		if p.Type == elf.PT_LOAD && p.Filesz > 0 {
			data := make([]byte, p.Filesz)
			if _, err := p.ReadAt(data, 0); err != nil {
				return fail("segment", err)
			}
			m.segs = append(m.segs, segment{p.Vaddr, data})
		}
	}
	sort.Slice(m.segs, func(i, j int) bool { return m.segs[i].addr < m.segs[j].addr })
	for _, name := range []string{".rela.dyn", ".rela.plt"} {
		s := f.Section(name)
		if s == nil {
			continue
		}
		data, err := s.Data()
		if err != nil {
			return fail(name, err)
		}
		for ; len(data) >= 24; data = data[24:] {
			le := binary.LittleEndian
			info := le.Uint64(data[8:])
			r := relocation{sym: int(info>>32) - 1, addend: le.Uint64(data[16:])}
			switch elf.R_X86_64(uint32(info)) {
			case elf.R_X86_64_64, elf.R_X86_64_RELATIVE:
			case elf.R_X86_64_GLOB_DAT, elf.R_X86_64_JMP_SLOT:
				r.addend = 0
			default:
				continue
			}
			m.relocs[le.Uint64(data)] = r
		}
	}
	all, err := f.Symbols()
	if err != nil {
		return fail("the audit needs the symbol table, link without -s", err)
	}
	for _, s := range all {
		if s.Name == "runtime.types" {
			m.types = s.Value
		}
	}
	if m.types == 0 {
		return nil, fmt.Errorf("link: audit: %s: no symbol runtime.types: not a Go program", path)
	}
	return m, nil
}

// bytes gives what the file has from the address on, nil outside of it.
func (m *image) bytes(addr uint64) []byte {
	i := sort.Search(len(m.segs), func(i int) bool { return m.segs[i].addr > addr }) - 1
	if i < 0 || addr-m.segs[i].addr >= uint64(len(m.segs[i].data)) {
		return nil
	}
	return m.segs[i].data[addr-m.segs[i].addr:]
}

func (m *image) uint(addr uint64, size int) uint64 {
	b := m.bytes(addr)
	if len(b) < size {
		return 0
	}
	switch size {
	case 1:
		return uint64(b[0])
	case 2:
		return uint64(binary.LittleEndian.Uint16(b))
	case 4:
		return uint64(binary.LittleEndian.Uint32(b))
	}
	return binary.LittleEndian.Uint64(b)
}

// place is an address of one of the files; the zero place is nowhere.
type place struct {
	in   *image
	addr uint64
}

func (p place) uint(off uint64, size int) uint64 { return p.in.uint(p.addr+off, size) }

func (p place) at(off uint64) place { return place{p.in, p.addr + off} }

// scope is the files in the order in which the dynamic linker searches them.
type scope []*image

// lookup is glibc's: the first definition of the name with that node, or with
// none, which answers for every node.
func (sc scope) lookup(name, node string) place {
	for _, m := range sc {
		for _, i := range m.defs[name] {
			if m.node[i] == node || m.node[i] == "" {
				return place{m, m.syms[i].Value}
			}
		}
	}
	return place{}
}

// lookupAny is glibc's for a reference without a node.
func (sc scope) lookupAny(name string) place {
	for _, m := range sc {
		for _, i := range m.defs[name] {
			return place{m, m.syms[i].Value}
		}
	}
	return place{}
}

// pointer gives what the word at p points to once the files are loaded.
func (sc scope) pointer(p place) place {
	r, ok := p.in.relocs[p.addr]
	switch {
	case !ok:
		v := p.uint(0, 8)
		if v == 0 {
			return place{}
		}
		return place{p.in, v} // a file that is loaded where it was linked
	case r.sym < 0:
		return place{p.in, r.addend}
	}
	q := sc.lookup(p.in.syms[r.sym].Name, p.in.node[r.sym])
	if q.in == nil {
		return place{}
	}
	return q.at(r.addend)
}
