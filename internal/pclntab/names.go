package pclntab

import (
	"fmt"
	"slices"
	"strings"
)

// Names says what the functions of a program's packages are called in the plain
// program, and which lines tell generated functions. A build hands it as JSON to
// what runs after the linker.
type Names struct {
	Packages []Package
	Resume   int      // a function that starts behind this line starts that much before it
	Wrapper  int      // and from this line on a function is generated
	Hidden   []string // symbols of others that are, without type arguments
	Others   []Other
	Base     []string // what the names of functions begin with that hold a base loop
	Room     string   // the function whose entry holds the room that Hide needs
}

// An Other is a function of no package of the program's that stands for one of another
// package's.
type Other struct {
	Symbol, Plain string // also of the literals in it, unless another Other says what they are called
	As            string // a function that is in the same file as the one it stands for; "": the file is shown
}

// A Package is one of the program's own.
type Package struct {
	Path    string            // import path
	Symbols string            // what its symbols begin with, the dot included
	Plain   string            // and their functions' names in the plain program
	To      map[string]string // functions by symbol, "[...]" for type arguments: plain names, both without the package
	Frames  map[string]string // types of frames: the names of the functions whose frames they are
}

// Apply gives the functions of a linked file their plain names and makes generated
// ones wrappers, and others where they wait in a base loop. main is the import path of the package that was linked as package main.
func (n *Names) Apply(path, main string) error {
	t, err := Open(path)
	if err != nil {
		return err
	}
	packages := n.Packages
	for _, p := range n.Packages {
		if p.Path == main {
			p.Symbols, p.Plain = "main.", "main."
			packages = append(packages[:len(packages):len(packages)], p)
		}
	}
	own := func(symbol string) bool {
		for _, p := range packages {
			if strings.HasPrefix(symbol, p.Symbols) {
				return true
			}
		}
		return false
	}
	hidden := map[string]bool{}
	for _, h := range n.Hidden {
		hidden[h] = true
	}
	args := map[string]bool{} // by the plain name: whether the function has any
	funcs := t.Funcs()
	for _, f := range funcs {
		if own(f.Name) && f.StartLine < n.Resume {
			args[plain(packages, f.Name)] = t.HasArgs(f)
		}
	}
	for _, f := range funcs {
		name, _, _ := strings.Cut(f.Name, "[")
		switch {
		case own(f.Name) && f.StartLine >= n.Wrapper || hidden[name]:
			if err := t.Wrap(f); err != nil {
				return err
			}
		case own(f.Name) && f.StartLine >= n.Resume:
			// A resume body has none of the function's arguments but a frame.
			any, known := args[plain(packages, f.Name)]
			t.HideArgs(f, any || !known)
			t.Start(f, f.StartLine-n.Resume)
		}
	}
	if err := n.place(t, funcs); err != nil {
		return err
	}
	base := func(f Func) bool {
		name, _, _ := strings.Cut(f.Name, "[")
		name = name[strings.LastIndexByte(name, '.')+1:]
		return own(f.Name) && slices.ContainsFunc(n.Base, func(b string) bool {
			return strings.HasPrefix(name, b)
		})
	}
	// A resume body does not wait: it runs on top of a base.
	fast := func(f Func) bool { return f.StartLine < n.Resume }
	if _, _, err := t.Hide(fast, base, n.Room); err != nil {
		return err
	}
	t.Rename(func(symbol string) string {
		if name, ok := n.other(symbol); ok {
			return name
		}
		return plain(packages, symbol)
	})
	return t.Write()
}

// place gives functions that stand for others their files. An update has no such function
// of its own if nothing in it calls it.
func (n *Names) place(t *Table, funcs []Func) error {
	named := func(symbol string) *Func {
		if i := slices.IndexFunc(funcs, func(f Func) bool { return f.Name == symbol }); i >= 0 {
			return &funcs[i]
		}
		return nil
	}
	for _, o := range n.Others {
		f := named(o.Symbol)
		if f == nil || o.As == "" {
			continue
		}
		if as := named(o.As); as == nil || !t.Place(*f, *as) {
			return fmt.Errorf("pclntab: %s: the file of %s or of %s is not known", t.path, o.Symbol, o.As)
		}
	}
	return nil
}

// other is what a function that stands for another, or a literal in it, is called.
func (n *Names) other(symbol string) (name string, ok bool) {
	longest := 0
	for _, o := range n.Others {
		rest, is := strings.CutPrefix(symbol, o.Symbol)
		if is && (rest == "" || rest[0] == '.') && len(o.Symbol) > longest {
			name, ok, longest = o.Plain+rest, true, len(o.Symbol)
		}
	}
	return name, ok
}

// plain is what a symbol's function is called in the plain program.
func plain(packages []Package, symbol string) string {
	for _, p := range packages {
		if rest, ok := strings.CutPrefix(symbol, p.Symbols); ok {
			return p.Plain + p.function(rest)
		}
		if strings.HasPrefix(symbol, "type:.") {
			symbol = strings.ReplaceAll(symbol, "."+p.Symbols, "."+p.Plain)
		}
	}
	return symbol
}

func (p *Package) function(symbol string) string {
	name := shown(symbol)
	if i := strings.LastIndex(name, ".upstareM_"); i >= 0 {
		// A literal that its maker's caller has been given a copy of: the maker's
		// name follows that of its caller, and holds one literal.
		const args = "[...]"
		name = name[i+1:]
		end := strings.IndexAny(name, "[.")
		if strings.HasPrefix(name[max(end, 0):], args) {
			end += len(args)
		}
		if end >= 0 && end < len(name) {
			_, inner, nested := strings.Cut(name[end+1:], ".")
			name = name[:end] + ".func1"
			if nested {
				name += "." + inner
			}
		}
	}
	if plain, ok := p.To[name]; ok {
		return plain
	}
	if frame, ok := strings.CutPrefix(name, "(*"); ok {
		typ, rest, _ := strings.Cut(frame, ").upresume")
		if plain := p.Frames[strings.TrimSuffix(typ, "[...]")]; plain != "" {
			return plain + rest
		}
	}
	return symbol
}

// shown puts "[...]" for every list of type arguments, as the Go runtime does when
// it shows a name.
func shown(name string) string {
	var b strings.Builder
	depth := 0
	for _, r := range name {
		switch {
		case r == '[':
			if depth++; depth == 1 {
				b.WriteString("[...]")
			}
		case r == ']':
			depth--
		case depth == 0:
			b.WriteRune(r)
		}
	}
	return b.String()
}
