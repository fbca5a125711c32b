package conformance

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/upstarego/upstarego/internal/corpus"
)

// TestMeasuring finds the tests that measure allocations: themselves, through functions and methods of their package,
// and by a benchmark's result; no others.
func TestMeasuring(t *testing.T) {
	const src = `package p

import (
	"fmt"
	rt "runtime"
	"testing"
)

func TestItself(t *testing.T) { t.Run("part", func(t *testing.T) { testing.AllocsPerRun(1, func() {}) }) }

func stats() (m rt.MemStats) { rt.ReadMemStats(&m); return m }

func between(f func()) { stats(); f(); stats() }

func TestThroughTwo(t *testing.T) { between(func() {}) }

type counter struct{}

func (counter) count() { testing.AllocsPerRun(1, func() {}) }

func TestThroughMethod(t *testing.T) { counter{}.count() }

func TestOfBenchmark(t *testing.T) { testing.Benchmark(func(b *testing.B) {}).AllocsPerOp() }

func TestTimes(t *testing.T) { testing.Benchmark(func(b *testing.B) {}).NsPerOp() }

type AllocsPerRun struct{ ReadMemStats int }

func TestOwnNames(t *testing.T) { fmt.Print(AllocsPerRun{}.ReadMemStats, rt.NumGoroutine()) }
`
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "dir/p_test.go", src, 0)
	require.NoError(t, err)
	require.Equal(t, map[string]string{
		"TestItself":        "testing.AllocsPerRun at p_test.go:9",
		"stats":             "runtime.ReadMemStats at p_test.go:11",
		"between":           "runtime.ReadMemStats at p_test.go:11",
		"TestThroughTwo":    "runtime.ReadMemStats at p_test.go:11",
		"count":             "testing.AllocsPerRun at p_test.go:19",
		"TestThroughMethod": "testing.AllocsPerRun at p_test.go:19",
		"TestOfBenchmark":   "AllocsPerOp at p_test.go:23",
	}, measuring(fset, []*ast.File{f}))
}

// TestCountingIsNotRun: what measures allocations is a program that is skipped and says why, its package leaves it
// out and runs the rest, and nothing of it can stand among the deviations.
func TestCountingIsNotRun(t *testing.T) {
	std, err := StdTests(nil)
	require.NoError(t, err)
	byName := map[string]corpus.Program{}
	for _, p := range std {
		byName[p.Name] = p
	}
	require.Contains(t, byName["bytes#TestWriteAppend"].Skip, "it measures allocations: testing.AllocsPerRun at buffer_test.go:")
	require.Empty(t, byName["bytes"].Skip)
	skipped := byName["bytes"].Args[len(byName["bytes"].Args)-1]
	require.Regexp(t, `^-test\.skip=.*\bTestWriteAppend\b`, skipped)
	require.NotContains(t, skipped, "TestReadFrom")

	_, err = StdTests(map[string]string{"bytes#TestWriteAppend": "it fails"})
	require.ErrorContains(t, err, "bytes#TestWriteAppend")
}

// TestFewAreSetApart: of the tests that the packages have, a twentieth at most.
func TestFewAreSetApart(t *testing.T) {
	std, err := StdTests(nil)
	require.NoError(t, err)
	apart, all := 0, 0
	for _, p := range std {
		if strings.Contains(p.Name, "#") {
			apart++
			continue
		}
		names, err := filepath.Glob(filepath.Join(p.Dir, "*_test.go"))
		require.NoError(t, err)
		all += len(testFunctions(t, names))
	}
	if apart == 0 || apart > all/20 {
		t.Errorf("%d of %d tests are set apart", apart, all)
	}
}

func testFunctions(t *testing.T, names []string) []string {
	found := map[string]bool{}
	for _, name := range names {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && entered(fn.Name.Name) == "Test" {
				found[fn.Name.Name] = true
			}
		}
	}
	return slices.Collect(maps.Keys(found))
}
