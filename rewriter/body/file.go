package body

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"sort"
	"strings"

	"github.com/upstarego/upstarego/rewriter/desugar"
	"github.com/upstarego/upstarego/rewriter/load"
)

// Import paths of what generated code leans on.
const (
	RuntimePath = desugar.RuntimePath
	WordPath    = RuntimePath + "/word"
	RoomPath    = RuntimePath + "/room"
	OlderPath   = RuntimePath + "/older"
)

type filePrinter struct {
	prog  *load.Program
	pkg   *load.Package
	scope *desugar.Scope
	info  *types.Info
	file  *ast.File
	src   []byte
	base  token.Pos
	names map[string]string // import path → name in this file
	added map[string]string // imports to add: name → path
	taken map[string]bool
	lent  map[string]bool // import paths that generated code mentions
	lines bool            // the source has //line directives

	brought map[ast.Expr]string // operands of assertions that are brought up, by which function
}

// A File is one instrumented source file.
type File struct {
	Name     string // absolute path of the source
	Content  []byte
	Register string // name of the function that registers it
	Funcs    []*desugar.Func
}

func newFilePrinter(prog *load.Program, pkg *load.Package, scope *desugar.Scope, i int) *filePrinter {
	f := pkg.Syntax[i]
	p := &filePrinter{prog: prog, pkg: pkg, scope: scope, info: pkg.Info, file: f, src: pkg.Src[i],
		base:  prog.Fset.File(f.FileStart).Pos(0),
		names: map[string]string{}, added: map[string]string{}, taken: map[string]bool{}, lent: map[string]bool{}}
	p.lines = lineDirective(p.src)
	p.assertions()
	for _, n := range pkg.Types.Scope().Names() {
		p.taken[n] = true
	}
	for _, imp := range f.Imports {
		var obj types.Object
		if imp.Name != nil {
			obj = pkg.Info.Defs[imp.Name]
		} else {
			obj = pkg.Info.Implicits[imp]
		}
		if pn, ok := obj.(*types.PkgName); ok && pn.Name() != "." && pn.Name() != "_" {
			p.names[pn.Imported().Path()] = pn.Name()
			p.taken[pn.Name()] = true
		}
	}
	return p
}

func (p *filePrinter) importName(pkg *types.Package) string {
	return p.importPath(pkg.Path(), pkg.Name())
}

func (p *filePrinter) importPath(path, name string) string {
	p.lent[path] = true
	if n, ok := p.names[path]; ok {
		return n
	}
	n := "upstare_" + name
	for i := 2; p.taken[n]; i++ {
		n = fmt.Sprintf("upstare_%s%d", name, i)
	}
	p.taken[n] = true
	p.names[path] = n
	p.added[n] = path
	return n
}

func (p *filePrinter) upstare() string { return p.importPath(RuntimePath, "rt") }
func (p *filePrinter) word() string    { return p.importPath(WordPath, "word") }
func (p *filePrinter) older() string   { return p.importPath(OlderPath, "older") }

