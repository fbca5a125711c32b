package pclntab

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"slices"
	"sort"
)

// A function that waits in a call is one frame on a stack like any other: what it
// is, its entry in the table says, which the Go runtime finds by the return address.
// To leave a function out where it waits in certain calls, and only there, these
// return addresses get an entry of their own: a copy of the function's that differs
// in the kind alone. An entry names its function's first instruction itself, and all
// that belongs to positions (frame size, stack maps, deferred calls, lines) counts
// from there; the list by which entries are found is another table. So whatever the
// runtime does with a frame, it does with either entry.
//
// The list grows over the entries behind it, which move, like the copies, into room
// that was kept for them: the entry of an assembly function that claims to have
// thousands of tables.

// Places in an entry, and sizes.
const (
	atTables   = 28 // number of tables by position (npcdata)
	atDatas    = 43 // number of other data (nfuncdata)
	tableInl   = 2  // which call that was inlined a position belongs to (abi.PCDATA_InlTreeIndex)
	listEntry  = 8
	entryAlign = 8
)

// The buckets of the index into the list (runtime.findfuncbucket).
const (
	bucketSize = 4096
	subs       = 16
	subSize    = bucketSize / subs
	bucketLen  = 4 + subs
)

// Hide makes functions for which caller is true wrappers where they wait in a call of
// one for which callee is: frames that stand there are left out wherever wrappers are. Calls that
// were inlined into another function stay what they are. room is the function whose
// entry holds the room for it; what finds none stays visible. The result says how many
// calls are hidden, of how many.
func (t *Table) Hide(caller, callee func(Func) bool, room string) (hidden, of int, err error) {
	h := &hiding{Table: t}
	calls, of, err := h.calls(caller, callee)
	if err != nil || of == 0 {
		return 0, of, err
	}
	at := slices.IndexFunc(t.Funcs(), func(f Func) bool { return f.Name == room })
	if at < 0 {
		return 0, of, nil
	}
	// More calls need more room: the most functions that fit.
	n := sort.Search(len(calls), func(n int) bool { return h.layOut(calls[:n+1], at) != nil })
	if n == 0 {
		return 0, of, nil
	}
	if err := h.layOut(calls[:n], at); err != nil {
		return 0, of, err
	}
	for _, c := range calls[:n] {
		hidden += len(c.returns)
	}
	h.write()
	return hidden, of, nil
}

// hiding is one run of Hide.
type hiding struct {
	*Table
	list    []place  // the list to come
	entries []stored // entries to write
}

// stored is an entry that moves, or a copy.
type stored struct {
	to   uint32
	data []byte
}

// waiting are the calls of one function in which it is hidden.
type waiting struct {
	at      int      // in the list
	returns []uint32 // return addresses, in order
}

// calls finds them.
func (h *hiding) calls(caller, callee func(Func) bool) (all []waiting, of int, err error) {
	le := binary.LittleEndian
	funcs := h.Funcs()
	targets := map[uint32]bool{}
	for i, f := range funcs {
		if callee(f) {
			targets[h.old[i].from] = true
		}
	}
	if len(targets) == 0 {
		return nil, 0, nil
	}
	text, err := h.code()
	if err != nil {
		return nil, 0, err
	}
	for i, f := range funcs {
		if f.Kind != kindNormal || !caller(f) {
			continue
		}
		w := waiting{at: i}
		code := text[h.old[i].from:h.old[i+1].from]
		for p := 0; ; p++ {
			const call, length = 0xe8, 5
			next := bytes.IndexByte(code[p:], call)
			if next < 0 || p+next+length > len(code) {
				break
			}
			p += next
			ret := h.old[i].from + uint32(p) + length
			if to := ret + le.Uint32(code[p+1:]); !targets[to] {
				continue
			}
			of++
			// An instruction follows: the function goes on there.
			if p+length < len(code) && h.value(f, tableInl, ret-1) == -1 {
				w.returns = append(w.returns, ret)
			}
		}
		if len(w.returns) > 0 {
			all = append(all, w)
		}
	}
	return all, of, nil
}

// code is what the functions consist of, from the first position on.
func (h *hiding) code() ([]byte, error) {
	f, err := elf.Open(h.path)
	if err != nil {
		return nil, fmt.Errorf("pclntab: %w", err)
	}
	defer f.Close()
	s := f.Section(".text")
	if s == nil || s.Addr > h.text || h.text+uint64(h.max) > s.Addr+s.Size {
		return nil, fmt.Errorf("pclntab: %s: the functions' code is not in section .text", h.path)
	}
	b := make([]byte, h.max)
	_, err = s.ReadAt(b, int64(h.text-s.Addr))
	return b, err
}

