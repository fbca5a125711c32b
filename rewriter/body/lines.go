package body

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"sort"

	"github.com/upstarego/upstarego/internal/diag"
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

// otherFiles prints the statements that enter the files that //line directives name.
// A frame shows as one of those, so that they must not be files of foreign packages,
// nor their lines those that tell generated code.
func (p *filePrinter) otherFiles(diags *diag.List) string {
	foreign := map[string]string{}
	for _, f := range p.prog.Foreign {
		for _, name := range f.GoFiles {
			foreign[name] = f.PkgPath
		}
	}
	seen := map[string]bool{p.prog.Fset.PositionFor(p.file.Package, false).Filename: true}
	var names []string
	refused := false
	refuse := func(pos token.Pos, what, why string) {
		if !refused {
			diags.Add(diag.LineDirective, p.prog.Fset.PositionFor(pos, false), what, why, "leave the directive out, or let it name another file")
		}
		refused = true
	}
	ast.Inspect(p.file, func(n ast.Node) bool {
		if n == nil {
			return true
		}
		for _, pos := range []token.Pos{n.Pos(), n.End()} {
			at := p.prog.Fset.Position(pos)
			if at.Line >= lineBase {
				refuse(pos, fmt.Sprintf("a //line directive leads to line %d", at.Line), "lines from 10,000,000 tell generated code from the program's")
			}
			if seen[at.Filename] {
				continue
			}
			seen[at.Filename] = true
			if pkg := foreign[at.Filename]; pkg != "" {
				refuse(pos, "a //line directive leads to "+at.Filename, "functions that may stop would look like those of package "+pkg+", which are not instrumented")
			}
			names = append(names, at.Filename)
		}
		return true
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

// format is gofmt, but where the source has //line directives: gofmt moves text away
// from them. It fails if the text does not parse.
func (p *filePrinter) format(text []byte) ([]byte, error) {
	if !p.lines {
		return format.Source(text)
	}
	_, err := parser.ParseFile(token.NewFileSet(), "", text, parser.SkipObjectResolution)
	return text, err
}
