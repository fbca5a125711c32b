package mirror

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/upstarego/upstarego/rewriter/ledger"
)

// write turns a type in the ledger's notation into Go. exact is false if
// something in it is opaque.
func (p *printer) write(typ string) (text string, exact bool) {
	var refs []string
	var b strings.Builder
	for rest := typ; ; {
		before, after, ok := strings.Cut(rest, "‹")
		b.WriteString(before)
		if !ok {
			break
		}
		key, tail, _ := strings.Cut(after, "›")
		fmt.Fprintf(&b, "upref_%d", len(refs))
		refs = append(refs, key)
		rest = tail
	}
	x, err := parser.ParseExpr(b.String())
	if err != nil {
		return "struct{} /* " + strings.ReplaceAll(typ, "*/", "* /") + ": " + err.Error() + " */", false
	}
	w := &writer{p: p, refs: refs, exact: true}
	return w.typ(x), w.exact
}

// Imports are the foreign packages that the types of a file are written with.
type Imports struct {
	names map[string]string // path → name in the file
	taken map[string]bool
	real  func(path string) string
}

// NewImports starts with none. real knows what packages are called, "" if it does not;
// it may be nil.
func NewImports(real func(path string) string) *Imports {
	return &Imports{map[string]string{}, map[string]bool{"was": true, "is": true, "framemap": true, "m": true}, real}
}

// Name is what the file calls a package, "" if no type needs it.
func (i *Imports) Name(path string) string { return i.names[path] }

// Paths are those of the packages, sorted.
func (i *Imports) Paths() []string { return slices.Sorted(maps.Keys(i.names)) }

// Type writes a type in the ledger's notation as framemap.go would, with the
// mirrors' package name as qualifier, and enters the foreign packages that it names.
func Type(r, program *ledger.Release, pkg, typ string, imports *Imports) string {
	p := newPrinter(r, program)
	p.prefix = pkg + "."
	p.real, p.imports, p.taken = imports.real, imports.names, imports.taken
	p.taken["unsafe"] = true
	_, before := p.imports["unsafe"]
	p.imports["unsafe"] = "unsafe"
	text, _ := p.write(typ)
	if !before && !strings.Contains(text, "unsafe.") {
		delete(p.imports, "unsafe")
	}
	return text
}

// Tuple writes the types of a list in parentheses, such as a function's results, each as
// Type does.
func Tuple(r, program *ledger.Release, pkg, list string, imports *Imports) []string {
	var l []string
	list = strings.TrimSuffix(strings.TrimPrefix(list, "("), ")")
	depth, key, from := 0, false, 0
	for i, c := range list + "," {
		switch {
		case c == '‹' || c == '›':
			key = c == '‹'
		case key:
		case strings.ContainsRune("([{", c):
			depth++
		case strings.ContainsRune(")]}", c):
			depth--
		case c == ',' && depth == 0:
			if t := strings.TrimSpace(list[from:i]); t != "" {
				l = append(l, Type(r, program, pkg, t, imports))
			}
			from = i + 1
		}
	}
	return l
}

type writer struct {
	p     *printer
	refs  []string
	exact bool
}

const (
	word  = "struct{ W0 unsafe.Pointer }"
	words = "struct{ W0, W1 unsafe.Pointer }"
)

func (w *writer) typ(x ast.Expr) string {
	switch x := x.(type) {
	case *ast.Ident:
		if n, ok := strings.CutPrefix(x.Name, "upref_"); ok {
			i, _ := strconv.Atoi(n)
			return w.named(w.refs[i])
		}
		return x.Name
	case *ast.SelectorExpr:
		return "unsafe.Pointer"
	case *ast.ParenExpr:
		return "(" + w.typ(x.X) + ")"
	case *ast.StarExpr:
		return "*" + w.typ(x.X)
	case *ast.ArrayType:
		n := ""
		if x.Len != nil {
			n = x.Len.(*ast.BasicLit).Value
		}
		return "[" + n + "]" + w.typ(x.Elt)
	case *ast.Ellipsis:
		return "..." + w.typ(x.Elt)
	case *ast.ChanType:
		return map[ast.ChanDir]string{ast.SEND: "chan<- ", ast.RECV: "<-chan ", ast.SEND | ast.RECV: "chan "}[x.Dir] + w.typ(x.Value)
	case *ast.MapType:
		// The hash of a key depends on what its words are.
		return w.whole(word, func() string { return "map[" + w.typ(x.Key) + "]" + w.typ(x.Value) }, x.Key, true)
	case *ast.FuncType:
		// So do the registers that an argument is passed in.
		return w.whole(word, func() string { return "func" + w.signature(x) }, x, false)
	case *ast.InterfaceType:
		return w.interf(x)
	case *ast.StructType:
		return w.structure(x)
	}
	w.exact = false
	return "struct{}"
}

// whole writes with f what may be written only if every part of it is exact, and
// otherwise instead. hashed: the parts are a map's key.
func (w *writer) whole(instead string, f func() string, parts ast.Node, hashed bool) string {
	ok := true
	ast.Inspect(parts, func(n ast.Node) bool {
		if id, is := n.(*ast.Ident); is {
			if n, is := strings.CutPrefix(id.Name, "upref_"); is {
				i, _ := strconv.Atoi(n)
				ok = ok && w.p.sharp(w.refs[i], hashed, map[string]bool{})
			}
		}
		if it, is := n.(*ast.InterfaceType); is {
			ok = ok && w.plainMethods(it)
		}
		return ok
	})
	if !ok {
		w.exact = false
		return instead
	}
	return f()
}

