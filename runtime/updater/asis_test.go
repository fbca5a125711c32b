package updater

import (
	"reflect"
	"sync"
	"testing"

	"github.com/upstarego/upstarego/runtime"
)

// codeAlone is a settled plan of an update that changes no type. One function's points are others
// now, and one has no place for its last point.
func codeAlone(t testing.TB) *plan {
	_, up := nextUpdate(cur.wide)
	up.funcMap("deep").Points = []int{0, 2, 1}
	up.funcMap("lock").Points = []int{0, 1, -1}
	p, err := newPlan(runtime.Current(), up)
	if err != nil {
		t.Fatal(err)
	}
	if p.tr != nil {
		t.Fatal("types have changed")
	}
	p.settle()
	return p
}

// TestCodeAlone: where nothing but the code has changed a goroutine goes on with its records, in
// the functions and at the points that a whole conversion gives it, and nowhere else.
func TestCodeAlone(t *testing.T) {
	alone(t)
	p := codeAlone(t)
	moved, held := 0, 0
	for f := range p.old.AllFuncs() {
		outer := runtime.Frame{Fn: f, Data: reflect.New(f.Frame).UnsafePointer(), Own: true}
		for pt := range f.Points {
			in := runtime.Frame{Fn: f, Pt: pt, Data: reflect.New(f.Frame).UnsafePointer()}
			for _, frames := range [][]runtime.Frame{{in}, {in, outer}} {
				got := p.asTheyAre(frames)
				want, then, err := p.convertWhole(frames, false)
				if got == nil {
					if err == nil {
						t.Errorf("%s, point %d: it has a place", f.Key, pt)
					}
					held++
					continue
				}
				if err != nil || then != nil || !reflect.DeepEqual(got, want) {
					t.Errorf("%s, point %d: %+v, want %+v, %v", f.Key, pt, got, want, err)
				}
				if got[0].Pt != pt {
					moved++
				}
			}
			if in.Args = p.next; p.asTheyAre([]runtime.Frame{in}) != nil {
				t.Errorf("%s, point %d: a call by newer code has arguments to look at", f.Key, pt)
			}
		}
		if p.asTheyAre([]runtime.Frame{{Fn: p.next.Func(f.Key)}}) != nil {
			t.Errorf("%s: the function is the new release's", f.Key)
		}
	}
	if moved == 0 || held == 0 {
		t.Errorf("%d frames have gone to another point, %d have no place", moved, held)
	}
	if p.asTheyAre(nil) != nil {
		t.Error("there is a frame")
	}
}

// BenchmarkComeBack: goroutines with small stacks come back from waiting. A whole conversion needs
// more stack than they have.
func BenchmarkComeBack(b *testing.B) {
	p := codeAlone(b)
	f := p.old.Func("deep")
	frames := []runtime.Frame{{Fn: f, Pt: 1, Data: reflect.New(f.Frame).UnsafePointer()}}
	for _, way := range []struct {
		name    string
		convert func([]runtime.Frame, bool) ([]runtime.Frame, func() error, error)
	}{{"whole", p.convertWhole}, {"as they are", p.convert}} {
		b.Run(way.name, func(b *testing.B) {
			for b.Loop() {
				// They all have their stacks at the same time.
				var here, done sync.WaitGroup
				on := make(chan bool)
				for range 1000 {
					here.Add(1)
					done.Go(func() {
						here.Done()
						<-on
						if _, _, err := way.convert(frames, false); err != nil {
							b.Error(err)
						}
						here.Wait()
					})
				}
				here.Wait()
				here.Add(1)
				close(on)
				here.Done()
				done.Wait()
			}
			b.ReportMetric(float64(b.Elapsed())/float64(b.N)/1000, "ns/goroutine")
		})
	}
}
