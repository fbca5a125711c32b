package pclntab

import (
	"bytes"
	"encoding/binary"
)

// Where an entry says how a trace prints the function's arguments, and what that
// says (abi.FUNCDATA_ArgInfo, abi.TraceArgs…).
const (
	dataArgs = 5
	none     = ^uint32(0)
	argsMore = 0xfc // "..."
	argsEnd  = 0xff
)

// args is the place of a function's reference to what it says of its arguments.
func (t *Table) args(f Func) (at uint64, ok bool) {
	le := binary.LittleEndian
	if t.data[f.at+atDatas] <= dataArgs {
		return 0, false
	}
	return f.at + funcSize + 4*uint64(le.Uint32(t.data[f.at+atTables:])) + 4*dataArgs, true
}

// HasArgs reports whether traces print arguments of a function.
func (t *Table) HasArgs(f Func) bool {
	at, ok := t.args(f)
	if !ok {
		return false
	}
	off := binary.LittleEndian.Uint32(t.data[at:])
	if off == none {
		return false
	}
	said := t.data[t.datas:]
	return uint64(off) < uint64(len(said)) && said[off] != argsEnd
}

// HideArgs makes traces print "(...)" for a function's arguments, or "()" if it is
// to have none.
func (t *Table) HideArgs(f Func, any bool) {
	at, ok := t.args(f)
	if !ok {
		return
	}
	off := none
	if any {
		// Some function has more arguments than are printed: its list ends so.
		i := bytes.Index(t.data[t.datas:t.find], []byte{argsMore, argsEnd})
		if i < 0 {
			return
		}
		off = uint32(i)
	}
	binary.LittleEndian.PutUint32(t.data[at:], off)
}
