package rewriter

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"testing"

	"github.com/upstarego/upstarego/rewriter/ledger"
	"github.com/upstarego/upstarego/rewriter/load"
)

// TestRuntimeTypes compares the layouts of the runtime's types that frames hold with
// its source.
func TestRuntimeTypes(t *testing.T) {
	for file, want := range map[string]ledger.TypeDecl{"mapiter.go": mapIter, "generated.go": armed} {
		name := want.Key[len("github.com/upstarego/upstarego/runtime."):]
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, "../runtime/"+file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.TYPE {
				continue
			}
			for _, s := range g.Specs {
				if s.(*ast.TypeSpec).Name.Name != name {
					continue
				}
				only := &ast.File{Name: f.Name, Decls: append(decls(f, token.IMPORT), decls(f, token.TYPE)...)}
				conf := types.Config{Importer: noImports{}, Error: func(error) {}}
				pkg, _ := conf.Check("runtime", fset, []*ast.File{only}, nil) // other imports are not found, and not used
				typ := pkg.Scope().Lookup(name).Type()
				d := newDescriber(&load.Program{Sizes: types.SizesFor("gc", "amd64")})
				if size, words := d.sizes.Sizeof(typ), d.words(typ); size != want.Size || words != want.Words {
					t.Errorf("%s has %d bytes %s, the ledger says %d bytes %s", name, size, words, want.Size, want.Words)
				}
				want.Key = ""
			}
		}
		if want.Key != "" {
			t.Errorf("%s has no type %s", file, name)
		}
	}
}

func decls(f *ast.File, tok token.Token) []ast.Decl {
	var l []ast.Decl
	for _, d := range f.Decls {
		if g, ok := d.(*ast.GenDecl); ok && g.Tok == tok {
			l = append(l, g)
		}
	}
	return l
}

type noImports struct{}

func (noImports) Import(path string) (*types.Package, error) {
	if path == "unsafe" {
		return types.Unsafe, nil
	}
	return types.NewPackage(path, path), nil
}
