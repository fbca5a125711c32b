package slim

import (
	"encoding/binary"
	"fmt"
	"slices"
	"sort"
)

// The function table of Go 1.26: cmd/link/internal/ld/pcln.go writes it,
// runtime/symtab.go reads it. Places in its header and in a function's entry.
const (
	magic     = 0xfffffff1
	atCount   = 8
	atNames   = 32
	atUnits   = 40
	atTabs    = 56
	atFuncs   = 64
	tableHead = 72

	entryName   = 4
	entryTabs   = 16 // three offsets: frame size, files, lines
	entryTables = 28 // their number
	entryDatas  = 43 // and that of other data
	entrySize   = 44

	tableInlined = 2 // which inlined call a position belongs to
	dataInlined  = 3 // the inlined calls
	inlinedSize  = 16
	inlinedName  = 4
)

// entry is a function in the list.
type entry struct {
	start uint64
	at    uint64 // of its entry, in the table
}

func (o *object) entries() ([]entry, error) {
	t := o.pcln
	if len(t) < tableHead || le.Uint32(t) != magic || t[7] != 8 {
		return nil, fmt.Errorf("the function table is not as Go 1.26 for amd64 writes it")
	}
	n, funcs := le.Uint64(t[atCount:]), le.Uint64(t[atFuncs:])
	if funcs > uint64(len(t)) || n > (uint64(len(t))-funcs)/8 {
		return nil, fmt.Errorf("the function table's list lies outside of it")
	}
	var es []entry
	for i := range n {
		b := t[funcs+8*i:]
		e := entry{uint64(le.Uint32(b)), funcs + uint64(le.Uint32(b[4:]))}
		if e.at+entrySize > uint64(len(t)) || e.at+o.entryLen(e.at) > uint64(len(t)) {
			return nil, fmt.Errorf("entry %d of the function table lies outside of it", i)
		}
		es = append(es, e)
	}
	return es, nil
}

func (o *object) entryLen(at uint64) uint64 {
	return entrySize + 4*uint64(le.Uint32(o.pcln[at+entryTables:])) + 4*uint64(o.pcln[at+entryDatas])
}

// tables are the offsets of the entry's tables by position, datas those of its other data.
func (o *object) tables(at uint64) (tables, datas []uint32) {
	n, m := uint64(le.Uint32(o.pcln[at+entryTables:])), uint64(o.pcln[at+entryDatas])
	words := func(at, n uint64) (ws []uint32) {
		for i := range n {
			ws = append(ws, le.Uint32(o.pcln[at+4*i:]))
		}
		return ws
	}
	return words(at+entrySize, n), words(at+entrySize+4*n, m)
}

// clearTables takes out of the function table what belongs to dropped functions
// alone: their entries, tables, other data and names. The list stays, in order.
func (s *slimming) clearTables() error {
	entries, err := s.entries()
	if err != nil {
		return err
	}
	data := s.dataPart()
	k := kept{slimming: s, names: map[uint32]bool{}, datas: map[uint32]bool{}, data: data}
	var chunks []uint32 // where other data begins
	for _, e := range entries {
		_, datas := s.tables(e.at)
		chunks = append(chunks, datas...)
		if !s.at(e.start).dropped {
			if err := k.keep(e.at); err != nil {
				return err
			}
		}
	}
	for _, e := range entries {
		if s.at(e.start).dropped {
			clear(s.pcln[e.at : e.at+s.entryLen(e.at)])
		}
	}
	tabs := s.pcln[le.Uint64(s.pcln[atTabs:]):le.Uint64(s.pcln[atFuncs:])]
	clearBetween(tabs, k.spans)
	// A piece of other data reaches to where the next one begins.
	slices.Sort(chunks)
	chunks = slices.Compact(chunks)
	for i, c := range chunks {
		end := uint32(len(data))
		if i+1 < len(chunks) {
			end = min(end, chunks[i+1])
		}
		if c < end && !k.datas[c] {
			clear(data[c:end])
		}
	}
	names := s.pcln[le.Uint64(s.pcln[atNames:]):le.Uint64(s.pcln[atUnits:])]
	for at := 0; at < len(names); {
		end := at + slices.Index(names[at:], 0)
		if end < at {
			break
		}
		if !k.names[uint32(at)] {
			clear(names[at:end])
		}
		at = end + 1
	}
	return nil
}

// dataPart is what entries' other data is counted from; nil if there is none.
func (s *slimming) dataPart() []byte {
	for i := uint32(1); i < s.symbols(); i++ {
		if s.name(i) == "go:func.*" {
			if sect := s.sections[s.section(i)]; sect.Name == ".gopclntab" {
				return s.pcln[s.value(i):][:s.size(i)]
			}
		}
	}
	return nil
}

// kept is what functions that stay refer to.
type kept struct {
	*slimming
	data  []byte
	names map[uint32]bool
	datas map[uint32]bool
	spans []span // in the tables by position
}

type span struct{ from, to uint64 }

func (k *kept) keep(at uint64) error {
	k.names[le.Uint32(k.pcln[at+entryName:])] = true
	tables, datas := k.tables(at)
	for _, d := range datas {
		k.datas[d] = true
	}
	for i := range uint64(3) {
		tables = append(tables, le.Uint32(k.pcln[at+entryTabs+4*i:]))
	}
	largest := int32(-1)
	for i, off := range tables {
		if off == 0 {
			continue
		}
		n, top, err := k.table(uint64(off))
		if err != nil {
			return err
		}
		k.spans = append(k.spans, span{uint64(off), uint64(off) + n})
		if i == tableInlined && i < len(tables)-3 {
			largest = top
		}
	}
	if largest >= 0 && len(datas) > dataInlined {
		for i := range uint64(largest) + 1 {
			at := uint64(datas[dataInlined]) + i*inlinedSize + inlinedName
			if at+4 > uint64(len(k.data)) {
				return fmt.Errorf("inlined calls of the function table lie outside of it")
			}
			k.names[le.Uint32(k.data[at:])] = true
		}
	}
	return nil
}

// table measures a table by position, and gives its largest value.
func (k *kept) table(off uint64) (n uint64, top int32, err error) {
	first, end := le.Uint64(k.pcln[atTabs:])+off, le.Uint64(k.pcln[atFuncs:])
	if first >= end {
		return 0, 0, fmt.Errorf("a table of the function table lies outside of it")
	}
	b := k.pcln[first:end]
	val := int32(-1)
	top = -1
	for i := 0; ; i++ {
		d, size := binary.Uvarint(b[n:])
		if size <= 0 {
			return 0, 0, fmt.Errorf("a table of the function table has no end")
		}
		n += uint64(size)
		if d == 0 && i > 0 {
			return n, top, nil
		}
		val += int32(-(uint32(d) & 1) ^ uint32(d)>>1)
		top = max(top, val)
		if _, size = binary.Uvarint(b[n:]); size <= 0 {
			return 0, 0, fmt.Errorf("a table of the function table has no end")
		}
		n += uint64(size)
	}
}

// clearBetween clears all but the spans.
func clearBetween(b []byte, spans []span) {
	sort.Slice(spans, func(i, j int) bool { return spans[i].from < spans[j].from })
	at := uint64(0)
	for _, s := range spans {
		if s.from > at {
			clear(b[at:s.from])
		}
		at = max(at, s.to)
	}
	clear(b[at:])
}
