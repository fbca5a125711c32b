package updater

import (
	"fmt"
	"reflect"
	"testing"
	"unsafe"
)

type realNode struct {
	name string
	next *realNode
	by   map[string]*realNode
	f    func(*realNode) int
	i    fmt.Stringer
}

type mirrorNode struct {
	Name string
	Next *mirrorNode
	By   map[string]*mirrorNode
	F    struct{ W0 unsafe.Pointer }
	I    struct{ W0, W1 unsafe.Pointer }
}

// TestMirrors: what framemap.go may take a variable for.
func TestMirrors(t *testing.T) {
	type other struct {
		Name string
		Next *other
		By   map[string]string
		F    struct{ W0 unsafe.Pointer }
		I    struct{ W0, W1 unsafe.Pointer }
	}
	for _, c := range []struct {
		real, as any
		want     bool
	}{
		{0, 0, true},
		{0, "", false},
		{0, uint(0), false},
		{realNode{}, mirrorNode{}, true},
		{[]*realNode{}, []*mirrorNode{}, true},
		{map[string][]realNode{}, map[string][]mirrorNode{}, true},
		{realNode{}, other{}, false},
		{[]*realNode{}, []*other{}, false},
		{[2]*realNode{}, [2]*mirrorNode{}, true},
		{&realNode{}, mirrorNode{}, false},
		{make(chan *realNode), make(chan *mirrorNode), true},
		{make(chan *realNode), make(<-chan *mirrorNode), false},
		{func(*realNode) int { return 0 }, func(*mirrorNode) int { return 0 }, true},
		{func(*realNode) int { return 0 }, func(*mirrorNode) {}, false},
	} {
		if got := mirrors(reflect.TypeOf(c.real), reflect.TypeOf(c.as)); got != c.want {
			t.Errorf("%T as %T: %v, want %v", c.real, c.as, got, c.want)
		}
	}
}
