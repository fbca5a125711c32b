package updater

import (
	"reflect"
	goruntime "runtime"
	"strings"
	"testing"

	"github.com/upstarego/upstarego/runtime"
	"github.com/upstarego/upstarego/runtime/loader"
)

//go:noinline
func byReflectValue(f any) { reflect.ValueOf(f).Call(nil) }

//go:noinline
func byReflectSlice(f any) {
	reflect.ValueOf(f).CallSlice([]reflect.Value{reflect.ValueOf([]int(nil))})
}

//go:noinline
func byItself(f func()) { f() }

// TestCallsByReflection: calls of reflect.Value's methods are found in a module's text, and
// nothing else is taken for one.
func TestCallsByReflection(t *testing.T) {
	byReflectValue(func() {})
	byReflectSlice(func(...int) {})
	byItself(func() {})
	for name, calls := range map[string]bool{"byReflectValue": true, "byReflectSlice": true, "byItself": false} {
		in := func(pc uintptr) bool { return strings.HasSuffix(goruntime.FuncForPC(pc).Name(), "."+name) }
		if callsByReflection(loader.HostText(), in) != calls {
			t.Errorf("%s: want %v", name, calls)
		}
	}
	if !foreignReflects(&runtime.Release{}) {
		t.Error("of a release whose text is not known it is not assumed")
	}
}

func BenchmarkCallsByReflection(b *testing.B) {
	text := loader.HostText()
	b.SetBytes(int64(text[1] - text[0]))
	for b.Loop() {
		callsByReflection(text, func(uintptr) bool { return false })
	}
}
