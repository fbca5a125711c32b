// Package mirror prints the packages was and is of a release's frame map: the
// own types and frames of two releases as structs with the same layout and
// exported names, so that the developer's code, which is in another package, can
// read and fill them.
//
// Pointers to real objects are converted to pointers to mirrors, and what the
// developer makes of a mirror type becomes a real object. So every word must have
// the place and the kind (pointer or not) of the real one, functions must take
// their arguments in the same registers, and the keys of maps have the same hash;
// the generated code itself asserts sizes and offsets. What cannot be written in
// another package (a foreign type that is not exported or not the same in both
// releases, an interface with unexported methods, a function or a map over one)
// appears as a struct of words that can be copied as a whole.
//
// The type that an interface holds is the real one: a type assertion to a mirror
// fails, and a mirror must not be put into an interface.
//
// Names: store.entry is Store_entry, main.client Main_client, the frame of
// (*client).serve in package main Main_client_serve, that of its first literal
// Main_client_serve_func1; fields are capitalised. What a frame holds of `defer c.close(n)`
// is Defer_c_close, whether the call is to be made, and its operands Defer_c_close_operand0….
package mirror

import (
	"bytes"
	"fmt"
	"go/format"
	"sort"
	"strings"
	"unicode"

	"github.com/upstarego/upstarego/rewriter/ledger"
)

// Files prints the mirror package of a release: file name → source. name is was
// or is; program is the release that the package is compiled with, whose foreign
// packages it may import (r itself, or the next one). need says which mirrors
// are wanted besides what these mention; nil means all of them.
func Files(r, program *ledger.Release, name string, need func(mirror string) bool) map[string][]byte {
	p := newPrinter(r, program)
	for _, k := range p.names.order {
		if need == nil || need(k) {
			p.want(k)
		}
	}
	return map[string][]byte{name + ".go": p.source(name)}
}

// A Names knows the mirrors of a release's types and frames, and their fields.
type Names struct {
	order  []string          // names, sorted
	types  map[string]string // name → key of the type
	frames map[string]string // name → key of the function
	byType map[string]string // key → name
	byFunc map[string]string
	fields map[string]map[string]string // name → field → its name in the mirror
}

// NewNames names the mirrors of a release.
func NewNames(r *ledger.Release) *Names {
	n := &Names{types: map[string]string{}, frames: map[string]string{}, byType: map[string]string{}, byFunc: map[string]string{}, fields: map[string]map[string]string{}}
	bases := packageBases(r)
	taken := map[string]bool{}
	unique := func(s string) string {
		name := s
		for i := 2; taken[name]; i++ {
			name = fmt.Sprintf("%s_%d", s, i)
		}
		taken[name] = true
		n.order = append(n.order, name)
		return name
	}
	for i := range r.Types {
		t := &r.Types[i]
		if !t.Own || t.Size == 0 && t.Align == 0 {
			continue
		}
		s := bases[t.Pkg] + "_" + identifier(t.Name) // of one declared in a generic function, it has type arguments
		if rest := t.Key[len(t.Pkg)+1+len(t.Name):]; rest != "" {
			s += "_" + identifier(rest)
		}
		name := unique(s)
		n.types[name], n.byType[t.Key] = t.Key, name
		var fields []string
		for _, f := range t.Fields {
			fields = append(fields, f.Name)
		}
		n.fields[name] = exported(fields)
	}
	for i := range r.Funcs {
		f := &r.Funcs[i]
		name := unique(frameName(f, bases))
		n.frames[name], n.byFunc[f.Key] = f.Key, name
		var fields []string
		for _, v := range f.Frame {
			fields = append(fields, v.Name)
		}
		n.fields[name] = exported(fields)
		deferred(f, n.fields[name])
		atPoints(f, n.fields[name])
	}
	sort.Strings(n.order)
	return n
}

// Type is the mirror's name of a type, "" if it has none.
func (n *Names) Type(key string) string { return n.byType[key] }

// Frame is the mirror's name of a function's frame.
func (n *Names) Frame(key string) string { return n.byFunc[key] }

// OfFrame is the function whose frame a mirror is of, or "".
func (n *Names) OfFrame(name string) string { return n.frames[name] }

// OfType is the type that a mirror is of, or "".
func (n *Names) OfType(name string) string { return n.types[name] }

// Field is a field's name in a mirror.
func (n *Names) Field(mirror, field string) string { return n.fields[mirror][field] }

// packageBases gives every own package a capitalised name: its own, or when two
// have the same, as much of their paths as tells them apart.
func packageBases(r *ledger.Release) map[string]string {
	m := map[string]string{}
	for depth := 1; ; depth++ {
		count := map[string]int{}
		for _, path := range r.Own {
			if m[path] == "" || depth == 1 {
				parts := strings.Split(path, "/")
				m[path] = capital(identifier(strings.Join(parts[max(0, len(parts)-depth):], "_")))
				if path == r.Main {
					m[path] = "Main"
				}
			}
			count[m[path]]++
		}
		again := false
		for _, path := range r.Own {
			if count[m[path]] > 1 && path != r.Main {
				again = true
			}
		}
		if !again || depth > 20 {
			return m
		}
		for _, path := range r.Own {
			if count[m[path]] > 1 && path != r.Main {
				m[path] = ""
			}
		}
	}
}

