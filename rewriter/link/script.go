package link

import (
	"maps"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/upstarego/upstarego/internal/slim"
)

// script decides about every symbol and writes the version script.
//
// What the script does not name falls to `*`, which stands in the first node:
// the standard library, unchanged packages, and unnamed types of both. In an
// update, one pattern per re-compiled package makes all of its symbols local;
// an exact name is stronger than a pattern, so that what is shared nevertheless,
// its variables and init task, is listed one by one.
func (c *comparison) script(syms []symbol) {
	s := &scriptWriter{c: c, prefixes: map[string]*listed{}, own: c.ownPrefixes(), recompiled: map[string]bool{}, exact: make([]map[string]bool, len(c.now.Nodes)), local: map[string]bool{}}
	for i := range s.exact {
		s.exact[i] = map[string]bool{}
	}
	for _, q := range c.p.pkgs {
		if !q.Standard {
			s.prefixes[q.linkerPath()] = q
			if c.now.Recompiled(q.ImportPath) {
				s.recompiled[q.linkerPath()] = true
			}
		}
	}
	s.locals = s.localPrefixes()
	for _, sym := range syms {
		s.place(sym)
	}
	if c.in.Update {
		for _, q := range c.p.pkgs {
			if !q.Standard {
				// not among the archives' symbols: the linker makes them. The
				// manifest's source hashes take their place.
				s.local["go:link.pkghash."+q.ImportPath] = true
				s.local["go:link.pkghashbytes."+q.ImportPath] = true
			}
		}
	}
	c.res.Script = s.text()
	if c.in.Update {
		c.res.Slim = s.slim(syms)
	}
}

// slim says what of the update the process has.
func (s *scriptWriter) slim(syms []symbol) *slim.Config {
	anew, other := map[string]bool{}, maps.Clone(s.local)
	for _, sym := range syms {
		if sym.text && sym.anew {
			anew[mangle(sym.name)] = true
		}
	}
	copies := map[string]bool{}
	for _, sym := range syms {
		if strings.HasPrefix(sym.name, "type:") && !strings.HasPrefix(sym.name, "type:.") {
			mentions(sym.name, func(m string) {
				if o := slim.Owner(m); s.recompiled[o] || s.own[o] {
					copies[mangle(sym.name)] = true
				}
			})
		}
	}
	for _, names := range s.exact[1:] {
		maps.Copy(other, names)
	}
	private := append(s.localPrefixes(), s.c.p.root.linkerPath())
	slices.Sort(private)
	return &slim.Config{Process: s.c.now.Process, Anew: sortedKeys(anew), Other: sortedKeys(other), Copies: sortedKeys(copies), Private: private}
}

type scriptWriter struct {
	c          *comparison
	prefixes   map[string]*listed
	own        map[string]bool // linker prefixes of private and generated packages
	recompiled map[string]bool // linker prefixes
	locals     []string        // linker prefixes; see localPrefixes
	exact      []map[string]bool
	local      map[string]bool
}

// where a symbol goes: a node by its age, or one of these.
const (
	toLocal  = -1
	toNewest = -2
)

func (s *scriptWriter) place(sym symbol) {
	want := s.want(sym)
	newest := len(s.exact) - 1
	if want == toNewest {
		want = newest
	}
	if want == s.byPattern(sym.name) {
		return
	}
	name := mangle(sym.name)
	if want == toLocal {
		s.local[name] = true
	} else {
		s.exact[want][name] = true
	}
}

// byPattern is where the symbol goes when no exact name holds it.
func (s *scriptWriter) byPattern(name string) int {
	if !s.c.in.Update {
		return 0
	}
	if s.c.in.Update && strings.HasPrefix(name, s.c.p.root.linkerPath()+".") {
		return len(s.exact) - 1
	}
	for _, p := range s.locals {
		if strings.HasPrefix(name, p+".") {
			return toLocal
		}
	}
	return 0
}