// Print instruments one file. It returns nil if nothing in it changes. trees
// holds the normal form of the declarations that change.
func Print(prog *load.Program, pkg *load.Package, scope *desugar.Scope, i int, trees map[ast.Decl]*desugar.Tree) (*File, error) {
	p := newFilePrinter(prog, pkg, scope, i)
	out := &File{Name: pkg.Filenames[i]}
	var parts []part
	var resume, makers, rest, register strings.Builder
	for _, d := range p.file.Decls {
		t := trees[d]
		if t == nil {
			continue
		}
		pr := &printer{filePrinter: p, t: t, ahead: map[*desugar.Func]string{}}
		parts = append(parts, part{from: d.Pos(), to: d.End(), text: pr.decl(d)})
		rest.WriteString(pr.sub(pr.localTypes))
		rest.WriteString(pr.sub(pr.instances))
		for _, fn := range t.Funcs {
			if !fn.Rewrite {
				continue
			}
			out.Funcs = append(out.Funcs, fn)
			if NeedsResume(fn) {
				resume.WriteString(pr.resumeFunc(fn))
			}
			if needsMaker(fn) {
				makers.WriteString(pr.maker(fn))
			}
			rest.WriteString(pr.sub(func() {
				pr.frameType(fn)
				pr.pointFuncs(fn)
				pr.f("\n//line :%d:1\n", lineSkip)
				pr.bindFunc(fn)
				pr.helperFunc(fn)
				pr.f("\n//line :%d:1\n", linePoint)
			}))
			register.WriteString(pr.register(fn))
		}
		rest.WriteString(strings.Join(t.Helpers, ""))
		if len(t.Adapters) > 0 {
			fmt.Fprintf(&rest, "\n//line :%d:1\n%s\n//line :%d:1\n", lineSkip, strings.Join(t.Adapters, ""), linePoint)
		}
	}
	inits, registerInits := p.initialisers(trees)
	words := p.wordParts(trees)
	if len(parts) == 0 && inits == "" {
		if len(words) > 0 {
			out.Content = p.onlyWords(words)
			return out, nil
		}
		return nil, nil
	}
	register.WriteString(registerInits)
	addFiles := ""
	if p.lines && len(parts) > 0 {
		addFiles = p.otherFiles()
	}
	if len(parts)+len(words) > 0 {
		parts = append(append(p.blankImports(trees), parts...), words...)
		sort.SliceStable(parts, func(i, j int) bool { return parts[i].from < parts[j].from })
	}
	out.Register = fmt.Sprintf("upstareRegister_%d", i)
	var b bytes.Buffer
	at := p.base
	end := p.base + token.Pos(len(p.src))
	for _, pt := range parts {
		b.Write(p.src[at-p.base : pt.from-p.base])
		b.WriteString(pt.text)
		at = pt.to
		if at < end && !pt.within {
			// What follows on the same line (a comment) keeps its line; what
			// follows on the next needs a directive of its own.
			nl := bytes.IndexByte(p.src[at-p.base:], '\n')
			if nl >= 0 {
				b.Write(p.src[at-p.base : int(at-p.base)+nl+1])
				at += token.Pos(nl + 1)
				fmt.Fprintf(&b, "\n//line %s\n", p.where(at))
			}
		}
	}
	b.Write(p.src[at-p.base:])
	fmt.Fprintf(&b, "\n\n//line %s\n// %s enters this file's functions into a release.\nfunc %s(r *%s.Release) {\n%sr.AddFile()\n%s}\n", p.end(), out.Register, out.Register, p.upstare(), addFiles, register.String())
	b.WriteString(inits)
	b.WriteString(resume.String())
	b.WriteString(makers.String())
	fmt.Fprintf(&b, "\n\n//line :%d:1\n", linePoint)
	b.WriteString(rest.String())

	text := p.addImports(b.Bytes())
	formatted, err := p.format(text)
	if err != nil {
		return &File{Name: out.Name, Content: text}, fmt.Errorf("%s: instrumented source does not parse: %w", out.Name, err)
	}
	out.Content = formatted
	return out, nil
}

// A part replaces a stretch of the source.
type part struct {
	from, to token.Pos
	text     string
	within   bool // on a line that otherwise stays as it is
}

// blankImports keeps imports that only constants inside functions mentioned, which
// are printed by value: the packages are still initialised.
func (p *filePrinter) blankImports(trees map[ast.Decl]*desugar.Tree) []part {
	used, dotted := map[types.Object]bool{}, map[*types.Scope]bool{}
	for _, d := range p.file.Decls {
		t := trees[d]
		ast.Inspect(d, func(n ast.Node) bool {
			if n != nil {
				if path, _ := p.replaced(n); path != "" {
					return false
				}
			}
			switch n := n.(type) {
			case *ast.DeclStmt:
				g, ok := n.Decl.(*ast.GenDecl)
				return t == nil || !ok || g.Tok != token.CONST
			case *ast.Ident:
				if obj := p.info.Uses[n]; obj != nil {
					used[obj], dotted[obj.Parent()] = true, true
				}
			}
			return true
		})
	}
	var parts []part
	for _, imp := range p.file.Imports {
		var obj types.Object
		if imp.Name != nil {
			obj = p.info.Defs[imp.Name]
		} else {
			obj = p.info.Implicits[imp]
		}
		pn, ok := obj.(*types.PkgName)
		if !ok || pn.Name() == "_" || p.lent[pn.Imported().Path()] {
			continue
		}
		if !used[pn] && (pn.Name() != "." || !dotted[pn.Imported().Scope()]) {
			parts = append(parts, part{from: imp.Pos(), to: imp.End(), text: "_ " + imp.Path.Value})
		}
	}
	return parts
}

