package rewriter

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"go/ast"
	"go/types"
	"path/filepath"
	"sort"
	"strings"

	"github.com/upstarego/upstarego/internal/diag"
	"github.com/upstarego/upstarego/rewriter/body"
	"github.com/upstarego/upstarego/rewriter/colour"
	"github.com/upstarego/upstarego/rewriter/desugar"
	"github.com/upstarego/upstarego/rewriter/load"
)

// Output is the instrumented source of a program.
type Output struct {
	Files    map[string][]byte // absolute path → content
	Packages []string          // import paths of own packages, in dependency order
	Funcs    []*desugar.Func

	// Instances of generic functions and methods, by their declarations.
	Instances map[*types.Func][]Instance

	// OwnVars are package variables, by name, of which every release has its own.
	OwnVars []string

	// TypeInstances are those of generic types that a release may change.
	TypeInstances []TypeInstance

	colour *colour.Result
}

// MainName starts main.main from outside its package.
const MainName = "UpstareMain"

// RegisterName is the function of an own package that enters it into a release.
// It is another one for every package: a dot-import makes the exported names of
// one package those of another's files.
func RegisterName(path string) string {
	sum := sha256.Sum256([]byte(path))
	return "UpstareRegister" + strings.ToUpper(hex.EncodeToString(sum[:4]))
}

// Rewrite instruments every own package. All refusals are reported.
func Rewrite(p *load.Program, col *colour.Result) (*Output, error) {
	out := &Output{Files: map[string][]byte{}, colour: col, OwnVars: ownVars(p)}
	out.Instances, out.TypeInstances = findInstances(p)
	return out, out.rewrite(p, col, func(pkg *load.Package, registers []register, locals []registered, funcs int) {
		var names []string
		for _, r := range registers {
			names = append(names, r.name)
		}
		out.Files[filepath.Join(pkg.Dir, registerFile)] = out.register(pkg, names, locals, funcs, pkg == p.Main)
	})
}

// ownVars are what generated code declares: each release polls with its own functions,
// and takes from files what is theirs now.
func ownVars(p *load.Program) []string {
	l := []string{body.FuncsName}
	for _, pkg := range p.Own {
		for _, name := range pkg.Types.Scope().Names() {
			if v, ok := pkg.Types.Scope().Lookup(name).(*types.Var); ok {
				if g, ok := p.Given(v); ok && g.Embed != nil {
					l = append(l, body.EmbedPrefix+name)
				}
			}
		}
	}
	return l
}

// A register is the function of an instrumented file that enters it into a release.
type register struct {
	file string // the file's path
	name string
}

// rewrite instruments every own package and lets finish add what is generated
// once for each.
func (out *Output) rewrite(p *load.Program, col *colour.Result, finish func(pkg *load.Package, registers []register, locals []registered, funcs int)) error {
	var diags diag.List
	var broken error
	for _, pkg := range p.Own {
		out.Packages = append(out.Packages, pkg.PkgPath)
		hidden(p, pkg, &diags)
		ids := map[string]int{}
		scope := desugar.NewScope(pkg)
		funcs := 0
		var registers []register
		var locals []registered
		keys := localKeys(pkg)
		for i, f := range pkg.Syntax {
			trees := map[ast.Decl]*desugar.Tree{}
			for _, d := range f.Decls {
				t := desugar.Build(p, pkg, scope, col, i, d, func(fd *ast.FuncDecl) string { return declKey(pkg, fd) }, &diags)
				if t == nil {
					continue
				}
				for _, fn := range t.Funcs {
					if ids[fn.ID]++; ids[fn.ID] > 1 {
						fn.ID = fmt.Sprintf("%s_%d", fn.ID, ids[fn.ID])
					}
					if fn.Rewrite {
						fn.Index = funcs
						funcs++
					}
				}
				trees[d] = t
				locals = append(locals, registeredLocals(pkg, keys, t)...)
			}
			if len(trees) > 0 {
				body.RefuseLines(p, f, &diags)
			}
			if len(diags) > 0 {
				continue // what was refused cannot be printed; look for more refusals
			}
			file, err := body.Print(p, pkg, scope, i, trees)
			if err != nil {
				broken = err
			}
			if file == nil {
				continue
			}
			out.Files[file.Name] = file.Content
			if file.Register != "" {
				registers = append(registers, register{file.Name, file.Register})
			}
			out.Funcs = append(out.Funcs, file.Funcs...)
		}
		finish(pkg, registers, locals, funcs)
	}
	if err := diags.Err(); err != nil {
		return err
	}
	return broken
}

