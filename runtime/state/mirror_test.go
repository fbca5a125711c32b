package state

import (
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"testing"
	"unsafe"

	"github.com/upstarego/upstarego/runtime/state/internal/v1"
	"github.com/upstarego/upstarego/runtime/state/internal/v2"
)

// TestMapsReadStandIns: what the functions of a later map read in what has ended is what
// the object was when its own release ended, up to where it would be too much.
func TestMapsReadStandIns(t *testing.T) {
	for _, n := range []int{5, mirrored + 10} {
		l := &lineage{t: t}
		p1 := list(n)
		waits := struct {
			Own *v1.Holder
			Job *v1.Table
		}{&v1.Holder{First: p1}, &v1.Table{Last: p1}}
		var p2 *v2.Entry
		var read []string
		length := 0
		for k := range 4 {
			var extra []Pair
			if k == 2 {
				extra = []Pair{{Old: reflect.TypeFor[v1.Table](), New: reflect.TypeFor[v2.Table](), Convert: func(old, new unsafe.Pointer) {
					e := (*v1.Table)(old).Last
					for ; e != nil; e = e.Next {
						length++
						if len(read) < 5 {
							read = append(read, e.Name)
						}
					}
				}}}
			}
			x := l.step(k == 2, extra...)
			if p1 != nil {
				p2, p1 = *carry[*v2.Entry](t, x, &p1), nil
			} else {
				p1, p2 = *carry[*v1.Entry](t, x, &p2), nil
			}
			l.follow(x)
			l.letGo()
			if p2 != nil {
				p2.Name = fmt.Sprint("changed ", k)
			}
		}
		type frame1 = struct {
			Own *v1.Holder
			Job *v1.Table
		}
		type frame2 = struct {
			Own *v2.Holder
			Job *v2.Table
		}
		f2 := late[frame2](t, l.tables[0], &waits)
		f1 := late[frame1](t, l.tables[1], f2)
		f2 = late[frame2](t, l.tables[2], f1)
		f1 = late[frame1](t, l.tables[3], f2)
		eq(t, "by an object that stays", f1.Own.First, p1)
		eq(t, "by one that moves", f1.Job.Last, p1)
		eq(t, "the program's own", f1.Job.Last.Name, "changed 2")
		if want := []string{"1", "2", "3", "4", "5"}; !slices.Equal(read, want) {
			t.Errorf("the function has read %q, want %q", read, want)
		}
		if n == 5 && length != n || n > 5 && (length < mirrored/2 || length > mirrored) {
			t.Errorf("it has seen %d of %d", length, n)
		}
		for e, k := p1.Next, 2; k <= n; e, k = e.Next, k+1 {
			if e.ID != int64(k) {
				t.Fatalf("entry %d is %d", k, e.ID)
			}
		}
	}
}

// TestMapsReadLargeStandIns: a map or an array that an object leads to itself is whole,
// however large. An empty one would be taken for the truth.
func TestMapsReadLargeStandIns(t *testing.T) {
	const n = 3 * mirrored
	type own1 = struct {
		ByName map[string]v1.Entry
		Rows   []v1.Entry
	}
	type own2 = struct {
		ByName map[string]v2.Entry
		Rows   []v2.Entry
	}
	l := &lineage{t: t}
	p1 := &own1{ByName: map[string]v1.Entry{}}
	for i := range n {
		e := v1.Entry{ID: int64(i), Name: fmt.Sprint(i), Next: &v1.Entry{ID: -1}}
		p1.ByName[e.Name], p1.Rows = e, append(p1.Rows, e)
	}
	waits := &v1.Table{ByName: p1.ByName, Rows: p1.Rows}
	var p2 *own2
	var named, rows int
	for k := range 4 {
		var extra []Pair
		if k == 2 {
			extra = []Pair{{Old: reflect.TypeFor[v1.Table](), New: reflect.TypeFor[v2.Table](), Convert: func(old, new unsafe.Pointer) {
				o := (*v1.Table)(old)
				for name, e := range o.ByName {
					if fmt.Sprint(e.ID) == name {
						named++
					}
				}
				for i, e := range o.Rows {
					if e.ID == int64(i) {
						rows++
					}
				}
			}}}
		}
		x := l.step(k == 2, extra...)
		if p1 != nil {
			p2, p1 = carry[own2](t, x, p1), nil
		} else {
			p1, p2 = carry[own1](t, x, p2), nil
		}
		l.follow(x)
		l.letGo()
	}
	f2 := late[*v2.Table](t, l.tables[0], &waits)
	f1 := late[*v1.Table](t, l.tables[1], f2)
	late[*v2.Table](t, l.tables[2], f1)
	if named != n || rows != n {
		t.Errorf("the function has read %d entries of the map and %d of the array, want %d of each", named, rows, n)
	}
	runtime.KeepAlive(p1)
}
