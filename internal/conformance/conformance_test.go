package conformance

import (
	"context"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/upstarego/upstarego/internal/corpus"
)

var tool = flag.String("conformance.tool", os.Getenv("UPSTAREGO"), "the upstarego command; default $UPSTAREGO, else it is built from this module")

// Programs that a test run has time for, about; make conformance runs all.
const (
	fastCount    = 44 // built directly
	commandCount = 2  // built by the command
)

// slow are programs that run for long when they capture themselves.
var slow = []string{"abi/fibish.go", "abi/fibish_closure.go", "abi/uglyfib.go"}

// TestFast runs programs from every directory, the same ones each time.
func TestFast(t *testing.T) {
	known := deviations(t)
	all := programs(t, known)
	direct, err := NewDirect(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	runAll(t, direct, Spread(all, fastCount), known)
}

// TestCommand builds programs as users do.
func TestCommand(t *testing.T) {
	known := deviations(t)
	all := slices.DeleteFunc(programs(t, known), func(p corpus.Program) bool { return p.Group != "run" && p.Group != "rundir" || known[p.Name] != "" })
	var some []corpus.Program
	for i := range commandCount {
		some = append(some, all[(2*i+1)*len(all)/(2*commandCount)])
	}
	runAll(t, nil, some, known)
}

func runAll(t *testing.T, direct *Direct, programs []corpus.Program, known map[string]string) {
	store, err := OpenStore(filepath.Join(t.TempDir(), "results"))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	r := Run{Store: store, Tool: "this one", Command: command(t), Direct: direct, Full: direct == nil, Suite: corpus.Suite{
		Parallel: 2, Work: t.TempDir(), Plain: PlainLimit, Stressed: 2 * time.Minute, Building: 2 * time.Minute,
	}}
	records, err := r.Do(context.Background(), programs)
	if err != nil {
		t.Fatal(err)
	}
	table := Tabulate(records, nil, known)
	var text strings.Builder
	if err := table.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	t.Log("\n" + text.String())
	wrong, mended := table.Unexplained()
	for _, r := range wrong {
		t.Errorf("%s: %s: %s", r.Program, r.Outcome, r.Why)
	}
	for _, r := range mended {
		t.Errorf("%s behaves the same by now: take it out of testdata/deviations.txt", r.Program)
	}
	if n := table.All.Counts[Same]; n < len(programs)*3/4 {
		t.Errorf("%d of %d programs were captured and behave the same: too little is shown", n, len(programs))
	}
}

func deviations(t *testing.T) map[string]string {
	known, err := corpus.Deviations("../../testdata/deviations.txt")
	if err != nil {
		t.Fatal(err)
	}
	return known
}

// programs are those that a test run has time for.
func programs(t *testing.T, known map[string]string) []corpus.Program {
	all, _, err := Programs(t.TempDir(), known)
	if err != nil {
		t.Skip(err)
	}
	return slices.DeleteFunc(all, func(p corpus.Program) bool { return slices.Contains(slow, p.Name) || p.Skip != "" })
}

// TestSpreadCoversDirectories checks what the short run promises.
func TestSpreadCoversDirectories(t *testing.T) {
	all := programs(t, nil)
	if len(all) < 1000 {
		t.Errorf("%d programs", len(all))
	}
	missing := map[string]bool{}
	for _, p := range all {
		if p.Group != "std" {
			missing[p.Group+" "+filepath.Dir(p.Name)] = true
		}
	}
	some := Spread(all, fastCount)
	for _, p := range some {
		delete(missing, p.Group+" "+filepath.Dir(p.Name))
	}
	if len(missing) > 0 || len(some) > fastCount+20 {
		t.Errorf("%d programs, none of %v", len(some), missing)
	}
}

func command(t *testing.T) string {
	path := *tool
	if path == "" {
		path = filepath.Join(t.TempDir(), "upstarego")
		if out, err := exec.Command("go", "build", "-o", path, "../../cmd/upstarego").CombinedOutput(); err != nil {
			t.Fatalf("go build upstarego: %v\n%s", err, out)
		}
	}
	path, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return path
}
