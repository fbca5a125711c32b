package body

import (
	"go/ast"
	"go/token"

	"github.com/upstarego/upstarego/rewriter/desugar"
)

// Some words change in every declaration of every own file, also of functions that are
// left alone otherwise: see callers.go and older.go. Lines stay what they are.

// wordsIn are the changes in a stretch of source that is not printed anew.
func (p *filePrinter) wordsIn(n ast.Node) []edit {
	var edits []edit
	ast.Inspect(n, func(m ast.Node) bool {
		if m == nil {
			return false
		}
		e, ok := p.replace(m)
		if ok {
			edits = append(edits, e)
		}
		edits = append(append(edits, p.bringUp(m)...), p.groupGo(m)...)
		return !ok
	})
	return edits
}

// text is a node's source but for these changes.
func (p *filePrinter) text(n ast.Node) string { return p.apply(n.Pos(), n.End(), p.wordsIn(n)) }

// wordParts are the changes in the declarations that do not change otherwise.
func (p *filePrinter) wordParts(trees map[ast.Decl]*desugar.Tree) []part {
	var parts []part
	for _, d := range p.file.Decls {
		if trees[d] != nil {
			continue
		}
		for _, e := range p.wordsIn(d) {
			parts = append(parts, part{from: e.from, to: e.to, text: e.text, within: true})
		}
	}
	return parts
}

// onlyWords is a file in which nothing else changes. It is not formatted: its lines
// stay what they are.
func (p *filePrinter) onlyWords(parts []part) []byte {
	var edits []edit
	for _, pt := range append(p.blankImports(nil), parts...) {
		edits = append(edits, edit{pt.from, pt.to, pt.text})
	}
	return p.addImports([]byte(p.apply(p.base, p.base+token.Pos(len(p.src)), edits)))
}