// value looks up a position in a function's table; -1 where nothing is said.
func (h *hiding) value(f Func, table int, pc uint32) int32 {
	le := binary.LittleEndian
	if le.Uint32(h.data[f.at+atTables:]) <= uint32(table) {
		return -1
	}
	off := le.Uint32(h.data[f.at+funcSize+4*uint64(table):])
	if off == 0 {
		return -1
	}
	// Pairs of differences: of the value, zigzag; of the position up to which it holds.
	p := h.data[h.word(atTabs)+uint64(off):]
	at, val := le.Uint32(h.data[f.at:]), int32(-1)
	for first := true; ; first = false {
		d, n := binary.Uvarint(p)
		if n <= 0 || d == 0 && !first {
			return -1
		}
		p = p[n:]
		val += int32(-(uint32(d) & 1) ^ uint32(d)>>1)
		if d, n = binary.Uvarint(p); n <= 0 {
			return -1
		}
		p = p[n:]
		if at += uint32(d); pc < at {
			return val
		}
	}
}

// entry is what an entry of the list consists of.
func (h *hiding) entry(at uint32) []byte {
	start := h.word(atFuncs) + uint64(at)
	e := h.data[start:]
	size := funcSize + 4*uint64(binary.LittleEndian.Uint32(e[atTables:])) + 4*uint64(e[atDatas])
	return e[:size]
}

// layOut decides where everything stands. It changes nothing yet.
func (h *hiding) layOut(calls []waiting, room int) error {
	h.list, h.entries = h.list[:0], h.entries[:0]
	n := uint32(len(h.old))
	for _, c := range calls {
		n += 2 * uint32(len(c.returns))
	}
	end := n * listEntry // of the list
	kept := h.old[room].entry
	next, last := max(kept, end), kept+uint32(len(h.entry(kept)))
	put := func(data []byte) (uint32, error) {
		to := (next + entryAlign - 1) &^ (entryAlign - 1)
		if next = to + uint32(len(data)); next > last {
			return 0, fmt.Errorf("pclntab: %s: there is no room for %d entries of the function table", h.path, n)
		}
		h.entries = append(h.entries, stored{to, data})
		return to, nil
	}
	for i, p := range h.old {
		at := p.entry
		if i == len(h.old)-1 { // the end
			h.list = append(h.list, p)
			break
		}
		var err error
		switch {
		case i == room:
			data := slices.Clone(h.entry(at)[:funcSize])
			clear(data[atTables : atTables+4])
			data[atDatas] = 0
			at, err = put(data)
		case at < end:
			at, err = put(slices.Clone(h.entry(at)))
		}
		if err != nil {
			return err
		}
		h.list = append(h.list, place{p.from, at})
		if len(calls) == 0 || calls[0].at != i {
			continue
		}
		wrapper := slices.Clone(h.entry(p.entry))
		wrapper[atKind] = KindWrapper
		to, err := put(wrapper)
		if err != nil {
			return err
		}
		for _, ret := range calls[0].returns {
			// A frame is looked for by its return address, and by the one before.
			h.list = append(h.list, place{ret - 1, to}, place{ret + 1, at})
		}
		calls = calls[1:]
	}
	return nil
}

// write puts everything in its place.
func (h *hiding) write() {
	le := binary.LittleEndian
	tables := h.data[h.word(atFuncs):]
	for _, e := range h.entries {
		copy(tables[e.to:], e.data)
	}
	for i, p := range h.list {
		le.PutUint32(tables[i*listEntry:], p.from)
		le.PutUint32(tables[i*listEntry+4:], p.entry)
	}
	h.index()
	le.PutUint64(h.data[atCount:], uint64(len(h.list)-1))
	var n [16]byte // length and capacity
	le.PutUint64(n[:], uint64(len(h.list)))
	le.PutUint64(n[8:], uint64(len(h.list)))
	h.also = append(h.also, patch{h.modOff + modList + 8, n[:]})
}

// index says for each stretch of code where in the list to begin.
func (h *hiding) index() {
	index := h.data[h.find:]
	at, base := 0, 0
	for i := range (int(h.max) + subSize - 1) / subSize {
		for h.list[at+1].from <= uint32(i*subSize) {
			at++
		}
		b := index[i/subs*bucketLen:]
		if i%subs == 0 {
			base = at
			binary.LittleEndian.PutUint32(b, uint32(base))
		}
		b[4+i%subs] = byte(min(at-base, 255)) // from where it is looked for, forwards
	}
}
