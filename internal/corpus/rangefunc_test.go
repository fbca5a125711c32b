package corpus

import (
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// TestRangeFuncReference runs what the compiler's authors test ranges over functions
// with, as a program in which every function and every loop may stop.
func TestRangeFuncReference(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a large program")
	}
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	src, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(out)), "src/cmd/compile/internal/rangefunc/rangefunc_test.go"))
	if err != nil {
		t.Skip(err)
	}
	name := filepath.Join(t.TempDir(), "rangefunc.txtar")
	if err := os.WriteFile(name, testProgram(t, src), 0o666); err != nil {
		t.Fatal(err)
	}
	runCorpus(t, []Program{{Name: "rangefunc", Path: name}}, Stressed)
}

// testingPackage stands in for the one of the tests, whose output has times in it.
const testingPackage = `package testing

import "fmt"

type T struct{}

func (*T) Error(args ...any)            { fmt.Println(append([]any{"error:"}, args...)...) }
func (*T) Errorf(f string, args ...any) { fmt.Printf("error: "+f+"\\n", args...) }
func (*T) Log(args ...any)              { fmt.Println(args...) }
func (*T) Logf(f string, args ...any)   { fmt.Printf(f+"\\n", args...) }
`

// testProgram makes a program of a file of tests: an archive of it and a main function.
func testProgram(t *testing.T, src []byte) []byte {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "", src, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	main := "package main\n\nimport \"" + modulePath + "/testing\"\n\nfunc main() {\nt := &testing.T{}\n"
	tests := 0
	for _, d := range file.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && strings.HasPrefix(fn.Name.Name, "Test") {
			main += "println(\"" + fn.Name.Name + "\")\n" + fn.Name.Name + "(t)\n"
			tests++
		}
	}
	if tests == 0 {
		t.Fatal("no tests")
	}
	text, err := format.Source([]byte(main + "}\n"))
	if err != nil {
		t.Fatal(err)
	}
	// Later places first, so that earlier ones stay where they are.
	var bodies []int
	ast.Inspect(file, func(n ast.Node) bool {
		var body *ast.BlockStmt
		switch n := n.(type) {
		case *ast.FuncDecl:
			body = n.Body
		case *ast.FuncLit:
			body = n.Body
		case *ast.ForStmt:
			body = n.Body
		case *ast.RangeStmt:
			body = n.Body
		}
		if body != nil {
			bodies = append(bodies, fset.Position(body.Lbrace).Offset+1)
		}
		return true
	})
	slices.Sort(bodies)
	own := string(src)
	for _, at := range slices.Backward(bodies) {
		own = own[:at] + " pause(); " + own[at:]
	}
	own = strings.Replace(own, "\"testing\"", "\""+modulePath+"/testing\"", 1)
	own = strings.Replace(own, "\npackage "+file.Name.Name, "\npackage main", 1)
	text = append(text, "\nfunc pause() {\n\tc := make(chan int, 1)\n\tc <- 1\n\t<-c\n}\n"...)
	return txtar.Format(&txtar.Archive{Files: []txtar.File{{Name: "tests.go", Data: []byte(own)}, {Name: "main.go", Data: text}, {Name: "testing/t.go", Data: []byte(testingPackage)}}})
}
