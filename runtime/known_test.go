package runtime

import (
	goruntime "runtime"
	"slices"
	"testing"
)

// thisFile and noFile are what own files may be.
var (
	thisFile = func() *fileSet { _, file, _, _ := goruntime.Caller(0); return &fileSet{file} }()
	noFile   = new(fileSet)
)

// with makes files those of own code while f runs.
func with(files *fileSet, f func()) {
	was := ownFiles.Swap(files)
	defer ownFiles.Store(was)
	f()
}

// below calls f with so many frames more on the stack, the innermost called by the
// library if foreign.
//
//go:noinline
func below(frames int, foreign bool, f func()) {
	switch {
	case frames > 0:
		below(frames-1, foreign, f)
	case foreign:
		slices.SortFunc([]int{2, 1}, func(a, b int) int { f(); return a - b })
	default:
		f()
	}
}

// TestKnownStacks: what is known of a stack is what a walk says, of shallow ones and of
// some too deep to be kept, the first time and later, and in the files of its time.
func TestKnownStacks(t *testing.T) {
	done := make(chan bool)
	look := func(own *fileSet, frames int, foreign bool) (n int) {
		with(own, func() {
			go func() {
				defer close(done)
				below(frames, foreign, func() {
					walked, loop := segment(2, 64, nil)
					k, l := knownSegment(2, 64)
					if k != walked || l != loop {
						t.Errorf("%d frames, foreign %v, own %v: %d %v is known, %d %v was walked", frames, foreign, *own, k, l, walked, loop)
					}
					n = k
				})
			}()
			<-done
			done = make(chan bool)
		})
		return n
	}
	for range 2 {
		for _, frames := range []int{0, 1, 7, knownDepth - 5, knownDepth - 4, knownDepth - 3, knownDepth + 5, 200} {
			for _, c := range []struct {
				own     *fileSet
				foreign bool
				want    int
			}{
				{thisFile, false, frames + 3}, // with the first three
				{thisFile, true, 2},           // behind the library
				{noFile, false, 0},
			} {
				// One call alone: were it inlined twice there would be two closures.
				if n := look(c.own, frames, c.foreign); n != c.want {
					t.Errorf("%d frames, foreign %v, own %v: %d, not %d", frames, c.foreign, *c.own, n, c.want)
				}
			}
		}
	}
}

// BenchmarkSegment is what it costs to know how many frames a goroutine is captured with.
func BenchmarkSegment(b *testing.B) {
	for name, f := range map[string]func(){
		"walked": func() { segment(2, 64, nil) },
		"known":  func() { knownSegment(2, 64) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			with(thisFile, func() {
				below(5, false, func() {
					for range b.N {
						f()
					}
				})
			})
		})
	}
}
