package pclntab

import (
	"bytes"
	"encoding/binary"
)

// Names of files stand in a part of the table, each once. The functions of a package
// refer to them through a list of places, which is another part.
const (
	atFiles = 48 // where the names of files begin
	atFile  = 20 // in an entry: which file a position is in (pcfile)
	atUnit  = 32 // and where its package's stretch of the list begins (cuOffset)
)

// file is where the list says which file a function begins in.
func (t *Table) file(f Func) (at uint64, ok bool) {
	le := binary.LittleEndian
	off := uint64(le.Uint32(t.data[f.at+atFile:]))
	tabs := t.data[t.word(atTabs):t.word(atFuncs)]
	if off == 0 || off >= uint64(len(tabs)) {
		return 0, false
	}
	d, n := binary.Uvarint(tabs[off:])
	val := int32(-1) + int32(-(uint32(d)&1)^uint32(d)>>1)
	if n <= 0 || val < 0 {
		return 0, false
	}
	at = t.word(atUnits) + 4*(uint64(le.Uint32(t.data[f.at+atUnit:]))+uint64(val))
	return at, at+4 <= t.word(atFiles)
}

// FileOf is the name of the file that a function begins in, "" if it is not known.
func (t *Table) FileOf(f Func) string {
	at, ok := t.file(f)
	if !ok {
		return ""
	}
	names := t.data[t.word(atFiles):t.word(atTabs)]
	off := binary.LittleEndian.Uint32(t.data[at:])
	if uint64(off) >= uint64(len(names)) {
		return ""
	}
	name, _, _ := bytes.Cut(names[off:], []byte{0})
	return string(name)
}

// Place says of everything in the file that f begins in, wherever it is inlined, that it
// stands in the file that as begins in. It reports whether both are known.
func (t *Table) Place(f, as Func) bool {
	le := binary.LittleEndian
	from, ok := t.file(f)
	to, known := t.file(as)
	if !ok || !known {
		return false
	}
	old, new := le.Uint32(t.data[from:]), le.Uint32(t.data[to:])
	for at := t.word(atUnits); at+4 <= t.word(atFiles); at += 4 {
		if le.Uint32(t.data[at:]) == old {
			le.PutUint32(t.data[at:], new)
		}
	}
	return true
}