// addImports puts the added imports behind the package clause, on its line.
func (p *filePrinter) addImports(src []byte) []byte {
	var names []string
	for n := range p.added {
		names = append(names, n)
	}
	sort.Strings(names)
	var imp strings.Builder
	for _, n := range names {
		fmt.Fprintf(&imp, "; import %s %q", n, p.added[n])
	}
	at := int(p.file.Name.End() - p.base)
	var b bytes.Buffer
	b.Write(src[:at])
	b.WriteString(imp.String())
	rest := src[at:]
	if nl := bytes.IndexByte(rest, '\n'); nl >= 0 {
		// gofmt gives each import its own line.
		b.Write(rest[:nl+1])
		// An import on the same line may have become a blank one.
		was := bytes.IndexByte(p.src[at:], '\n')
		fmt.Fprintf(&b, "\n//line %s\n", p.where(p.file.Name.End()+token.Pos(was+1)))
		rest = rest[nl+1:]
	}
	b.Write(rest)
	return b.Bytes()
}

// decl prints a declaration with its functions instrumented.
func (p *printer) decl(d ast.Decl) string {
	fd, ok := d.(*ast.FuncDecl)
	if !ok {
		return p.node(&context{}, d, nil)
	}
	fn := p.t.Funcs[0]
	c := &context{fn: fn}
	if !fn.Rewrite {
		return p.node(c, d, nil)
	}
	// The signature with its names, then the fast body. A doc comment with
	// directives comes first.
	head := p.node(c, fd.Type, nil)
	_ = head
	sig := p.signature(c, fd)
	return sig + " {\n" + p.fastBody(c) + p.lastComment(fd) + "}"
}

// lastComment is the comment at the end of an example, which the go command reads.
// gofmt takes an unindented one that touches the brace for documentation, and
// nothing but the comment may stand between it and the brace.
func (p *printer) lastComment(fd *ast.FuncDecl) string {
	if !strings.HasPrefix(fd.Name.Name, "Example") || !load.EnteredByTests(p.prog.Fset, fd) {
		return ""
	}
	text := ""
	for _, g := range p.file.Comments {
		if fd.Body.Lbrace < g.Pos() && g.End() <= fd.Body.Rbrace {
			c := string(p.src[g.Pos()-p.base : g.End()-p.base])
			first := p.prog.Fset.PositionFor(fd.Body.Rbrace, false).Line - strings.Count(c, "\n") - 2
			text = fmt.Sprintf("\n//line :%d:1\n\n\t%s\n", first, c)
		}
	}
	return text
}

// signature is everything from the doc comment to the opening brace.
func (p *printer) signature(c *context, fd *ast.FuncDecl) string {
	var edits []edit
	visit := func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			if s, ok := p.ident(c, id); ok {
				edits = append(edits, edit{id.Pos(), id.End(), s})
			}
		}
		return true
	}
	if c.fn.Base {
		// The first token behind the keyword says where the function begins.
		first, end := fd.Name.Pos(), fd.Name.End()
		if fd.Recv != nil {
			first, end = fd.Recv.Opening, fd.Recv.Opening+1
		}
		edits = append(edits, edit{first, first, "/*line " + p.onLine(first, lineBase) + "*/"}, edit{end, end, p.at(end)})
	}
	if fd.Recv != nil {
		ast.Inspect(fd.Recv, visit)
	}
	ast.Inspect(fd.Type, visit)
	if c.fn.OwnResults {
		edits = append([]edit{{fd.Type.Results.Pos(), fd.Type.Results.End(), p.ownResults(c.fn)}}, edits...)
	}
	return strings.TrimRight(p.apply(fd.Pos(), fd.Body.Lbrace, edits), " ")
}

// localTypes prints the types that move to package level.
func (p *printer) localTypes() {
	c := &context{}
	for _, d := range p.t.Locals {
		eq := ""
		if d.Spec.Assign.IsValid() {
			eq = "= "
		}
		params := p.typeParams(p.t.TypeParams)
		if own := d.Spec.TypeParams; own != nil {
			s := p.node(c, own, nil)
			if params != "" {
				s = params[:len(params)-1] + ", " + s[1:]
			}
			params = s
		}
		p.f("type %s%s %s%s\n", d.Name, params, eq, p.node(c, d.Spec.Type, nil))
	}
}