func (w *writer) signature(f *ast.FuncType) string {
	list := func(l *ast.FieldList) string {
		var s []string
		if l != nil {
			for _, f := range l.List {
				s = append(s, w.typ(f.Type))
			}
		}
		return "(" + strings.Join(s, ", ") + ")"
	}
	s := list(f.Params)
	if f.Results != nil {
		s += " " + list(f.Results)
	}
	return s
}

// plainMethods reports whether all methods are exported.
func (w *writer) plainMethods(it *ast.InterfaceType) bool {
	for _, m := range it.Methods.List {
		if len(m.Names) == 0 || !m.Names[0].IsExported() {
			return false
		}
	}
	return true
}

func (w *writer) interf(it *ast.InterfaceType) string {
	return w.whole(words, func() string {
		var l []string
		for _, m := range it.Methods.List {
			l = append(l, m.Names[0].Name+w.signature(m.Type.(*ast.FuncType)))
		}
		return "interface{ " + strings.Join(l, "; ") + " }"
	}, it, false)
}

func (w *writer) structure(st *ast.StructType) string {
	var names []string
	name := func(f *ast.Field) string {
		if len(f.Names) > 0 {
			return f.Names[0].Name
		}
		t := f.Type
		if s, ok := t.(*ast.StarExpr); ok {
			t = s.X
		}
		if id, ok := t.(*ast.Ident); ok {
			if n, ok := strings.CutPrefix(id.Name, "upref_"); ok {
				i, _ := strconv.Atoi(n)
				return path.Ext(w.refs[i])[1:]
			}
			return id.Name
		}
		return "_"
	}
	for _, f := range st.Fields.List {
		names = append(names, name(f))
	}
	to := exported(names)
	var l []string
	for i, f := range st.Fields.List {
		n := to[names[i]]
		if n == "" {
			n = "_"
		}
		s := n + " " + w.typ(f.Type)
		if f.Tag != nil && f.Tag.Kind == token.STRING {
			s += " " + f.Tag.Value
		}
		l = append(l, s)
	}
	return "struct{ " + strings.Join(l, "; ") + " }"
}

func (w *writer) named(key string) string {
	t := w.p.types[key]
	if t == nil {
		w.exact = false
		return "struct{}"
	}
	if name := w.p.names.Type(key); name != "" {
		w.p.want(name)
		return w.p.prefix + name
	}
	if w.p.canImport(t) {
		return w.p.importName(t.Pkg) + "." + t.Name
	}
	w.exact = false
	return opaque(t)
}

// canImport reports whether a foreign type may be named, and is the same in the
// release that it mirrors and the one that it is compiled with. A lineage keeps
// its toolchain, and with it the standard library.
func (p *printer) canImport(t *ledger.TypeDecl) bool {
	if !t.Open || t.Own {
		return false
	}
	if p.r == p.program || t.Std {
		return true
	}
	n := p.theirs[t.Key]
	return n != nil && !n.Own && n.Size == t.Size && n.Shape == t.Shape
}

func (p *printer) importName(pkg string) string {
	if n := p.imports[pkg]; n != "" {
		return n
	}
	base := ""
	if p.real != nil {
		base = p.real(pkg)
	}
	if base == "" {
		base = identifier(path.Base(pkg))
	}
	if base == "" || base[0] >= '0' && base[0] <= '9' {
		base = "p" + base
	}
	n := base
	for i := 2; p.taken[n]; i++ {
		n = fmt.Sprintf("%s_%d", base, i)
	}
	p.taken[n] = true
	p.imports[pkg] = n
	return n
}

// sharp reports whether nothing that a value of a type holds itself is opaque, so
// that it is passed in the same registers and, if that is asked, has the same hash.
// Two words are passed as an interface is, but not hashed as one.
func (p *printer) sharp(key string, hashed bool, under map[string]bool) bool {
	t := p.types[key]
	if t == nil {
		return false
	}
	if p.names.Type(key) == "" {
		return p.canImport(t)
	}
	if strings.HasPrefix(t.Under, "interface{") {
		// Its methods may take functions that take it again. What leads back to itself
		// is not opaque for that.
		if p.judged[key] {
			return true
		}
		if p.judged == nil {
			p.judged = map[string]bool{}
		}
		p.judged[key] = true
		defer delete(p.judged, key)
		_, exact := p.write(t.Under)
		return exact || !hashed
	}
	if under[key] {
		return true
	}
	under[key] = true
	for _, ref := range ledger.Refs(t.Under) {
		if !p.sharp(ref, hashed, under) {
			return false
		}
	}
	return true
}

// opaque is a struct of words.
func opaque(t *ledger.TypeDecl) string {
	var l []string
	add := func(n int64, elem string) {
		switch {
		case n == 1:
			l = append(l, fmt.Sprintf("W%d %s", len(l), elem))
		case n > 1:
			l = append(l, fmt.Sprintf("W%d [%d]%s", len(l), n, elem))
		}
	}
	for i := 0; i < len(t.Words); {
		j := i
		for j < len(t.Words) && t.Words[j] == t.Words[i] {
			j++
		}
		add(int64(j-i), map[byte]string{'p': "unsafe.Pointer", 'w': "uintptr"}[t.Words[i]])
		i = j
	}
	unit := map[int64]string{1: "byte", 2: "uint16", 4: "uint32", 8: "uint64"}[t.Align]
	switch rest := t.Size - 8*int64(len(t.Words)); {
	case t.Align == 0:
	case t.Size == 0:
		l = append(l, "W [0]"+unit)
	case len(t.Words) > 0 && t.Align == 8:
		add(rest, "byte")
	default:
		// A smaller alignment than a word's has words without pointers only.
		l = nil
		add(t.Size/t.Align, unit)
	}
	return "struct{ " + strings.Join(l, "; ") + " }"
}
