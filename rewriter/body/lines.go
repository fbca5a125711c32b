package body

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"slices"
	"sort"

	"github.com/upstarego/upstarego/internal/diag"
	"github.com/upstarego/upstarego/rewriter/load"
)

// Lines of generated text are the user's: every statement says where it comes from.
// In a file with //line directives, which say that it was generated from others,
// that is where those lead.

// where is a position as a line directive has it.
func (p *filePrinter) where(pos token.Pos) string { return p.onLine(pos, 0) }

// onLine is where, so many lines further down.
func (p *filePrinter) onLine(pos token.Pos, down int) string {
	if !p.lines {
		return fmt.Sprintf(":%d:1", p.prog.Fset.PositionFor(pos, false).Line+down)
	}
	at := p.prog.Fset.Position(pos)
	if at.Filename == "" {
		return fmt.Sprintf(":%d", at.Line+down) // with a column it would mean the file before
	}
	return fmt.Sprintf("%s:%d:1", at.Filename, at.Line+down)
}

// end is the position of the file's end, in the file itself.
func (p *filePrinter) end() string {
	at := p.prog.Fset.PositionFor(p.file.FileEnd, false)
	if !p.lines {
		return fmt.Sprintf(":%d:1", at.Line)
	}
	return fmt.Sprintf("%s:%d:1", at.Filename, at.Line)
}

func lineDirective(src []byte) bool {
	return bytes.HasPrefix(src, []byte("//line ")) || bytes.Contains(src, []byte("\n//line ")) || bytes.Contains(src, []byte("/*line "))
}

// RefuseLines refuses //line directives of an instrumented file that lead astray: a
// frame shows as what they name, which must not be a file of a foreign package, nor a
// line that tells generated code. Each such file is refused once.
func RefuseLines(prog *load.Program, file *ast.File, diags *diag.List) {
	foreign := map[string]string{} // file → package, of those that are named
	refused := map[string]token.Pos{}
	eachPosition(file, func(pos token.Pos) {
		at := prog.Fset.Position(pos)
		pkg, known := foreign[at.Filename]
		if !known {
			for _, f := range prog.Foreign {
				if slices.Contains(f.GoFiles, at.Filename) {
					pkg = f.PkgPath
				}
			}
			foreign[at.Filename] = pkg
		}
		if first, ok := refused[at.Filename]; (!ok || pos < first) && (pkg != "" || at.Line >= lineBase) {
			refused[at.Filename] = pos
		}
	})
	for name, pos := range refused {
		what, why := "a //line directive leads to "+name, "functions that may stop would look like those of package "+foreign[name]+", which are not instrumented"
		if foreign[name] == "" {
			what, why = fmt.Sprintf("a //line directive leads to line %d", prog.Fset.Position(pos).Line), "lines from 10,000,000 tell generated code from the program's"
		}
		diags.Add(diag.LineDirective, prog.Fset.PositionFor(pos, false), what, why, "leave the directive out, or let it name another file")
	}
}

// eachPosition calls f for where each node of a file begins and ends.
func eachPosition(file *ast.File, f func(token.Pos)) {
	ast.Inspect(file, func(n ast.Node) bool {
		if n != nil {
			f(n.Pos())
			f(n.End())
		}
		return true
	})
}

// otherFiles prints the statements that enter the files that //line directives name.
func (p *filePrinter) otherFiles() string {
	seen := map[string]bool{p.prog.Fset.PositionFor(p.file.Package, false).Filename: true}
	var names []string
	eachPosition(p.file, func(pos token.Pos) {
		if name := p.prog.Fset.Position(pos).Filename; !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	})
	sort.Strings(names)
	s := ""
	for _, name := range names {
		column := ":1"
		if name == "" {
			column = ""
		}
		s += fmt.Sprintf("\n//line %s:1%s\nr.AddFile()\n", name, column)
	}
	return s + "\n//line " + p.end() + "\n"
}

// format is gofmt, but where the source has //line directives, since gofmt moves text
// away from them, and where the source is not gofmt's: declarations that stay as they
// are have to stay on their lines. It fails if the text does not parse.
func (p *filePrinter) format(text []byte) ([]byte, error) {
	if was, err := format.Source(p.src); err == nil && bytes.Equal(was, p.src) && !p.lines {
		return format.Source(text)
	}
	_, err := parser.ParseFile(token.NewFileSet(), "", text, parser.SkipObjectResolution)
	return text, err
}
