package updater

import (
	"reflect"
	"slices"
	"unsafe"

	"github.com/upstarego/upstarego/runtime"
)

// A release's own variables are roots of every collection for as long as the process runs,
// and lead to what the program had when the release ended. Its code never runs again: who
// stands in it goes on in the new one, and who enters it is handed over. So nobody comes to
// what a variable holds any more but by a pointer to it, or by its name in a rule that runs
// late. Where the build has found neither, the variable is emptied.

// empty empties the variables of the release that p has taken the place of, unless they are
// the new one's as well, or rules of all updates so far may still read them.
func empty(keys []string, p *plan, all []*plan) {
	if len(keys) == 0 {
		return
	}
	used := map[unsafe.Pointer]bool{}
	for _, v := range p.next.Vars {
		used[v.Addr().UnsafePointer()] = true
	}
	for _, q := range all {
		for _, key := range q.up.Late {
			if v := q.next.Vars[key]; v.IsValid() {
				used[v.Addr().UnsafePointer()] = true
			}
		}
	}
	for _, key := range keys {
		if v := p.old.Vars[key]; v.IsValid() && !used[v.Addr().UnsafePointer()] {
			cutOff(v)
		}
	}
}

// cutOff sets all in a variable to zero that may lead elsewhere. Objects of package sync
// stay: who waits in one may not have come back yet.
func cutOff(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		if !slices.Contains(runtime.SyncTypes, v.Type()) {
			for i := range v.NumField() {
				cutOff(v.Field(i))
			}
		}
	case reflect.Array:
		for i := range v.Len() {
			cutOff(v.Index(i))
		}
	case reflect.Pointer, reflect.Map, reflect.Slice, reflect.String, reflect.Interface, reflect.Func, reflect.Chan, reflect.UnsafePointer:
		reflect.NewAt(v.Type(), v.Addr().UnsafePointer()).Elem().SetZero()
	}
}
