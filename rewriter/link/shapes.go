package link

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// shapes holds what type checking found: for every named type and package
// variable outside the standard library its structure, as text, with other named
// types by linker name.
//
// The structure is what the runtime's typesEqual compares, no more and no less:
// methods and the constraints of type parameters are not part of it. Were it
// finer, a type could get a new node and still be merged with the old one at run
// time, and reflect would see two types where the program has one.
type shapes struct {
	text  map[string]string   // type → its own structure
	refs  map[string][]string // type → types its structure names
	local map[string]string   // function-local type → "function/ordinal"
	vars  map[string]varShape
	wrote map[string]bool   // variables that some package may write to
	deep  map[string]string // type → hash of everything it reaches; see settle
}

// packageShapes is what one package has of them. It is kept as JSON.
type packageShapes struct {
	Types  map[string]typeShape
	Vars   map[string]varShape
	Writes []string `json:",omitempty"` // variables, also of other packages, that it may write to
}

type typeShape struct {
	Text  string
	Refs  []string `json:",omitempty"`
	Local string   `json:",omitempty"`
}

type varShape struct {
	Text string
	Refs []string `json:",omitempty"`
	Pkg  string

	Init    string // fingerprint of what it begins with
	Static  bool   // that is in the object file: no code makes it
	Failure bool   // it is an error, and others compare with it
}

// check finds the shapes of all packages outside the standard library. It type-checks
// them from what the compiler read, bodies included, for types are declared there too,
// against what the compiler says of those that they import.
func (p *program) check() (*shapes, error) {
	sh := &shapes{text: map[string]string{}, refs: map[string][]string{}, local: map[string]string{}, vars: map[string]varShape{}, wrote: map[string]bool{}}
	seen := p.in.Seen.settled()
	paths := map[string]string{} // packages outside the standard library → what symbols call them
	export := map[string]string{}
	for _, q := range p.pkgs {
		export[q.ImportPath] = q.Export
		if !q.Standard {
			paths[q.ImportPath] = q.linkerPath()
		}
	}
	fset := token.NewFileSet()
	compiled := importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) {
		file := export[path]
		if file == "" {
			file = export["vendor/"+path]
		}
		if file == "" {
			return nil, fmt.Errorf("no export data for %s", path)
		}
		return os.Open(file)
	})
	keys := p.keys()
	for _, q := range p.pkgs {
		if q.Standard {
			continue
		}
		k := keys[q]
		found := seen.shapes(k)
		if found == nil {
			var err error
			if found, err = p.checkPackage(q, fset, compiled, paths); err != nil {
				return nil, err
			}
			seen.keep(k, found)
		}
		for name, t := range found.Types {
			sh.text[name], sh.refs[name] = t.Text, t.Refs
			if t.Local != "" {
				sh.local[name] = t.Local
			}
		}
		maps.Copy(sh.vars, found.Vars)
		for _, v := range found.Writes {
			sh.wrote[v] = true
		}
	}
	return sh, nil
}

func (p *program) checkPackage(q *listed, fset *token.FileSet, compiled types.Importer, paths map[string]string) (*packageShapes, error) {
	var files []*ast.File
	for _, f := range q.CompiledGoFiles {
		if !filepath.IsAbs(f) {
			f = filepath.Join(q.Dir, f)
		}
		src, err := p.read(f)
		if err != nil {
			return nil, fmt.Errorf("link: package %s: %w", q.ImportPath, err)
		}
		if !strings.HasSuffix(f, ".go") && !strings.HasSuffix(f, "-d") /* cgo's output, in the build cache */ {
			continue
		}
		a, err := parser.ParseFile(fset, f, src, parser.SkipObjectResolution)
		if err != nil {
			return nil, fmt.Errorf("link: package %s: %w", q.ImportPath, err)
		}
		files = append(files, a)
	}
	var first error
	conf := types.Config{
		Sizes: types.SizesFor("gc", "amd64"),
		Error: func(err error) {
			if first == nil {
				first = err
			}
		},
		Importer: importFunc(func(path string) (*types.Package, error) {
			if to, ok := q.ImportMap[path]; ok {
				path = to
			}
			return compiled.Import(path)
		}),
	}
	info := &types.Info{
		Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{}, Types: map[ast.Expr]types.TypeAndValue{},
		Selections: map[*ast.SelectorExpr]*types.Selection{},
	}
	pkg, _ := conf.Check(q.ImportPath, fset, files, info)
	if first != nil {
		return nil, fmt.Errorf("link: package %s compiles, and yet does not type-check: %w", q.ImportPath, first)
	}
	return collect(q, pkg, files, info, paths), nil
}

type importFunc func(string) (*types.Package, error)

