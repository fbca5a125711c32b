package updater

import (
	"fmt"
	"reflect"
	"regexp"
	goruntime "runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/upstarego/upstarego/runtime"
)

// here is a stack of this file, which is own code of the tests' releases, as a profile
// has it.
//
//go:noinline
func here() (pcs []uintptr, line int) {
	pcs = make([]uintptr, 1)
	pcs = pcs[:goruntime.Callers(1, pcs)]
	f, _ := goruntime.CallersFrames(pcs).Next()
	return pcs, f.Line
}

// ownFiles makes files those of own code. The release that was current is so again when
// what it returns has been called.
func ownFiles(files map[string]bool) (back func()) {
	own := runtime.NewRelease("own", nil)
	own.Files = files
	was := runtime.Current()
	runtime.First(own)
	return func() {
		if was != nil {
			number, since := was.Number, was.Since
			runtime.First(was)
			was.Number, was.Since = number, since
		}
	}
}

func TestGroupedByReleases(t *testing.T) {
	pcs, line := here()
	pc := pcs[0]
	_, file, _, _ := goruntime.Caller(0)
	defer ownFiles(map[string]bool{file: true})()

	now := time.Now()
	release := func(number int, from, to uintptr, since time.Duration) *runtime.Release {
		r := runtime.NewRelease("r", nil)
		r.Number, r.Text, r.Since = number, [2]uintptr{from, to}, now.Add(-since)
		return r
	}
	r1 := release(1, pc-1, pc, 3*time.Hour)
	r2 := release(2, 1, 2, 2*time.Hour)
	r1.Funcs["m.here"] = &runtime.Func{Key: "m.here", Points: 4, PointPos: fmt.Sprintf("\n%[1]s:%[2]d:2\n%[1]s:1:1\n%[1]s:%[2]d:9", file, line)}
	text := func(head string) string {
		return "goroutine 1 [running]:\nx.f()\n\t/x.go:1 +0x1\n\ngoroutine 7 [" + head + "]:\nruntime.gopark(0x1)\n\t/r.go:1 +0x1\n" +
			fmt.Sprintf("github.com/upstarego/upstarego/runtime/updater.here(0x1)\n\t%s:%d +0x7\ncreated by %s\n\t%s:1 +0x1\n", file, line, "m.g in goroutine 1", file)
	}
	stacks := []stack{{2, []uintptr{pc}}, {5, nil}}
	g := grouped(stacks, text("chan receive, 4 minutes"), []*runtime.Release{r1, r2}, now, nil)
	if g.Total != 7 || g.Foreign != 5 || g.Old != 2 || g.Release != 2 || len(g.Groups) != 1 {
		t.Fatalf("%+v", g)
	}
	want := GoroutineGroup{Count: 2, Func: "github.com/upstarego/upstarego/runtime/updater.here", Key: "m.here", Pos: fmt.Sprintf("%s:%d", file, line),
		Points: []int{1, 3}, Release: 1, Waits: []string{"chan receive"}, LeastNS: int64(2 * time.Hour), MostNS: int64(2 * time.Hour)}
	if !reflect.DeepEqual(g.Groups[0], want) {
		t.Errorf("got  %+v\nwant %+v", g.Groups[0], want)
	}
	// In the current release only the Go runtime knows how long.
	g = grouped(stacks, text("select, 150 minutes, locked to thread"), []*runtime.Release{r1}, now, nil)
	if gr := g.Groups[0]; g.Old != 0 || gr.LeastNS != int64(150*time.Minute) || gr.MostNS != gr.LeastNS || gr.Waits[0] != "select" {
		t.Errorf("%+v", g)
	}
	// In nobody's text.
	g = grouped(stacks, "", []*runtime.Release{r2}, now, nil)
	if gr := g.Groups[0]; gr.Release != 0 || gr.Key != "" || gr.Waits != nil || gr.LeastNS != 0 || g.Old != 0 {
		t.Errorf("%+v", g)
	}
	if g := grouped(stacks, "", []*runtime.Release{r1}, now, regexp.MustCompile("nothing")); len(g.Groups) != 0 || g.Total != 7 {
		t.Errorf("%+v", g)
	}
}

// What runtime.Stack says of one stack is of all releases that have it.
func TestUnsureGroups(t *testing.T) {
	g := GoroutineGroup{Unsure: true, LeastNS: int64(time.Minute), MostNS: int64(time.Minute)}
	g.wait([]waiting{{"select", 0}, {"chan receive", 5 * time.Minute}, {"select", 9 * time.Minute}})
	want := GoroutineGroup{Unsure: true, LeastNS: int64(time.Minute), MostNS: int64(time.Minute), Waits: []string{"select", "chan receive"}}
	if !reflect.DeepEqual(g, want) {
		t.Errorf("got %+v, want %+v", g, want)
	}
}

func TestStacksOf(t *testing.T) {
	l := stacksOf("goroutine profile: total 3\n2 @ 0x10 0x20\n# labels: {\"a\":\"1 @ 0x5\"}\n#\t0xf\tf+0x1\tx.go:1\n\n1 @ 0x30\n")
	if want := []stack{{2, []uintptr{0x10, 0x20}}, {1, []uintptr{0x30}}}; !reflect.DeepEqual(l, want) {
		t.Errorf("got %v, want %v", l, want)
	}
}

// No answer is longer than it may be.
func TestManyGroups(t *testing.T) {
	var stacks []stack
	files := map[string]bool{}
	seen := map[string]bool{}
	// Every line of package regexp is a place. No other test has it on a stack that matters.
	start := reflect.ValueOf(regexp.Compile).Pointer() - 1<<19
	for pc := start; len(seen) < maxGroups+50 && pc < start+1<<20; pc++ {
		f, _ := goruntime.CallersFrames([]uintptr{pc}).Next()
		if f.Line == 0 || !strings.Contains(f.File, "/src/regexp/") {
			continue
		}
		if at := fmt.Sprintf("%s %s:%d", f.Function, f.File, f.Line); !seen[at] {
			seen[at], files[f.File] = true, true
			stacks = append(stacks, stack{1, []uintptr{pc}})
		}
	}
	if len(stacks) <= maxGroups {
		t.Fatalf("there are %d places", len(stacks))
	}
	defer ownFiles(files)()
	g := grouped(stacks, "", nil, time.Now(), nil)
	listed := 0
	for _, gr := range g.Groups {
		listed += gr.Count
	}
	if len(g.Groups) != maxGroups || g.LeftOff == 0 || g.LeftOff+listed+g.Foreign != g.Total {
		t.Errorf("%d groups of %d, %d left off, %d foreign, of %d", len(g.Groups), listed, g.LeftOff, g.Foreign, g.Total)
	}
}

// With many goroutines the world is not stopped for all their stacks.
func TestWaitsOfManyGoroutines(t *testing.T) {
	g, err := FindGoroutines(nil)
	if err != nil || !g.Waits {
		t.Fatalf("%+v, %v", g, err)
	}
	release := make(chan struct{})
	var begun, ended sync.WaitGroup
	begun.Add(maxStacks)
	ended.Add(maxStacks)
	for range maxStacks {
		go func() {
			defer ended.Done()
			begun.Done()
			<-release
		}()
	}
	begun.Wait()
	g, err = FindGoroutines(nil)
	close(release)
	ended.Wait()
	if err != nil || g.Waits || g.Total < maxStacks {
		t.Errorf("waits known: %v, %d goroutines, %v", g.Waits, g.Total, err)
	}
	for _, gr := range g.Groups {
		if gr.Waits != nil {
			t.Errorf("%+v", gr)
		}
	}
}
