package link

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"

	"github.com/upstarego/upstarego/internal/slim"
	"github.com/upstarego/upstarego/rewriter/ledger"
)

// Plan compiles what in names, compares it with the base release, and decides
// about every symbol. Nothing is linked and no file is written.
func Plan(in Input) (*Result, error) {
	if in.Update && in.Previous == nil {
		return nil, fmt.Errorf("link: an update needs the ledger of the release it updates")
	}
	p, err := list(in)
	if err != nil {
		return nil, err
	}
	c := &comparison{in: in, p: p, prev: in.Previous, res: &Result{Hashes: map[string]string{}, Shared: map[string]string{}}}
	if c.prev == nil {
		c.prev = &ledger.Symbols{}
	}
	if err := c.packages(); err != nil {
		return nil, err
	}
	if in.Named != nil {
		p.listedAs, p.root.ImportPath = p.root.ImportPath, in.Named(c.now.Node)
	}
	if c.sh, err = p.check(); err != nil {
		return nil, err
	}
	c.sh.settle()
	c.types()
	c.vars()
	syms, err := p.archiveSymbols(func(q *listed) bool { return c.own(q) || c.now.Recompiled(q.ImportPath) })
	if err != nil {
		return nil, err
	}
	c.script(syms)
	return c.res, nil
}

// comparison is one run of Plan.
type comparison struct {
	in   Input
	p    *program
	sh   *shapes
	prev *ledger.Symbols
	now  *ledger.Symbols
	res  *Result
	kept map[string]bool // linker prefixes; see staysFixed
}

func (c *comparison) private(path string) bool   { return slices.Contains(c.in.Private, path) }
func (c *comparison) generated(path string) bool { return slices.Contains(c.in.Generated, path) }

// own reports whether the package is each module's own, and so in no ledger.
func (c *comparison) own(q *listed) bool {
	return c.private(q.ImportPath) || c.generated(q.ImportPath) || q == c.p.root
}

func (c *comparison) fixed(path string) bool { return c.in.IsFixed(path) }

// IsFixed reports whether a package is one of Fixed.
func (in Input) IsFixed(path string) bool {
	return slices.ContainsFunc(in.Fixed, func(f string) bool {
		if dir, ok := strings.CutSuffix(f, "/..."); ok {
			return path == dir || strings.HasPrefix(path, dir+"/")
		}
		return path == f
	})
}

// packages compares sources, names the release's node, and says which packages
// are compiled differently from the base.
func (c *comparison) packages() error {
	// The node comes from all that is compiled: a repaired release is another one.
	// What only the executable or only the update holds is left out, for the two
	// are one release: either can be the base of the next.
	build := sha256.New()
	fmt.Fprintln(build, runtime.Version(), c.in.Release)
	for _, n := range c.prev.Nodes {
		fmt.Fprintln(build, n)
	}
	hashes := map[string]string{}
	for _, q := range c.p.pkgs {
		if q.Standard {
			continue
		}
		h, err := c.p.sourceHash(q)
		if err != nil {
			return err
		}
		if !c.own(q) && !c.fixed(q.ImportPath) {
			fmt.Fprintln(build, q.ImportPath, h)
		}
		hashes[q.ImportPath] = h
		if !c.generated(q.ImportPath) && q != c.p.root {
			c.res.Hashes[q.ImportPath] = h
		}
	}
	node := "UPSTARE_" + hex.EncodeToString(build.Sum(nil)[:6])
	if c.prev.Age(node) >= 0 {
		return fmt.Errorf("link: release %q is in the lineage already, as %s: it differs in nothing from that build", c.in.Release, node)
	}
	c.now = &ledger.Symbols{
		Release: c.in.Release, Node: node, Nodes: append(slices.Clone(c.prev.Nodes), node),
		Packages: map[string]ledger.Package{}, Types: map[string]ledger.Type{}, Vars: map[string]ledger.Var{},
		Process: c.prev.Process,
	}
	c.res.Symbols = c.now
	for _, q := range c.p.pkgs {
		if q.Standard || c.own(q) {
			continue
		}
		path := q.ImportPath
		old, known := c.prev.Packages[path]
		pkg := ledger.Package{Hash: hashes[path], First: node, Changed: node}
		if known {
			pkg.First, pkg.Changed = old.First, old.Changed
			changed := old.Hash != pkg.Hash || slices.Contains(c.in.Own, path)
			if old.Hash != pkg.Hash && c.fixed(path) {
				return fmt.Errorf("link: package %s differs from the base release's: the runtime of a lineage cannot change; build with the tool that built the base", path)
			}
			if changed && len(q.CgoFiles) > 0 {
				return fmt.Errorf("link: package %s uses cgo and its source differs from the base release's: C code and C variables cannot be replaced in a running process; keep the version of the base release", path)
			}
			for _, imp := range q.Imports {
				if to, ok := q.ImportMap[imp]; ok {
					imp = to
				}
				// what is inlined and laid out here came from there
				if d, ok := c.now.Packages[imp]; ok && d.Changed == node {
					changed = true
				}
			}
			if changed {
				pkg.Changed = node
			}
		}
		c.now.Packages[path] = pkg
		if pkg.Changed == node {
			c.res.ChangedNow = append(c.res.ChangedNow, path)
		}
		if c.now.Recompiled(path) {
			c.res.Recompiled = append(c.res.Recompiled, path)
		}
	}
	// An update need not hold all of the runtime, and the process has it all the same.
	for path, old := range c.prev.Packages {
		if _, ok := c.now.Packages[path]; !ok && c.fixed(path) {
			c.now.Packages[path] = old
		}
	}
	slices.Sort(c.res.ChangedNow)
	slices.Sort(c.res.Recompiled)
	return nil
}

