// Package pclntab changes what a finished program says of its functions: their
// names on a stack, and which of them are wrappers, that stacks leave out.
//
// The table belongs to the Go runtime (cmd/link/internal/ld/pcln.go writes it,
// runtime/symtab.go reads it). Names stand in one part of it, each once, ended by
// a zero byte; functions, and calls inlined into functions, refer to a name by its
// place. A shorter name is written in the place of the old one, so that whatever
// refers to it finds the new one; nothing else in the file moves or knows.
package pclntab

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"os"
	"syscall"
)

// magic is abi.CurrentPCLnTabMagic of Go 1.20 and later.
const magic = 0xfffffff1

// Places in the header (runtime.pcHeader).
const (
	atCount = 8  // number of functions
	atNames = 32 // where the names begin
	atUnits = 40 // where the names end
	atTabs  = 56 // where the tables by position begin
	atFuncs = 64 // where the list of functions begins, and what it counts from
	header  = 72
)

// Places in a function's entry (runtime._func).
const (
	atName      = 4
	atStartLine = 36
	atKind      = 40
	funcSize    = 44
)

// Kinds of functions (internal/abi.FuncID).
const (
	kindNormal  = 0
	KindWrapper = 23
)

// A Func is an entry of the table.
type Func struct {
	Name      string
	StartLine int
	Kind      uint8
	at        uint64 // in the table
}

// A Table is the function table of one ELF file.
type Table struct {
	path string
	off  int64 // in the file
	data []byte
	also []patch // what changes elsewhere in the file

	modOff int64   // place in the file of what describes the module
	text   uint64  // address that positions count from
	max    uint32  // the position behind the last function
	old    []place // the list of entries, by position
	find   uint64  // the place of the index into it
	datas  uint64  // and of what entries refer to as their other data
}

type patch struct {
	off  int64
	data []byte
}

// Open reads the table of a finished file.
func Open(path string) (*Table, error) {
	f, err := elf.Open(path)
	if err != nil {
		return nil, fmt.Errorf("pclntab: %s: %w", path, err)
	}
	defer f.Close()
	for _, name := range []string{".gopclntab", ".data.rel.ro.gopclntab"} {
		s := f.Section(name)
		if s == nil {
			continue
		}
		data, err := s.Data()
		if err != nil {
			return nil, fmt.Errorf("pclntab: %s: %w", path, err)
		}
		t := &Table{path: path, off: int64(s.Offset), data: data}
		if err := t.check(); err != nil {
			return nil, err
		}
		return t, t.module(f)
	}
	return nil, fmt.Errorf("pclntab: %s: no function table: not a Go program", path)
}

func (t *Table) check() error {
	le := binary.LittleEndian
	if len(t.data) < header || le.Uint32(t.data) != magic || t.data[6] != 1 || t.data[7] != 8 {
		return fmt.Errorf("pclntab: %s: the function table is not as Go 1.26 for amd64 writes it", t.path)
	}
	names, units, files, tabs, funcs := t.word(atNames), t.word(atUnits), t.word(atFiles), t.word(atTabs), t.word(atFuncs)
	size := uint64(len(t.data))
	if names > units || units > files || files > tabs || tabs > funcs || funcs > size || t.word(atCount) > (size-funcs)/8 {
		return fmt.Errorf("pclntab: %s: the function table's parts lie outside of it", t.path)
	}
	for i := range t.word(atCount) {
		if uint64(le.Uint32(t.data[funcs+i*8+4:])) > size-funcs-funcSize {
			return fmt.Errorf("pclntab: %s: entry %d of the function table lies outside of it", t.path, i)
		}
	}
	return nil
}

func (t *Table) word(at uint64) uint64 { return binary.LittleEndian.Uint64(t.data[at:]) }

// Funcs are the functions that have code of their own.
func (t *Table) Funcs() []Func {
	le := binary.LittleEndian
	names, funcs := t.data[t.word(atNames):t.word(atUnits)], t.word(atFuncs)
	l := make([]Func, 0, t.word(atCount))
	for i := range t.word(atCount) {
		at := funcs + uint64(le.Uint32(t.data[funcs+i*8+4:]))
		f := Func{at: at, StartLine: int(int32(le.Uint32(t.data[at+atStartLine:]))), Kind: t.data[at+atKind]}
		if off := uint64(le.Uint32(t.data[at+atName:])); off < uint64(len(names)) {
			name, _, _ := bytes.Cut(names[off:], []byte{0})
			f.Name = string(name)
		}
		l = append(l, f)
	}
	return l
}

// Wrap makes a function without a kind a wrapper: runtime.Callers, stack traces
// and profiles leave it out, and recover looks through it.
func (t *Table) Wrap(f Func) error {
	switch t.data[f.at+atKind] {
	case kindNormal, KindWrapper:
		t.data[f.at+atKind] = KindWrapper
		return nil
	}
	return fmt.Errorf("pclntab: %s: %s is of kind %d, which the Go runtime knows it by", t.path, f.Name, t.data[f.at+atKind])
}

// Start sets the line that profiles say a function starts on.
func (t *Table) Start(f Func, line int) {
	binary.LittleEndian.PutUint32(t.data[f.at+atStartLine:], uint32(line))
}

// Rename gives every name the one that to returns for it. A name that is longer
// than the old one does not fit. If it stands elsewhere, functions refer to it there:
// what a loop over a function does is called f-range1 in its frame's code as well as in
// its own. Otherwise the old one is kept, as it is where the function was inlined.
func (t *Table) Rename(to func(string) string) {
	names := t.data[t.word(atNames):t.word(atUnits)]
	longer := map[string]uint32{} // the name → where it stands, 0: not found
	funcs := t.Funcs()            // with their old names
	for at, end := 0, 0; at < len(names); at = end + 1 {
		n := bytes.IndexByte(names[at:], 0)
		if n < 0 {
			break
		}
		end = at + n
		if name := to(string(names[at:end])); len(name) <= n {
			clear(names[at+copy(names[at:], name) : end])
		} else {
			longer[name] = 0
		}
	}
	if len(longer) == 0 {
		return
	}
	for at := 0; at < len(names); {
		name, _, _ := bytes.Cut(names[at:], []byte{0})
		if _, ok := longer[string(name)]; ok {
			longer[string(name)] = uint32(at)
		}
		at += len(name) + 1
	}
	for _, f := range funcs {
		if at := longer[to(f.Name)]; at != 0 {
			binary.LittleEndian.PutUint32(t.data[f.at+atName:], at)
		}
	}
}

// Write puts the table back into its file. No process is started meanwhile: until it executes its own program it would
// have the file open for writing too, and the file could not be executed.
func (t *Table) Write() error {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	f, err := os.OpenFile(t.path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(t.data, t.off)
	for _, p := range t.also {
		if err == nil {
			_, err = f.WriteAt(p.data, p.off)
		}
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}