// frameName makes "example.com/kvd.(*client).serve.func1" into
// "Main_client_serve_func1".
func frameName(f *ledger.Func, bases map[string]string) string {
	pkg, rest := f.Key, ""
	for path, base := range bases {
		after, ok := strings.CutPrefix(f.Key, path+".")
		name, _, _ := strings.Cut(after, "[") // type arguments have paths of their own
		if ok && !strings.Contains(name, "/") {
			pkg, rest = base, after
			break
		}
	}
	return pkg + "_" + identifier(rest)
}

// identifier keeps what may be part of one.
func identifier(s string) string {
	var b strings.Builder
	gap := false
	for _, c := range s {
		switch {
		case c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80 && c != '·':
			if gap && b.Len() > 0 {
				b.WriteByte('_')
			}
			gap = false
			b.WriteRune(c)
		case c != '*' && c != '(':
			gap = true
		}
	}
	return b.String()
}

func capital(s string) string {
	if s == "" {
		return s
	}
	r := []rune(s)
	if up := unicode.ToUpper(r[0]); unicode.IsUpper(up) {
		return string(up) + string(r[1:])
	}
	return "X" + s // an underscore, or a script without capitals
}

// exported gives fields exported names, no two the same.
func exported(fields []string) map[string]string {
	m := map[string]string{}
	taken := map[string]bool{}
	for _, f := range fields {
		if capital(f) == f {
			m[f], taken[f] = f, true
		}
	}
	for _, f := range fields {
		if m[f] != "" || f == "_" {
			continue
		}
		name := capital(f)
		for i := 2; taken[name]; i++ {
			name = fmt.Sprintf("%s_%d", capital(f), i)
		}
		m[f], taken[name] = name, true
	}
	return m
}

// deferred gives the fields that belong to a deferred call names that tell which: of
// `defer c.close(n)` Defer_c_close says that the call is to be made, and its operands
// are Defer_c_close_operand0 and so on.
func deferred(f *ledger.Func, fields map[string]string) {
	taken := map[string]bool{}
	for _, name := range fields {
		taken[name] = true
	}
	bases := map[string]string{} // by the role's part that names the call
	for _, v := range f.Frame {
		call := ledger.Deferred(v.Role)
		if call == "" {
			continue
		}
		of := v.Role[:strings.LastIndex(v.Role, ": ")]
		if bases[of] == "" {
			fun, _, _ := strings.Cut(call, "(")
			base := "Defer_" + identifier(fun)
			name := base
			for i := 2; taken[name]; i++ {
				name = fmt.Sprintf("%s_%d", base, i)
			}
			bases[of], taken[name] = name, true
		}
		if n, operand := strings.CutPrefix(v.Role, of+": operand "); operand {
			fields[v.Name] = bases[of] + "_operand" + n
		} else {
			fields[v.Name] = bases[of]
		}
	}
}

// atPoints gives the fields that belong to a point names that tell which.
func atPoints(f *ledger.Func, fields map[string]string) {
	taken := map[string]bool{}
	for _, name := range fields {
		taken[name] = true
	}
	for _, v := range f.Frame {
		var point, i int
		name := ""
		if n, _ := fmt.Sscanf(v.Role, "@%d result %d", &point, &i); n == 2 {
			if name = fmt.Sprintf("Result%d", point); i > 0 {
				name = fmt.Sprintf("Result%d_%d", point, i+1)
			}
		} else if n == 1 && v.Role == fmt.Sprintf("@%d case", point) {
			name = fmt.Sprintf("Case%d", point)
		}
		if name == "" {
			continue
		}
		for taken[name] {
			name += "_" // a variable is called that
		}
		fields[v.Name], taken[name] = name, true
	}
}

// source prints the package.
func (p *printer) source(name string) []byte {
	for len(p.queue) > 0 {
		k := p.queue[0]
		p.queue = p.queue[1:]
		p.declare(k)
	}
	var b bytes.Buffer
	what := "the release before"
	if name == "is" {
		what = "the new release"
	}
	fmt.Fprintf(&b, "// Code generated by upstarego. DO NOT EDIT.\n\n// Package %s mirrors types and frames of %s.\npackage %s\n\n", name, what, name)
	paths := make([]string, 0, len(p.imports))
	for path := range p.imports {
		if len(p.decls) > 0 { // every declaration is followed by its assertions, which need unsafe
			paths = append(paths, path)
		}
	}
	sort.Strings(paths)
	for _, path := range paths {
		fmt.Fprintf(&b, "import %s %q\n", p.imports[path], path)
	}
	names := make([]string, 0, len(p.decls))
	for k := range p.decls {
		names = append(names, k)
	}
	sort.Strings(names)
	for _, k := range names {
		b.WriteString("\n" + p.decls[k])
	}
	text, err := format.Source(b.Bytes())
	if err != nil {
		return b.Bytes() // the compiler will say what is wrong with it
	}
	return text
}
