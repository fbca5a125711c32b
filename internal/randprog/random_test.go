package randprog

import (
	"context"
	"flag"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/upstarego/upstarego/internal/conformance"
	"github.com/upstarego/upstarego/internal/corpus"
)

var (
	seed     = flag.Uint64("random.seed", 1, "the first program's seed")
	limit    = flag.Duration("random.for", 12*time.Second, "start no program later than this")
	count    = flag.Int("random.count", 0, "make this many programs, whatever time they take")
	reduce   = flag.Bool("random.reduce", false, "take away what a failing program does not need, and show the rest")
	parallel = flag.Int("random.parallel", 2, "programs under way at once")
	writeDir = flag.String("random.write", "", "write the programs below this `directory` and run nothing")
)

// TestRandom compares random programs, plain and captured and rebuilt at every n-th poll.
func TestRandom(t *testing.T) {
	if testing.Short() {
		*count = 2
	}
	if *writeDir != "" {
		for i := range max(*count, 1) {
			s := *seed + uint64(i)
			dir := filepath.Join(*writeDir, fmt.Sprint(s))
			if err := os.MkdirAll(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			for name, text := range Generate(s) {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
		return
	}
	suite := newSuite(t)
	captures, programs, lines := uint64(0), 0, 0
	refused := 0
	for start, next := time.Now(), *seed; *count == 0 && time.Since(start) < *limit || *count > 0 && programs < *count; {
		batch := map[string]uint64{}
		var list []corpus.Program
		for range *parallel {
			name := fmt.Sprint("seed ", next)
			batch[name] = next
			list = append(list, corpus.Program{Name: name, Path: archive(t, t.TempDir(), Generate(next))})
			lines += strings.Count(Generate(next)["main.go"], "\n")
			next++
			programs++
		}
		results, err := suite.Run(context.Background(), list)
		if err != nil {
			t.Fatal(err)
		}
		reduced := map[string]bool{}
		for _, r := range results {
			if r.Report != nil {
				captures += r.Report.Captures
			}
			switch {
			case r.Class == corpus.Refused && reduced[r.Program]: // once for all n
			case r.Class == corpus.Refused:
				refused++
				reduced[r.Program] = true
				t.Errorf("%s: %s: %s", r.Program, r.Class, strings.Join(r.Detail, "\n\t"))
			case r.Class.Wrong() || r.Class == corpus.Unsuitable:
				t.Errorf("%s, %s: %s: %s\n\trepeat: go test -ldflags=-checklinkname=0 ./internal/randprog -run TestRandom -random.count 1 -random.seed %d -random.reduce",
					r.Program, r.Builder, r.Class, strings.Join(r.Detail, "\n\t"), batch[r.Program])
				if *reduce && !reduced[r.Program] {
					reduced[r.Program] = true
					t.Logf("reduced:\n%s", smallest(t, suite, Generate(batch[r.Program]), r)["main.go"])
				}
			}
		}
	}
	t.Logf("%d programs of %d lines, %d captures", programs, lines/max(programs, 1), captures)
	if captures == 0 && refused == 0 {
		t.Error("nothing was captured: nothing is shown")
	}
}

func newSuite(t *testing.T) *corpus.Suite {
	direct, err := conformance.NewDirect(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return &corpus.Suite{
		Reference: direct.Plain(), Builders: []corpus.Builder{direct.Stressed(0, 1, 3, 7)}, Parallel: *parallel,
		Work: t.TempDir(), Plain: 10 * time.Second, Stressed: time.Minute, Building: 3 * time.Minute,
	}
}

// smallest reduces a program that fails as r did.
func smallest(t *testing.T, s *corpus.Suite, files map[string]string, r corpus.Result) map[string]string {
	dir := t.TempDir()
	return Reduce(files, func(files map[string]string) bool {
		results, err := s.Run(context.Background(), []corpus.Program{{Name: "reduced", Path: archive(t, dir, files)}})
		if err != nil {
			t.Fatal(err)
		}
		for _, now := range results {
			if now.Class == r.Class {
				return true
			}
		}
		return false
	})
}

func archive(t *testing.T, dir string, files map[string]string) string {
	var ar txtar.Archive
	for name, text := range files {
		ar.Files = append(ar.Files, txtar.File{Name: name, Data: []byte(text)})
	}
	path := filepath.Join(dir, "program.txtar")
	if err := os.WriteFile(path, txtar.Format(&ar), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// Programs are well typed whatever the seed, and a function of it.
func TestGenerate(t *testing.T) {
	fset := token.NewFileSet()
	cfg := types.Config{Importer: importer.ForCompiler(fset, "source", nil)}
	for seed := range uint64(100) {
		files := Generate(seed)
		if again := Generate(seed); again["main.go"] != files["main.go"] {
			t.Fatalf("seed %d: two programs", seed)
		}
		var parsed []*ast.File
		for name, text := range files {
			f, err := parser.ParseFile(fset, name, text, 0)
			if err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			parsed = append(parsed, f)
		}
		if _, err := cfg.Check("main", fset, parsed, nil); err != nil {
			t.Errorf("seed %d: %v", seed, err)
		}
	}
}

// What fails is found again in the smallest program that still has it.
func TestReduce(t *testing.T) {
	files := Generate(3)
	if !strings.Contains(files["main.go"], "append(") {
		t.Fatal("the program does not have what the test looks for")
	}
	got := Reduce(files, func(files map[string]string) bool { return strings.Contains(files["main.go"], "append(") })["main.go"]
	if n := strings.Count(got, "append("); n == 0 || strings.Count(got, "\n") > strings.Count(files["main.go"], "\n")/10 {
		t.Errorf("not small:\n%s", got)
	}
}