// hidden refuses declarations that give names that instrumented source says another
// meaning, in a whole package or file, and that could not be renamed.
func hidden(p *load.Program, pkg *load.Package, diags *diag.List) {
	scopes := []*types.Scope{pkg.Types.Scope()}
	for _, f := range pkg.Syntax {
		scopes = append(scopes, pkg.Info.Scopes[f])
	}
	for _, name := range load.Spoken {
		for _, s := range scopes {
			if obj := s.Lookup(name); obj != nil {
				diags.Add(diag.HiddenName, p.Position(obj.Pos()), "declaration of "+name, "instrumented source means the predeclared one by it", "rename it")
			}
		}
	}
}

// registerFile sorts before every other file of its package: see body.FuncsName.
const registerFile = "00upstare.go"

// register prints the generated file of a package.
func (o *Output) register(pkg *load.Package, registers []string, locals []registered, funcs int, main bool) []byte {
	var b strings.Builder
	imports, instances := o.registerInstances(pkg)
	fmt.Fprintf(&b, "package %s\n\nimport upstare_rt %q\n%s\n", pkg.Name, body.RuntimePath, imports)
	if funcs > 0 {
		fmt.Fprintf(&b, "var %s [%d]upstare_rt.Func\n\n", body.FuncsName, funcs)
	}
	fmt.Fprintf(&b, "// %[1]s enters the package's functions, types and variables into a release.\nfunc %[1]s(r *upstare_rt.Release) {\n", RegisterName(pkg.PkgPath))
	for _, r := range registers {
		fmt.Fprintf(&b, "\t%s(r)\n", r)
	}
	b.WriteString(instances)
	addType := func(t registered) {
		fmt.Fprintf(&b, "\tr.AddType(%q, upstare_rt.TypeTo((*%s)(nil)))\n", t.key, t.name)
	}
	scope := pkg.Types.Scope()
	names := scope.Names()
	sort.Strings(names)
	for _, n := range names {
		switch o := scope.Lookup(n).(type) {
		case *types.TypeName:
			if isRegistered(o) {
				addType(registered{pkg.PkgPath + "." + n, n})
			}
		case *types.Var:
			if n != "_" {
				fmt.Fprintf(&b, "\tr.AddVar(%q, &%s)\n", pkg.PkgPath+"."+n, n)
			}
		}
	}
	for _, t := range locals {
		addType(t)
	}
	b.WriteString("}\n")
	if main {
		fmt.Fprintf(&b, "\n//line :%d:1\n\n// %s runs the program.\n//\n//go:noinline\nfunc %s() { main() }\n", body.LineSkip, MainName, MainName)
	}
	return []byte(b.String())
}

// declKey names a declared function in the lineage.
func declKey(pkg *load.Package, fd *ast.FuncDecl) string {
	obj, _ := pkg.Info.Defs[fd.Name].(*types.Func)
	if obj == nil {
		return pkg.PkgPath + "." + fd.Name.Name
	}
	recv := obj.Type().(*types.Signature).Recv()
	if recv == nil {
		return pkg.PkgPath + "." + fd.Name.Name + brackets(obj.Type().(*types.Signature).TypeParams().Len())
	}
	t := recv.Type()
	ptr := ""
	if pt, ok := t.(*types.Pointer); ok {
		t, ptr = pt.Elem(), "*"
	}
	name := "?"
	if n, ok := t.(*types.Named); ok {
		name = n.Obj().Name() + brackets(n.TypeParams().Len())
	}
	if ptr != "" {
		return fmt.Sprintf("%s.(*%s).%s", pkg.PkgPath, name, fd.Name.Name)
	}
	return fmt.Sprintf("%s.%s.%s", pkg.PkgPath, name, fd.Name.Name)
}

// brackets is where the type arguments of an instance go in a generic
// function's key.
func brackets(n int) string {
	if n == 0 {
		return ""
	}
	return "[]"
}