// ownPrefixes are the linker prefixes of the packages in no ledger.
func (c *comparison) ownPrefixes() map[string]bool {
	m := map[string]bool{}
	for _, q := range c.p.pkgs {
		if !q.Standard && c.own(q) {
			m[q.linkerPath()] = true
		}
	}
	return m
}

// types gives every type the node of the release that had this structure first.
// A structure that comes back takes its old node again: the runtime would take
// the two for one type anyway.
func (c *comparison) types() {
	own := c.ownPrefixes()
	for _, name := range sortedKeys(c.sh.text) {
		if own[slim.Owner(name)] {
			continue
		}
		old := c.prev.Types[name]
		t := ledger.Type{Shape: c.sh.deep[name], Node: c.now.Node, Local: c.sh.local[name], Past: maps.Clone(old.Past)}
		switch node, back := old.Past[t.Shape]; {
		case old.Shape == t.Shape:
			t.Node = old.Node
		case back:
			t.Node = node
		}
		if old.Shape != "" && old.Shape != t.Shape {
			if t.Past == nil {
				t.Past = map[string]string{}
			}
			t.Past[old.Shape] = old.Node
			delete(t.Past, t.Shape)
		}
		c.now.Types[name] = t
		if t.Node == c.now.Node {
			c.res.NewTypes = append(c.res.NewTypes, name)
		}
	}
	for name, old := range c.prev.Types {
		if _, ok := c.now.Types[name]; !ok {
			if !c.staysFixed(name) {
				old = gone(old) // it may come back in a later release
			}
			c.now.Types[name] = old
		}
	}
}

// staysFixed reports whether the name belongs to a package that the process
// keeps whatever this release is made of.
func (c *comparison) staysFixed(name string) bool {
	if c.kept == nil {
		c.kept = map[string]bool{}
		for path := range c.prev.Packages {
			if c.fixed(path) {
				c.kept[prefix(path)] = true
			}
		}
	}
	return c.kept[slim.Owner(name)]
}

// gone is the entry of a type that this release does not have.
func gone(t ledger.Type) ledger.Type {
	if t.Shape == "" {
		return t
	}
	past := maps.Clone(t.Past)
	if past == nil {
		past = map[string]string{}
	}
	past[t.Shape] = t.Node
	return ledger.Type{Node: t.Node, Past: past}
}

// ownVar reports whether every release has its own of this variable.
func (c *comparison) ownVar(name string) bool {
	o := slim.Owner(name)
	if o == "" || len(name) <= len(o) || !slices.Contains(c.in.OwnVars, name[len(o)+1:]) {
		return false
	}
	return slices.ContainsFunc(c.in.Own, func(path string) bool { return prefix(path) == o })
}

// vars gives a variable its old node while its type lasts. One that was gone is
// new when it returns: nothing kept its value. So is one of a package that is not Own and begins with
// something else, if nothing writes to it: its package's code is made for what it begins with.
func (c *comparison) vars() {
	own := c.ownPrefixes()
	for _, name := range sortedKeys(c.sh.vars) {
		if own[slim.Owner(name)] || c.ownVar(name) {
			continue
		}
		is := c.sh.vars[name]
		v := ledger.Var{Shape: c.sh.varDeep(is), Node: c.now.Node, Init: is.Init}
		_, there := c.prev.Packages[is.Pkg]
		there = there && !slices.Contains(c.in.Own, is.Pkg) && !c.fixed(is.Pkg) && c.now.Recompiled(is.Pkg)
		switch old, ok := c.prev.Vars[name]; {
		case ok && old.Shape == v.Shape && !(there && old.Init != "" && old.Init != v.Init && !c.sh.wrote[name]):
			v.Node = old.Node
		case ok && old.Shape == v.Shape && is.Failure:
			v.Node = old.Node // which error it is counts, and not what it says
		case there && !is.Static:
			c.res.Unmade = append(c.res.Unmade, strings.TrimPrefix(name, prefix(is.Pkg)+".")+" of "+is.Pkg)
		}
		c.now.Vars[name] = v
		if v.Node == c.now.Node {
			c.res.NewVars = append(c.res.NewVars, name)
		} else if c.now.Recompiled(c.sh.vars[name].Pkg) {
			c.res.Shared[mangle(name)] = v.Node
		}
	}
	for name, old := range c.prev.Vars {
		if _, ok := c.now.Vars[name]; !ok && c.staysFixed(name) {
			c.now.Vars[name] = old
		}
	}
}
