package targets

import (
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"slices"
	"strings"

	"github.com/upstarego/upstarego/framemap/check"
	"github.com/upstarego/upstarego/framemap/draft"
)

var (
	releaseNumber = regexp.MustCompile(`upstare/r[0-9]+/`)
	ofRelease     = regexp.MustCompile(`release [0-9]+`)
)

// byHand counts the lines of a frame map that were written by hand, and tells what is wrong with
// it. A rule that framemap writes for who asks for it counts as the line that asks.
func byHand(in check.Input, text string) (lines int, wrong []string, err error) {
	drafted, err := draft.Write(in)
	if err != nil {
		return 0, nil, err
	}
	have := ruled(drafted)
	var asked []string
	for _, key := range ruled([]byte(text)) {
		if slices.Contains(have, key) || slices.Contains(asked, key) {
			continue
		}
		if more, err := draft.Write(in, append(asked, key)...); err == nil {
			drafted, asked = more, append(asked, key)
		}
	}
	in.Source = []byte(text)
	_, diags := check.Check(in)
	for _, d := range diags {
		wrong = append(wrong, d.Error())
	}
	return handWritten(text, string(drafted)) + len(asked), wrong, nil
}

// ruled are the functions and types that a frame map has a rule with statements for.
func ruled(text []byte) (keys []string) {
	f, err := parser.ParseFile(token.NewFileSet(), "framemap.go", text, parser.SkipObjectResolution)
	if err != nil {
		return nil
	}
	constants := map[string]string{}
	ast.Inspect(f, func(n ast.Node) bool {
		if s, ok := n.(*ast.ValueSpec); ok {
			for i, id := range s.Names {
				if i < len(s.Values) {
					constants[id.Name] = constant(s.Values[i], constants)
				}
			}
		}
		return true
	})
	ast.Inspect(f, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok && len(call.Args) > 2 {
			sel, ok := call.Fun.(*ast.SelectorExpr)
			if key := constant(call.Args[1], constants); ok && key != "" && (sel.Sel.Name == "Locals" || sel.Sel.Name == "Type") {
				keys = append(keys, key)
			}
		}
		return true
	})
	return keys
}

// constant is the string that an expression is, "" if it is none.
func constant(x ast.Expr, known map[string]string) string {
	switch x := x.(type) {
	case *ast.Ident:
		return known[x.Name]
	case *ast.BinaryExpr:
		return constant(x.X, known) + constant(x.Y, known)
	case *ast.BasicLit:
		return literal(x)
	}
	return ""
}

// handWritten counts the lines of a frame map that are not those of its draft. A line that
// stands in the draft and waits for a decision is another line once it has been decided; a
// choice that was offered in a comment is one once it is code. Comments count like code,
// and empty lines do not.
func handWritten(text, draft string) (n int) {
	generated := make(map[string]int)
	for line := range strings.Lines(draft) {
		generated[sameStep(line)]++
	}
	for line := range strings.Lines(text) {
		line = sameStep(line)
		if line == "" {
			continue
		}
		if generated[line] > 0 {
			generated[line]--
			continue
		}
		n++
	}
	return n
}

// sameStep is a line without indentation and without the number of its step.
func sameStep(line string) string {
	return ofRelease.ReplaceAllString(releaseNumber.ReplaceAllString(strings.TrimSpace(line), "upstare/r2/"), "release")
}
