package slim

import (
	"debug/elf"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
)

// A Config says what an update shares with the process. Names are the linker's,
// as the object file has them.
type Config struct {
	Process []byte   // a Set, encoded: functions and types that every executable of the lineage defines
	Anew    []string // functions in archives of packages that this update has of its own
	Other   []string // types and other data that carry another node than the lineage's first, or none
	Copies  []string // types whose descriptors the loader looks at in the update: those of its own packages
	Keep    []string // functions that the update has as well, since something else in it takes their place in traces
	Private []string // prefixes of the symbols of packages that this update has of its own, without the dot
}

// A Report says what was done.
type Report struct {
	Functions, Dropped int
	Code, DroppedCode  uint64 // bytes
	Calls              int    // places in the code that lead to the process now
	Data               int    // descriptors, itabs, function values that are gone
	DataBytes          uint64
}

// Apply changes the object file.
func (c *Config) Apply(path string) (*Report, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	o, err := parse(data)
	if err != nil {
		return nil, fmt.Errorf("slim: %s: %w", path, err)
	}
	process, err := Decode(c.Process)
	if err != nil {
		return nil, err
	}
	s := &slimming{object: o, process: process, anew: set(c.Anew), other: set(c.Other), keep: set(c.Keep), copies: set(c.Copies), own: set(c.Private), relocated: map[uint64]bool{}, gone: map[uint32]bool{}}
	for _, r := range o.relocs[".text"] {
		s.relocated[r.off] = true
	}
	s.choose()
	s.private()
	if err := s.offsets(); err != nil {
		return nil, fmt.Errorf("slim: %s: %w", path, err)
	}
	s.chooseData()
	s.keepReferred()
	if err := s.write(); err != nil {
		return nil, fmt.Errorf("slim: %s: %w", path, err)
	}
	return &s.report, os.WriteFile(path, o.data, 0o666)
}

func set(names []string) map[string]bool {
	m := make(map[string]bool, len(names))
	for _, n := range names {
		m[n] = true
	}
	return m
}

// slimming is one run of Apply. A function is marked as dropped first, and the
// reasons to keep it take the mark away.
type slimming struct {
	*object
	process          *Set
	anew, other, own map[string]bool
	copies, keep     map[string]bool
	relocated        map[uint64]bool
	gone             map[uint32]bool // symbols of data that was taken out
	queue            []*function     // kept, and what it refers to is not looked at yet
	report           Report
}

// choose marks what the process has by its name, and static functions, which live
// as long as anything refers to them.
func (s *slimming) choose() {
	for _, f := range s.funcs {
		s.readCode(f, s.relocated)
		f.dropped = f.global == 0 || s.has(f.name)
	}
}

// has reports whether the process has the function.
func (s *slimming) has(name string) bool {
	plain, other := name, name+abi0
	if p, ok := strings.CutSuffix(name, abi0); ok {
		plain, other = p, p
	}
	switch {
	case Owner(name) == "" && !strings.HasPrefix(name, "type:."), s.own[Owner(name)], s.anew[plain], s.keep[plain], !s.process.Has(name):
		return false
	}
	// A function that has one calling convention alone bears the plain name, whichever
	// it is: only if both are there, or the second is not there on either side, is
	// it known which one the name stands for.
	return s.process.Has(other) == (s.byName[other] != nil)
}

// abi0 ends the name of a function's form for assembly code, if there are two.
const abi0 = ".abi0"

// Owner is the package prefix of a symbol that belongs to a package, and "" for the linker's
// and compiler's own (type:, go:, runtime.gcbits. and the like) and for C's.
func Owner(name string) string {
	if strings.HasPrefix(name, "type:") || strings.HasPrefix(name, "go:") {
		return ""
	}
	head := name
	if i := strings.IndexAny(head, "[({ "); i >= 0 {
		head = head[:i]
	}
	slash := strings.LastIndexByte(head, '/') + 1
	dot := strings.IndexByte(head[slash:], '.')
	if dot < 0 {
		return ""
	}
	return head[:slash+dot]
}

// private keeps functions that lead to what each module has of its own.
func (s *slimming) private() {
	callers := map[*function][]*function{}
	var found []*function
	mark := func(f *function) {
		if f.dropped && !f.private {
			f.private = true
			found = append(found, f)
		}
	}
	leads := func(f, to *function) {
		switch {
		case to == nil || to == f:
		case to.dropped:
			callers[to] = append(callers[to], f)
		case s.own[Owner(to.name)], s.anew[strings.TrimSuffix(to.name, abi0)] && !strings.Contains(to.name, "[") && !strings.HasPrefix(to.name, "type:"):
			mark(f)
		}
	}
	for _, f := range s.funcs {
		for _, r := range f.refs {
			leads(f, s.at(r.to))
		}
	}
	for _, r := range s.relocs[".text"] {
		f := s.at(r.off)
		if to := s.bySym[r.sym]; to != nil {
			leads(f, to)
		} else if n := s.name(r.sym); strings.Contains(n, "..stmp_") {
			// a constant: equal ones of all packages are one, which bears one's name
		} else if s.own[Owner(n)] || s.other[n] && !strings.HasPrefix(n, "type:.") {
			mark(f)
		}
	}
	for len(found) > 0 {
		f := found[len(found)-1]
		found = found[:len(found)-1]
		for _, c := range callers[f] {
			mark(c)
		}
	}
	for _, f := range s.funcs {
		if f.private {
			f.dropped = false
		}
	}
}

