package testprog

import (
	"go/parser"
	"go/token"
	"testing"

	"github.com/stretchr/testify/require"
)

// What the go command takes for a test, and what it does not.
func TestList(t *testing.T) {
	const text = `package p_test

import . "testing"
import tt "testing"

func TestMain(m *tt.M) {}
func Test(t *T) {}
func TestÄpfel(t *tt.T) {}
func Test_low(*tt.T) {}
func TestTwo(t, u *tt.T) {}
func TestResult(t *tt.T) error { return nil }
func TestGeneric[P any](t *tt.T) {}
func Testlow(t *tt.T) {}
func TestValue(t tt.T) {}
func (s S) TestMethod(t *tt.T) {}
func BenchmarkB(b *tt.B) {}
func FuzzF(f *tt.F) {}
func ExampleSilent() {}
func ExampleS_say() {
	// Unordered output: b
	// a
}

type S struct{}
`
	f, err := parser.ParseFile(token.NewFileSet(), "p_test.go", text, parser.ParseComments)
	require.NoError(t, err)
	var p Package
	p.list([]file{{name: "p_test.go", tree: f}}, true)
	require.Equal(t, &Test{Name: "TestMain", Outer: true}, p.Setup)
	var names []string
	for _, x := range p.Tests {
		names = append(names, x.Kind+" "+x.Name)
	}
	require.Equal(t, []string{"Test Test", "Test TestÄpfel", "Test Test_low", "Fuzz FuzzF", "Example ExampleS_say"}, names)
	require.Equal(t, Test{Name: "ExampleS_say", Outer: true, Kind: "Example", Output: "b\na\n", Unordered: true}, p.Tests[4])
}

// A file's name says for which systems it is; the name under which its contents are
// shown says nothing.
func TestMerged(t *testing.T) {
	require.Equal(t, "/p/conn_windows_test_upstare.go", merged("/q/conn_windows_test.go", "/p"))
}
