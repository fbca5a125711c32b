package older

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/upstarego/upstarego/runtime"
)

// Costs in an update's code are those of a build in which seen.go says true:
//
//	echo '{"Replace": {"seen.go": "/tmp/seen.go"}}' >/tmp/overlay.json
//	echo 'package older; const Seen = true' >/tmp/seen.go
//	go test -ldflags=-checklinkname=0 -overlay /tmp/overlay.json -bench . ./runtime/older

type (
	a struct{ n int }
	b struct{ n int }
	c interface{ C() int }
)

func (b *b) C() int { return b.n }

func plainLeaf(x any) *a { return x.(*a) }
func leaf(x any) *a      { return Any(x).(*a) }

// TestLeavesAreInlined: in an update's code, too, functions are inlined that hold little
// more than an assertion. What is in front of it leaves 10 of 80 for the rest.
func TestLeavesAreInlined(t *testing.T) {
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name, text string) string {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return name
	}
	seen := write("seen.go", "package older\n\nconst Seen = true\n")
	leaves := write("leaves.go", `package older

type leafT struct{ n int }

func leafAsserts(x any) *leafT       { return Any(x).(*leafT) }
func leafAsks(x any) bool            { _, ok := Any(x).(*leafT); return ok }
func leafReads(x any) int            { return Any(x).(*leafT).n }
func leafOfError(x error) leafFails  { return Up(x).(leafFails) }

type leafFails interface{ Fails() }
`)
	overlay := write("overlay.json", fmt.Sprintf(`{"Replace": {%q: %q, %q: %q}}`,
		filepath.Join(here, "seen.go"), seen, filepath.Join(here, "leaves.go"), leaves))
	out, err := exec.Command("go", "build", "-gcflags=-m=2", "-overlay", overlay, ".").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, f := range []string{"Any", "leafAsserts", "leafAsks", "leafReads", "leafOfError"} {
		if !strings.Contains(string(out), "can inline "+f+" ") {
			t.Errorf("%s is not inlined", f)
		}
	}
	if t.Failed() {
		t.Logf("%s", out)
	}
}

var (
	things = []any{&a{1}, &b{2}, &a{3}, "s", &b{4}, 5, &a{6}, &b{7}}
	sum    int
)

func plainSwitch() (s int) {
	for _, x := range things {
		switch x := x.(type) {
		case *a:
			s += x.n
		case int:
			s += x
		case *b:
			s += x.n
		}
	}
	return s
}

func switches() (s int) {
	for _, x := range things {
		switch x := Any(x).(type) {
		case *a:
			s += x.n
		case int:
			s += x
		case *b:
			s += x.n
		}
	}
	return s
}

func benchmarks(b *testing.B) {
	b.Run("leaf/plain", func(b *testing.B) {
		for i := range b.N {
			sum += plainLeaf(things[i%2*2]).n
		}
	})
	b.Run("leaf/brought", func(b *testing.B) {
		for i := range b.N {
			sum += leaf(things[i%2*2]).n
		}
	})
	b.Run("switch8/plain", func(b *testing.B) {
		for range b.N {
			sum += plainSwitch()
		}
	})
	b.Run("switch8/brought", func(b *testing.B) {
		for range b.N {
			sum += switches()
		}
	})
	b.Run("iface/plain", func(b *testing.B) {
		for i := range b.N {
			x, _ := things[i&7].(c)
			if x != nil {
				sum++
			}
		}
	})
	b.Run("iface/brought", func(b *testing.B) {
		for i := range b.N {
			x, _ := Any(things[i&7]).(c)
			if x != nil {
				sum++
			}
		}
	})
}

func Benchmark(b *testing.B) {
	b.Run("same", benchmarks)
	runtime.ServeOlder(func(x any, _ *atomic.Uint32) (any, bool, bool) { return nil, false, true })
	b.Run("changed", benchmarks)
}