func (f importFunc) Import(path string) (*types.Package, error) { return f(path) }

// collect gives a package's types and variables. paths are what symbols call the
// packages outside the standard library.
func collect(q *listed, pkg *types.Package, files []*ast.File, info *types.Info, paths map[string]string) *packageShapes {
	path := q.linkerPath()
	names, local := map[*types.TypeName]string{}, map[string]string{}
	var named []*types.TypeName
	enter := func(o *types.TypeName, name string) {
		names[o] = name
		named = append(named, o)
	}
	scope := pkg.Scope()
	for _, n := range scope.Names() {
		if o, ok := scope.Lookup(n).(*types.TypeName); ok && !o.IsAlias() {
			enter(o, path+"."+n)
		}
	}
	// The compiler numbers the types declared in functions through all files of
	// the package, in the order of the source (noder.declCollector).
	n := 0
	for _, f := range files {
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			bodyOf := "var"
			if ok {
				bodyOf = funcKey(fn)
			}
			ordinal := 0
			blocks := 0
			var walk func(ast.Node) bool
			walk = func(node ast.Node) bool {
				switch node := node.(type) {
				case *ast.BlockStmt:
					blocks++
					for _, s := range node.List {
						ast.Inspect(s, walk)
					}
					blocks--
					return false
				case *ast.TypeSpec:
					if blocks == 0 || node.Assign.IsValid() {
						break
					}
					n++
					ordinal++
					if o, ok := info.Defs[node.Name].(*types.TypeName); ok && o.Name() != "_" {
						name := path + "." + o.Name() + "·" + strconv.Itoa(n)
						enter(o, name)
						local[name] = fmt.Sprintf("%s/%d", bodyOf, ordinal)
					}
				}
				return true
			}
			ast.Inspect(d, walk)
		}
	}
	found := &packageShapes{Types: map[string]typeShape{}, Vars: map[string]varShape{}}
	for _, o := range named {
		w := typeWriter{names: names, paths: paths}
		w.write(o.Type().Underlying())
		text, refs := w.result()
		name := names[o]
		found.Types[name] = typeShape{text, refs, local[name]}
	}
	for _, n := range scope.Names() {
		if o, ok := scope.Lookup(n).(*types.Var); ok {
			w := typeWriter{names: names, paths: paths}
			w.write(o.Type())
			text, refs := w.result()
			found.Vars[path+"."+n] = varShape{Text: text, Refs: refs, Pkg: q.ImportPath}
		}
	}
	found.initial(path, pkg, files, info, paths)
	return found
}

func funcKey(fn *ast.FuncDecl) string {
	if fn.Recv == nil || len(fn.Recv.List) == 0 {
		return fn.Name.Name
	}
	t, star := fn.Recv.List[0].Type, ""
	for {
		switch x := t.(type) {
		case *ast.StarExpr:
			t, star = x.X, "*"
			continue
		case *ast.ParenExpr:
			t = x.X
			continue
		case *ast.IndexExpr:
			t = x.X
			continue
		case *ast.IndexListExpr:
			t = x.X
			continue
		case *ast.Ident:
			return "(" + star + x.Name + ")." + fn.Name.Name
		}
		return fn.Name.Name
	}
}

// typeWriter writes a type's structure with exact references.
type typeWriter struct {
	names map[*types.TypeName]string // of the package's own types
	paths map[string]string
	b     strings.Builder
	refs  map[string]bool
}

// name is what symbols call a type, and whether it is one outside the standard library.
func (w *typeWriter) name(o *types.TypeName) (name string, ours bool) {
	if name, ours = w.names[o]; ours {
		return name, true
	}
	if o.Pkg() == nil {
		return o.Name(), false // error, comparable
	}
	if path, ours := w.paths[o.Pkg().Path()]; ours {
		return path + "." + o.Name(), true
	}
	return prefix(o.Pkg().Path()) + "." + o.Name(), false
}

func (w *typeWriter) result() (string, []string) {
	var refs []string
	for r := range w.refs {
		refs = append(refs, r)
	}
	sort.Strings(refs)
	return w.b.String(), refs
}

func (w *typeWriter) list(open string, n int, at func(int) types.Type) {
	w.b.WriteString(open)
	for i := range n {
		if i > 0 {
			w.b.WriteByte(',')
		}
		w.write(at(i))
	}
}

