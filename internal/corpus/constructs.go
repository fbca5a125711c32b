package corpus

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"sort"
	"strings"
)

// Constructs names the language constructs that occur in the Go files under dir. It is syntactic and
// serves to choose programs and to say which constructs the passed ones cover.
func Constructs(dir string) ([]string, error) {
	seen := map[string]bool{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if file == nil {
			return err
		}
		// A program that does not parse is the builders' to report.
		fileConstructs(file, seen)
		return nil
	})
	names := make([]string, 0, len(seen))
	for name := range seen {
		names = append(names, name)
	}
	sort.Strings(names)
	return names, err
}

func fileConstructs(file *ast.File, seen map[string]bool) {
	for _, imp := range file.Imports {
		switch imp.Path.Value {
		case `"unsafe"`, `"C"`, `"reflect"`, `"runtime"`:
			seen[strings.Trim(imp.Path.Value, `"`)] = true
		}
	}
	for _, d := range file.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Body != nil {
			if callsItself(fn) {
				seen["recursion"] = true
			}
			if fn.Recv != nil {
				seen["method"] = true
			}
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if name := constructOf(n); name != "" {
			seen[name] = true
		}
		return true
	})
}

func constructOf(n ast.Node) string {
	switch n := n.(type) {
	case *ast.ForStmt:
		return "for"
	case *ast.RangeStmt:
		return "range"
	case *ast.SwitchStmt:
		return "switch"
	case *ast.TypeSwitchStmt:
		return "type switch"
	case *ast.SelectStmt:
		return "select"
	case *ast.GoStmt:
		return "go"
	case *ast.DeferStmt:
		return "defer"
	case *ast.FuncLit:
		return "closure"
	case *ast.ChanType, *ast.SendStmt:
		return "chan"
	case *ast.MapType:
		return "map"
	case *ast.InterfaceType:
		return "interface"
	case *ast.IndexListExpr:
		return "generics"
	case *ast.LabeledStmt:
		return "label"
	case *ast.BranchStmt:
		switch n.Tok {
		case token.GOTO:
			return "goto"
		case token.FALLTHROUGH:
			return "fallthrough"
		}
	case *ast.FuncType:
		if n.TypeParams != nil {
			return "generics"
		}
		if n.Results != nil && len(n.Results.List) > 0 && len(n.Results.List[0].Names) > 0 {
			return "named result"
		}
	case *ast.TypeSpec:
		if n.TypeParams != nil {
			return "generics"
		}
	case *ast.CallExpr:
		if id, ok := n.Fun.(*ast.Ident); ok && (id.Name == "recover" || id.Name == "panic") {
			return id.Name
		}
	}
	return ""
}

func callsItself(fn *ast.FuncDecl) bool {
	found := false
	ast.Inspect(fn.Body, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			switch f := call.Fun.(type) {
			case *ast.Ident:
				found = found || fn.Recv == nil && f.Name == fn.Name.Name
			case *ast.SelectorExpr:
				found = found || fn.Recv != nil && f.Sel.Name == fn.Name.Name
			}
		}
		return true
	})
	return found
}
