package rewriter

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/types"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/go/gcexportdata"

	"github.com/upstarego/upstarego/internal/corpus"
	"github.com/upstarego/upstarego/internal/diag"
	"github.com/upstarego/upstarego/rewriter/load"
)

var distribution = flag.String("rewriter.gotest", "", "check the Go distribution's programs with this in their name; all of them if it is a dot")

// TestOutputTypeChecks reads what the rewriter writes as the compiler will: it has
// to type-check, and what it says about positions has to be the user's.
func TestOutputTypeChecks(t *testing.T) {
	programs, err := corpus.LangPrograms("../testdata/lang")
	if err != nil || len(programs) == 0 {
		t.Fatal("no programs: ", err)
	}
	c := newChecker(t)
	for i, p := range programs {
		if testing.Short() && i%8 != 0 {
			continue
		}
		if errs := c.program(t, p); len(errs) > 0 {
			t.Errorf("%s: %s", p.Name, strings.Join(errs, "\n\t"))
		}
	}
}

// TestDistributionTypeChecks is the same over the Go distribution's `// run`
// programs, and takes minutes.
func TestDistributionTypeChecks(t *testing.T) {
	if *distribution == "" {
		t.Skip("without -rewriter.gotest")
	}
	dir, err := corpus.GoTestDir()
	if err != nil {
		t.Skip(err)
	}
	programs, _, err := corpus.GoTests(dir, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	c := newChecker(t)
	n := 0
	for _, p := range programs {
		if p.Group != "run" || p.Skip != "" {
			continue
		}
		if *distribution != "." && !strings.Contains(p.Name, *distribution) {
			continue
		}
		n++
		if errs := c.program(t, p); len(errs) > 0 {
			t.Errorf("%s: %s", p.Name, strings.Join(errs, "\n\t"))
		}
	}
	t.Logf("%d programs", n)
}

// A checker type-checks instrumented source against export data of the standard
// library and of the runtime.
type checker struct {
	exports map[string]string
}

func newChecker(t *testing.T) *checker {
	c := &checker{exports: map[string]string{}}
	cmd := exec.Command("go", "list", "-export", "-f", "{{.ImportPath}}\t{{.Export}}", "std", "../runtime", "../runtime/word", "../runtime/older")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for line := range strings.Lines(string(out)) {
		path, file, _ := strings.Cut(strings.TrimSpace(line), "\t")
		c.exports[path] = file
	}
	return c
}

// program rewrites a program and returns what is wrong with the output.
func (c *checker) program(t *testing.T, prog corpus.Program) []string {
	p, out, err := rewrite(t, prog)
	if err != nil {
		var l diag.List
		errors.As(err, &l)
		var codes []string
		for _, d := range l {
			if !slices.Contains(codes, d.Code) {
				codes = append(codes, d.Code)
			}
		}
		return append([]string{fmt.Sprintf("refused %v", codes)}, err.Error())
	}
	k := &checking{checker: c, prog: p, own: map[string]*types.Package{}}
	var errs []string
	for _, pkg := range p.Own {
		k.pkg = pkg
		k.own[pkg.PkgPath] = k.check(out, func(err error) {
			if len(errs) < 10 {
				errs = append(errs, err.Error())
			}
		})
	}
	return errs
}

// A checking is a checker at work on one package of a program.
type checking struct {
	*checker
	prog *load.Program
	pkg  *load.Package
	own  map[string]*types.Package
}

// check type-checks one package, its files as the build sees them.
func (c *checking) check(out *Output, report func(error)) *types.Package {
	pkg := c.pkg
	var files []*ast.File
	names := map[string]bool{pkg.Dir + "/" + registerFile: true}
	for i, name := range pkg.Filenames {
		src := pkg.Src[i]
		if text, ok := out.Files[name]; ok {
			src = text
		}
		names[name] = true
		c.parse(name, src, &files, report)
	}
	c.parse(pkg.Dir+"/"+registerFile, out.Files[pkg.Dir+"/"+registerFile], &files, report)
	for name := range out.Files {
		if strings.HasPrefix(name, pkg.Dir+"/") && !strings.Contains(name[len(pkg.Dir)+1:], "/") && !names[name] {
			report(fmt.Errorf("%s: not a file of the package", name))
		}
	}
	conf := types.Config{GoVersion: pkg.GoVersion, Sizes: c.prog.Sizes, Importer: c, Error: func(err error) {
		if strings.Contains(err.(types.Error).Msg, "\t") { // continues another one
			return
		}
		report(err)
	}}
	checked, _ := conf.Check(pkg.PkgPath, c.prog.Fset, files, nil)
	return checked
}

func (c *checking) parse(name string, src []byte, files *[]*ast.File, report func(error)) {
	f, err := parser.ParseFile(c.prog.Fset, name, src, parser.SkipObjectResolution)
	if err != nil {
		report(err)
		return
	}
	*files = append(*files, f)
}

// Import gives own packages as they have been rewritten, and others as the program
// knows them.
func (c *checking) Import(path string) (*types.Package, error) {
	if full, ok := c.pkg.Imports[path]; ok {
		path = full
	}
	if path == "unsafe" {
		return types.Unsafe, nil
	}
	if p := c.own[path]; p != nil {
		return p, nil
	}
	if f := c.prog.Foreign[path]; f != nil && f.Types != nil {
		return f.Types, nil
	}
	file, err := os.Open(c.exports[path])
	if err != nil {
		return nil, fmt.Errorf("export data of %s: %w", path, err)
	}
	defer file.Close()
	r, err := gcexportdata.NewReader(bufio.NewReader(file))
	if err != nil {
		return nil, err
	}
	return gcexportdata.Read(r, c.prog.Fset, c.prog.Known(), path)
}