// localPrefixes are the packages of which an update's module has its own, but
// for its main package, whose exported symbols have to be found.
func (s *scriptWriter) localPrefixes() []string {
	var ps []string
	for p := range s.recompiled {
		ps = append(ps, p)
	}
	for p := range s.own {
		if p != s.c.p.root.linkerPath() {
			ps = append(ps, p)
		}
	}
	sort.Strings(ps)
	return ps
}

// want is where the symbol has to go.
func (s *scriptWriter) want(sym symbol) int {
	name, update := sym.name, s.c.in.Update
	now := s.c.now
	own := slim.Owner(name)
	switch q := s.prefixes[own]; {
	case own == "" || q == nil:
		// the compiler's, the linker's, or an instance of a generic of the standard library
	case s.own[own]:
		if !update {
			return 0
		}
		if q == s.c.p.root {
			return toNewest
		}
		return toLocal
	default:
		rest := name[len(own)+1:]
		if s.c.ownVar(name) {
			if !update {
				return 0
			}
			return toLocal
		}
		if v, ok := now.Vars[name]; ok && !strings.ContainsAny(rest, "[(") {
			return now.Age(v.Node)
		}
		if rest == ".inittask" {
			return now.Age(now.Packages[q.ImportPath].First)
		}
		if s.recompiled[own] {
			if !update {
				return 0
			}
			return toLocal
		}
	}
	if sym.text {
		return s.byPattern(name)
	}
	newest, mine := 0, false
	mentions(name, func(m string) {
		if t, ok := now.Types[m]; ok {
			newest = max(newest, now.Age(t.Node))
		}
		if o := slim.Owner(m); s.recompiled[o] {
			mine = true
		} else if s.own[o] && update {
			mine = true
			newest = len(s.exact) - 1
		}
	})
	if own != "" && mine {
		// Dictionaries, closures and function values of another package's
		// generics, instantiated with types whose methods are compiled anew:
		// what they lead to is code.
		if update {
			return toLocal
		}
		return 0
	}
	return newest
}

func (s *scriptWriter) text() string {
	var b strings.Builder
	for i, node := range s.c.now.Nodes {
		last := i == len(s.exact)-1
		b.WriteString(node + " {\n global:\n")
		if i == 0 {
			b.WriteString("  *;\n")
		} else {
			b.WriteString("  upstare_" + node + ";\n") // a node must hold something
		}
		if last && s.c.in.Update {
			b.WriteString("  " + pattern(s.c.p.root.linkerPath()) + ".*;\n")
		}
		for _, n := range sortedKeys(s.exact[i]) {
			b.WriteString("  " + quote(n) + ";\n")
		}
		if last {
			var locals []string
			if s.c.in.Update {
				for _, p := range s.locals {
					locals = append(locals, pattern(p)+".*")
				}
			}
			for _, n := range sortedKeys(s.local) {
				locals = append(locals, quote(n))
			}
			slices.Sort(locals)
			if len(locals) > 0 {
				b.WriteString(" local:\n")
			}
			for _, l := range locals {
				b.WriteString("  " + l + ";\n")
			}
		}
		b.WriteString("};\n")
	}
	return b.String()
}

// quote writes an exact name. Quoted names may not hold a quote or a backslash
// (struct tags in type arguments); such a name becomes a pattern.
func quote(name string) string {
	if strings.ContainsAny(name, "\"\\") {
		return pattern(name)
	}
	return `"` + name + `"`
}

// pattern writes a name for the linker's matching, where unquoted names may hold
// few characters and the rest is stood for by `?`. Beyond ASCII it depends on the
// locale whether `?` means a byte or a character, so `*` stands there.
func pattern(name string) string {
	var b strings.Builder
	for _, c := range name {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '.':
			b.WriteRune(c)
		case c < utf8.RuneSelf:
			b.WriteByte('?')
		default:
			b.WriteByte('*')
		}
	}
	return b.String()
}
