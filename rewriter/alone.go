package rewriter

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/upstarego/upstarego/rewriter/body"
	"github.com/upstarego/upstarego/rewriter/colour"
	"github.com/upstarego/upstarego/rewriter/load"
)

// RewriteAlone instruments every own package for a build that takes no updates.
// The bodies of functions are those of Rewrite. Packages enter their functions by
// themselves when they are initialised, so nothing has to know them all; types,
// variables and instances, which only updates ask for, are not entered.
//
// A package's _test.go files are compiled for its own test alone, hence what
// enters their functions stands in a _test.go file too.
func RewriteAlone(p *load.Program, col *colour.Result) (*Output, error) {
	out := &Output{Files: map[string][]byte{}}
	return out, out.rewrite(p, col, func(pkg *load.Package, registers []register, _ []registered, funcs int) {
		var plain, test []string
		outer := true
		for _, name := range pkg.Filenames {
			outer = outer && isTestFile(name)
		}
		for _, r := range registers {
			if isTestFile(r.file) {
				test = append(test, r.name)
			} else {
				plain = append(plain, r.name)
			}
		}
		if len(plain) > 0 || pkg.Name == "main" && !outer { // a program reports even that nothing can be captured
			out.Files[filepath.Join(pkg.Dir, registerFile)] = enter(pkg, "upstareEnter", plain, funcs)
			funcs = 0
		}
		if len(test) > 0 {
			name := innerFile
			if outer {
				name = outerFile
			}
			out.Files[filepath.Join(pkg.Dir, name)] = enter(pkg, "upstareEnterTest", test, funcs)
		}
	})
}

// Generated files of test packages, of P's and P_test's, which share a directory.
const (
	innerFile = "00upstare_test.go"
	outerFile = "00upstare_x_test.go"
)

// IsGenerated reports whether a file is one that Rewrite or RewriteAlone adds to
// a package.
func IsGenerated(name string) bool {
	switch filepath.Base(name) {
	case registerFile, innerFile, outerFile:
		return true
	}
	return false
}

func isTestFile(name string) bool { return strings.HasSuffix(name, "_test.go") }

// enter prints the file that enters functions. It does so from the initialiser of
// a variable without a name: nothing waits for it, so that other variables keep
// their order, and init functions keep their numbers.
func enter(pkg *load.Package, name string, registers []string, funcs int) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "package %s\n\nimport (\n\tupstare_rt %q\n\tupstare_word %q\n)\n", pkg.Name, body.RuntimePath, body.WordPath)
	if funcs > 0 {
		fmt.Fprintf(&b, "\nvar %s [%d]upstare_rt.Func\n", body.FuncsName, funcs)
	}
	// A function with a name: a literal would be counted with the user's.
	fmt.Fprintf(&b, "\nvar _ = upstare_rt.Alone(&upstare_word.W, %[1]s)\n\nfunc %[1]s(r *upstare_rt.Release) {\n", name)
	for _, r := range registers {
		fmt.Fprintf(&b, "\t%s(r)\n", r)
	}
	b.WriteString("}\n")
	return b.Bytes()
}