// offsets keeps the methods of the types that stay: their tables say by an offset
// where the code is.
func (s *slimming) offsets() error {
	for i := uint32(1); i < s.symbols(); i++ {
		name := s.name(i)
		if !isType(name) || s.section(i) == int(elf.SHN_UNDEF) || s.size(i) == 0 {
			continue
		}
		if s.sharesData(name) && s.isGlobal(i) {
			continue // the process's is the one that is used
		}
		sect := s.sections[s.section(i)]
		if s.value(i)+s.size(i) > sect.FileSize {
			return fmt.Errorf("type %s lies outside of its section", name)
		}
		desc := s.data[sect.Offset+s.value(i):][:s.size(i)]
		d, ok := describe(desc)
		if !ok {
			return fmt.Errorf("type %s is not laid out as that of Go 1.26", name)
		}
		for _, off := range d.code {
			if f := s.at(uint64(off)); f != nil {
				f.dropped = false
			}
		}
	}
	return nil
}

// description is what a type descriptor says by offsets (internal/abi of Go 1.26).
type description struct {
	kind  uint8
	code  []uint32 // of its methods, from the beginning of the code
	types []uint32 // the pointer to it, and those of its methods, from the beginning of the types
}

const kindInterface = 20

func describe(desc []byte) (d description, ok bool) {
	const (
		typeSize, tflagAt, kindAt, ptrToThisAt = 48, 20, 23, 44
		uncommon                               = 1
		methodSize                             = 16
	)
	if len(desc) < typeSize {
		return d, false
	}
	d.kind = desc[kindAt] & 31
	d.types = []uint32{le.Uint32(desc[ptrToThisAt:])}
	if desc[tflagAt]&uncommon == 0 {
		return d, true
	}
	at := typeSize
	switch d.kind {
	case 22, 19, 23: // pointers, functions, slices
		at += 8
	case 18: // channels
		at += 16
	case 17: // arrays
		at += 24
	case 25, kindInterface: // structs too
		at += 32
	case 21: // maps
		at += 64
	}
	if len(desc) < at+16 {
		return d, false
	}
	n, first := int(le.Uint16(desc[at+4:])), at+int(le.Uint32(desc[at+8:]))
	if n > 0 && first+n*methodSize > len(desc) {
		return d, false
	}
	for m := range n {
		b := desc[first+m*methodSize:]
		d.types = append(d.types, le.Uint32(b[4:]))
		for _, field := range []int{8, 12} {
			if off := le.Uint32(b[field:]); off != 0 && off != ^uint32(0) {
				d.code = append(d.code, off)
			}
		}
	}
	return d, true
}

// moduleSection describes the module: where its code begins and ends, whatever that is.
const moduleSection = ".go.module"

// keepReferred keeps what is referred to in a way that cannot lead elsewhere.
func (s *slimming) keepReferred() {
	keep := func(f *function) {
		if f != nil && f.dropped {
			f.dropped = false
			s.queue = append(s.queue, f)
		}
	}
	refer := func(r rela) {
		if f, off := s.target(r); f != nil && s.bySym[r.sym] != nil && (off != 0 || f.global == 0) {
			keep(f)
		}
	}
	inText := map[*function][]rela{}
	for section, rs := range s.relocs {
		for _, r := range rs {
			switch section {
			case ".text":
				f := s.at(r.off)
				inText[f] = append(inText[f], r)
			case moduleSection:
			default:
				refer(r)
			}
		}
	}
	for _, f := range s.funcs {
		if !f.dropped {
			s.queue = append(s.queue, f)
		}
	}
	for len(s.queue) > 0 {
		f := s.queue[len(s.queue)-1]
		s.queue = s.queue[:len(s.queue)-1]
		for _, r := range f.refs {
			g := s.at(r.to)
			if g == nil || f.read && r.jump && !r.near && r.to == g.start && g.global != 0 {
				continue // a call that can lead elsewhere
			}
			keep(g)
		}
		for _, r := range inText[f] {
			refer(r)
		}
	}
}

// write makes the object one that lacks what is dropped.
func (s *slimming) write() error {
	used := map[uint32]bool{} // symbols that something refers to
	redirect := func(r rela) rela {
		used[r.sym] = true
		if f := s.bySym[r.sym]; f != nil && f.dropped {
			r.sym = f.global
			used[r.sym] = true
		}
		return r
	}
	relocs := map[string][]rela{}
	for section, rs := range s.relocs {
		if section == moduleSection {
			continue
		}
		now := rs[:0:0]
		for _, r := range rs {
			if section == ".text" && s.at(r.off).dropped {
				continue
			}
			now = append(now, redirect(r))
		}
		if section == ".text" {
			now = append(now, s.calls(used)...)
		}
		relocs[section] = now
	}
	for _, f := range s.funcs {
		s.report.Functions++
		s.report.Code += f.end - f.start
		if !f.dropped {
			continue
		}
		s.report.Dropped++
		s.report.DroppedCode += f.end - f.start
		clear(s.code[f.start:f.end])
		if f.global == 0 {
			continue
		}
		if used[f.global] {
			s.undefine(f.global)
		} else {
			s.hide(f.global)
		}
	}
	s.settleData(used)
	if err := s.clearTables(); err != nil {
		return err
	}
	for _, section := range slices.Sorted(maps.Keys(relocs)) { // the file grows from here on
		if err := s.setRelocs(section, relocs[section]); err != nil {
			return err
		}
	}
	return nil
}

// calls are the relocations that lead the calls of dropped functions out of the module.
func (s *slimming) calls(used map[uint32]bool) (rs []rela) {
	for _, f := range s.funcs {
		if f.dropped || !f.read {
			continue
		}
		for _, r := range f.refs {
			if g := s.at(r.to); g != nil && g.dropped {
				rs = append(rs, rela{off: r.at, sym: g.global, kind: uint32(elf.R_X86_64_PLT32), addend: -4})
				clear(s.code[r.at : r.at+4])
				used[g.global] = true
				s.report.Calls++
			}
		}
	}
	return rs
}
