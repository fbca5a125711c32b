package updater

import (
	"bytes"
	"encoding/binary"
	goruntime "runtime"
	"strings"
	"unsafe"

	"github.com/upstarego/upstarego/runtime"
)

// Few programs have foreign code that calls functions by reflection, and to look for such
// calls on all stacks takes time while the program stands still. So it is found out first,
// while it runs, whether there is such code at all: the text of every module is looked
// through, once, for calls of reflect.Value's methods. What looks like one and is none
// costs that look, no more.

// reflects says what the modules hold that have been looked at. Only the running job uses
// it.
var reflects struct {
	seen map[[2]uintptr]bool
	some bool
}

// foreignReflects reports whether foreign code of a release, or of one before it that was
// asked about, calls functions by reflection.
func foreignReflects(r *runtime.Release) bool {
	if r.Text == ([2]uintptr{}) {
		return true // nobody knows
	}
	if reflects.seen == nil {
		reflects.seen = map[[2]uintptr]bool{}
	}
	if !reflects.seen[r.Text] {
		reflects.seen[r.Text] = true
		reflects.some = reflects.some || callsByReflection(r.Text, foreignAt)
	}
	return reflects.some
}

const callRel32 = 0xE8 // amd64: CALL with the distance in the four bytes behind it

// callsByReflection looks through one module's text for calls that foreign code makes.
func callsByReflection(text [2]uintptr, foreign func(pc uintptr) bool) bool {
	code := unsafe.Slice((*byte)(unsafe.Add(nil, text[0])), text[1]-text[0])
	calls := map[uintptr]bool{} // addresses that are called: whether that is by reflection
	for i := 0; ; i++ {
		n := bytes.IndexByte(code[i:], callRel32)
		if n < 0 || i+n+5 > len(code) {
			return false
		}
		i += n
		pc := text[0] + uintptr(i)
		to := pc + 5 + uintptr(int32(binary.LittleEndian.Uint32(code[i+1:])))
		if to < text[0] || to >= text[1] {
			continue
		}
		by, known := calls[to]
		if !known {
			f := goruntime.FuncForPC(to)
			by = f != nil && f.Entry() == to && (f.Name() == "reflect.Value.Call" || f.Name() == "reflect.Value.CallSlice")
			calls[to] = by
		}
		if by && foreign(pc) {
			return true
		}
	}
}

// foreignAt reports whether the code at pc is neither the program's own, nor of the runtime
// of updates, nor of package reflect itself.
func foreignAt(pc uintptr) bool {
	f := goruntime.FuncForPC(pc)
	if f == nil || strings.HasPrefix(f.Name(), "reflect.") || strings.HasPrefix(f.Name(), ownRuntime) {
		return false
	}
	file, _ := f.FileLine(pc)
	return !runtime.OwnFile(file)
}

const ownRuntime = "github.com/upstarego/upstarego/"