func (w *typeWriter) write(t types.Type) {
	b := &w.b
	switch t := types.Unalias(t).(type) {
	case *types.Basic:
		b.WriteString(t.Name())
	case *types.TypeParam:
		// by place: another name for it is no other type
		fmt.Fprintf(b, "$%d", t.Index())
	case *types.Named:
		name, ours := w.name(t.Origin().Obj())
		if ours {
			if w.refs == nil {
				w.refs = map[string]bool{}
			}
			w.refs[name] = true
		}
		b.WriteString(name)
		if a := t.TypeArgs(); a.Len() > 0 {
			w.list("[", a.Len(), a.At)
			b.WriteByte(']')
		}
	case *types.Pointer:
		b.WriteByte('*')
		w.write(t.Elem())
	case *types.Slice:
		b.WriteString("[]")
		w.write(t.Elem())
	case *types.Array:
		fmt.Fprintf(b, "[%d]", t.Len())
		w.write(t.Elem())
	case *types.Chan:
		fmt.Fprintf(b, "chan%d(", t.Dir())
		w.write(t.Elem())
		b.WriteByte(')')
	case *types.Map:
		b.WriteString("map[")
		w.write(t.Key())
		b.WriteByte(']')
		w.write(t.Elem())
	case *types.Struct:
		b.WriteString("struct{")
		for i := range t.NumFields() {
			f := t.Field(i)
			w.member(f)
			if f.Embedded() {
				b.WriteByte('!')
			}
			b.WriteByte(' ')
			w.write(f.Type())
			if tag := t.Tag(i); tag != "" {
				b.WriteString(strconv.Quote(tag))
			}
			b.WriteByte(';')
		}
		b.WriteByte('}')
	case *types.Signature:
		w.list("func(", t.Params().Len(), func(i int) types.Type { return t.Params().At(i).Type() })
		if t.Variadic() {
			b.WriteString("...")
		}
		w.list(")(", t.Results().Len(), func(i int) types.Type { return t.Results().At(i).Type() })
		b.WriteByte(')')
	case *types.Interface:
		b.WriteString("interface{")
		ms := make([]*types.Func, t.NumMethods())
		for i := range ms {
			ms[i] = t.Method(i)
		}
		slices.SortFunc(ms, func(a, b *types.Func) int { return strings.Compare(a.Id(), b.Id()) })
		for _, m := range ms {
			w.member(m)
			w.write(m.Type())
			b.WriteByte(';')
		}
		b.WriteByte('}')
	default:
		fmt.Fprintf(b, "%T", t) // unions: only in constraints, which have no descriptor
	}
}

// member writes a field's or method's name; an unexported one belongs to its package.
func (w *typeWriter) member(o types.Object) {
	if !o.Exported() && o.Pkg() != nil {
		w.b.WriteString(o.Pkg().Path())
		w.b.WriteByte('.')
	}
	w.b.WriteString(o.Name())
}

// settle computes the deep shapes: two releases agree on a type's exactly when
// they agree on the structure of everything it reaches. Types that reach each
// other (strongly connected components, Tarjan) have one shape between them and
// their names in it.
func (sh *shapes) settle() {
	sh.deep = map[string]string{}
	index, low := map[string]int{}, map[string]int{}
	on := map[string]bool{}
	var stack []string
	var visit func(string)
	visit = func(v string) {
		index[v] = len(index) + 1
		low[v] = index[v]
		stack = append(stack, v)
		on[v] = true
		for _, r := range sh.refs[v] {
			if index[r] == 0 {
				visit(r)
				low[v] = min(low[v], low[r])
			} else if on[r] {
				low[v] = min(low[v], index[r])
			}
		}
		if low[v] != index[v] {
			return
		}
		at := slices.Index(stack, v)
		group := slices.Clone(stack[at:])
		stack = stack[:at]
		slices.Sort(group)
		h := sha256.New()
		outside := map[string]bool{}
		for _, g := range group {
			on[g] = false
			fmt.Fprintf(h, "%q %q %q\n", g, sh.local[g], sh.text[g])
			for _, r := range sh.refs[g] {
				if d := sh.deep[r]; d != "" {
					outside[r+" "+d] = true
				}
			}
		}
		for _, o := range sortedKeys(outside) {
			fmt.Fprintln(h, o)
		}
		sum := h.Sum(nil)
		for _, g := range group {
			own := sha256.Sum256(append(slices.Clone(sum), g...))
			sh.deep[g] = hex.EncodeToString(own[:10])
		}
	}
	for _, v := range sortedKeys(sh.text) {
		if index[v] == 0 {
			visit(v)
		}
	}
}

// varDeep is the fingerprint of a variable's type.
func (sh *shapes) varDeep(v varShape) string {
	h := sha256.New()
	fmt.Fprintln(h, v.Text)
	for _, r := range v.Refs {
		fmt.Fprintln(h, r, sh.deep[r])
	}
	return hex.EncodeToString(h.Sum(nil)[:10])
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
