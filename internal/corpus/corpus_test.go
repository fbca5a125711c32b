package corpus

import (
	"context"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

var (
	full     = flag.Bool("corpus.full", false, "all programs, not a few")
	tool     = flag.String("corpus.tool", os.Getenv("UPSTAREGO"), "the upstarego command; default $UPSTAREGO, else it is built from this module")
	every    = flag.String("corpus.every", "0,1,2,3,7", "capture at every n-th poll, for each of these; 0: polls are there and none is due")
	only     = flag.String("corpus.only", "", "programs with this in their name")
	jsonFile = flag.String("corpus.json", "", "write results as JSON to this `file`, with the test's name before its extension")
	keep     = flag.Bool("corpus.keep", false, "keep modules and executables of programs that go wrong")
	parallel = flag.Int("corpus.parallel", 2, "programs under way at once")
	plain    = flag.Bool("corpus.plain", false, "compare with unoptimised plain builds in place of the tool's")
)

const (
	langDir    = "../../testdata/lang"
	shortCount = 9
)

// TestLang runs our own programs, one per construct, plainly and stressed.
func TestLang(t *testing.T) {
	programs, err := LangPrograms(langDir)
	if err != nil {
		t.Fatal(err)
	}
	runCorpus(t, programs, Stressed)
}

// TestReleases runs some of them as whole releases. Go reports "all goroutines are asleep" only in programs
// without cgo, and releases are linked with it.
func TestReleases(t *testing.T) {
	programs, err := LangPrograms(langDir)
	if err != nil {
		t.Fatal(err)
	}
	if *only == "deadlock" {
		t.Skip("stands alone only")
	}
	programs = slices.DeleteFunc(programs, func(p Program) bool { return p.Name == "deadlock" })
	if *only == "" {
		programs = spread(programs, shortCount/2)
	}
	runCorpus(t, programs, StressedRelease)
}

func runCorpus(t *testing.T, programs []Program, kind func(tool string, every ...int) Builder) {
	programs = slices.DeleteFunc(programs, func(p Program) bool { return !strings.Contains(p.Name, *only) })
	if !*full && *only == "" {
		programs = spread(programs, shortCount)
	}
	if len(programs) == 0 {
		t.Fatal("no program to run")
	}
	suite := Suite{
		Reference: Plain(), Builders: []Builder{instrumented(t, kind)}, Parallel: *parallel, Keep: *keep, Work: t.TempDir(),
		Plain: 30 * time.Second, Stressed: time.Minute, Building: 2 * time.Minute,
		Progress: func(r Result) { t.Logf("%-12s %-10s %s %s", r.Class, r.Builder, r.Program, oneLine(r.Detail)) },
	}
	if *keep {
		dir, err := os.MkdirTemp("", "corpus")
		if err != nil {
			t.Fatal(err)
		}
		suite.Work = dir
	}
	results, err := suite.Run(context.Background(), programs)
	if err != nil {
		t.Fatal(err)
	}
	summary := Summarise(results)
	var table strings.Builder
	if err := summary.WriteTable(&table); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d programs\n%s", len(programs), table.String())
	writeJSON(t, summary)
	known, err := Deviations("../../testdata/deviations.txt")
	if err != nil {
		t.Fatal(err)
	}
	deviates := map[string]bool{}
	for _, r := range results {
		if why, ok := known[r.Program]; ok && !*plain {
			deviates[r.Program] = deviates[r.Program] || r.Class.Wrong()
			t.Logf("known deviation: %s, %s: %s: %s", r.Program, r.Builder, r.Class, why)
			continue
		}
		// A program of ours that is never captured pins nothing.
		if r.Class.Wrong() || r.Class == Unsuitable || r.Class == NoCapture && strings.HasPrefix(r.Builder, "stress 1") {
			t.Errorf("%s, %s: %s: %s", r.Program, r.Builder, r.Class, strings.Join(r.Detail, "\n\t"))
		}
	}
	for program, still := range deviates {
		if !still {
			t.Errorf("%s behaves the same by now: take it out of testdata/deviations.txt", program)
		}
	}
	if summary.Counts[Same] == 0 && !*plain && len(deviates) < len(programs) {
		t.Errorf("no program passed: nothing is shown")
	}
}

// spread picks n programs at equal distances.
func spread(programs []Program, n int) []Program {
	if len(programs) <= n {
		return programs
	}
	var some []Program
	for i := range n {
		some = append(some, programs[i*len(programs)/n])
	}
	return some
}

// instrumented returns the tool's builder.
func instrumented(t *testing.T, kind func(tool string, every ...int) Builder) Builder {
	if *plain {
		return Plain("-gcflags=all=-N -l")
	}
	path := toolPath(t)
	var ns []int
	for _, s := range strings.Split(*every, ",") {
		n, err := strconv.Atoi(s)
		if err != nil || n < 0 {
			t.Fatalf("-corpus.every=%s: %q is not a number of polls", *every, s)
		}
		ns = append(ns, n)
	}
	return kind(path, ns...)
}

// toolPath is the upstarego command.
func toolPath(t *testing.T) string {
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

func writeJSON(t *testing.T, s *Summary) {
	if *jsonFile == "" {
		return
	}
	ext := filepath.Ext(*jsonFile)
	f, err := os.Create(strings.TrimSuffix(*jsonFile, ext) + "-" + strings.ToLower(t.Name()) + ext)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.WriteJSON(f); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}
