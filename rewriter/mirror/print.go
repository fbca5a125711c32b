package mirror

import (
	"fmt"
	"strings"

	"github.com/upstarego/upstarego/rewriter/ledger"
)

type printer struct {
	r       *ledger.Release
	program *ledger.Release
	names   *Names
	types   map[string]*ledger.TypeDecl
	theirs  map[string]*ledger.TypeDecl // of program
	funcs   map[string]*ledger.Func
	imports map[string]string // path → name
	taken   map[string]bool
	real    func(path string) string // what a package is called; may be nil
	decls   map[string]string        // name → declaration and assertions
	asked   map[string]bool
	judged  map[string]bool // interfaces whose methods are being looked at: see sharp
	queue   []string
	prefix  string // before the names of mirrors
}

func newPrinter(r, program *ledger.Release) *printer {
	p := &printer{r: r, program: program, names: NewNames(r), types: map[string]*ledger.TypeDecl{}, theirs: map[string]*ledger.TypeDecl{},
		funcs: map[string]*ledger.Func{}, imports: map[string]string{"unsafe": "unsafe"}, taken: map[string]bool{"unsafe": true}, decls: map[string]string{}, asked: map[string]bool{}}
	for i := range r.Types {
		p.types[r.Types[i].Key] = &r.Types[i]
	}
	for i := range program.Types {
		p.theirs[program.Types[i].Key] = &program.Types[i]
	}
	for i := range r.Funcs {
		p.funcs[r.Funcs[i].Key] = &r.Funcs[i]
	}
	return p
}

func (p *printer) want(name string) {
	if !p.asked[name] {
		p.asked[name] = true
		p.queue = append(p.queue, name)
	}
}

func (p *printer) declare(name string) {
	if key := p.names.types[name]; key != "" {
		p.declareType(name, p.types[key])
		return
	}
	if key := p.names.frames[name]; key != "" {
		p.declareFrame(name, p.funcs[key])
	}
}

// A field is one of a mirror's.
type field struct {
	name, typ, tag      string
	offset, size, align int64
	comment             string
}

func (p *printer) declareType(name string, t *ledger.TypeDecl) {
	var b strings.Builder
	fmt.Fprintf(&b, "// %s mirrors %s.\n", name, t.Key)
	if t.Fields == nil {
		text, _ := p.write(t.Under)
		fmt.Fprintf(&b, "type %s %s\n\n", name, text)
		p.assert(&b, name, nil, t.Size)
		p.decls[name] = b.String()
		return
	}
	var fields []field
	for _, f := range t.Fields {
		fields = append(fields, field{name: p.names.Field(name, f.Name), typ: f.Type, tag: f.Tag, offset: f.Offset, size: f.Size, align: f.Align})
	}
	p.structure(&b, name, fields, t.Size)
}

func (p *printer) declareFrame(name string, f *ledger.Func) {
	var b strings.Builder
	fmt.Fprintf(&b, "// %s mirrors frames of %s.\n", name, f.Key)
	fields := []field{{name: "_", typ: "int", size: 8, align: 8}}
	for _, v := range f.Frame {
		typ := v.Type
		if v.Boxed {
			typ = "*" + typ
		}
		fields = append(fields, field{name: p.names.Field(name, v.Name), typ: typ, offset: v.Offset, size: v.Size, align: v.Align, comment: v.Role})
	}
	p.structure(&b, name, fields, f.Size)
}

func (p *printer) structure(b *strings.Builder, name string, fields []field, size int64) {
	fmt.Fprintf(b, "type %s struct {\n", name)
	for _, f := range fields {
		text, ok := p.write(f.typ)
		n := f.name
		if n == "" {
			n = "_"
		}
		fmt.Fprintf(b, "\t%s %s", n, text)
		if f.tag != "" {
			fmt.Fprintf(b, " %q", f.tag)
		}
		comment := f.comment
		if !ok {
			comment = strings.TrimPrefix(comment+"; "+ledger.Plain(f.typ), "; ")
		}
		if comment != "" {
			b.WriteString(" // " + comment)
		}
		b.WriteString("\n")
	}
	b.WriteString("}\n\n")
	p.assert(b, name, fields, size)
	p.decls[name] = b.String()
}

// assert prints what does not compile if the mirror has another layout.
func (p *printer) assert(b *strings.Builder, name string, fields []field, size int64) {
	same := func(expr string, n int64) { fmt.Fprintf(b, "var _ [%d]struct{} = [%s]struct{}{}\n", n, expr) }
	same(fmt.Sprintf("unsafe.Sizeof(*(*%s)(nil))", name), size)
	for _, f := range fields {
		if f.name != "_" && f.name != "" {
			same(fmt.Sprintf("unsafe.Offsetof((*%s)(nil).%s)", name, f.name), f.offset)
		}
	}
}
