package gobuild

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"golang.org/x/mod/modfile"

	"github.com/upstarego/upstarego/internal/cache"
	"github.com/upstarego/upstarego/internal/diag"
	"github.com/upstarego/upstarego/internal/shim"
)

// A virtualModule is a required module whose files lie in the module cache or in
// the vendor directory. The build sees it at a directory of ours, made of the cached files through the
// overlay, so that single files can be replaced.
type virtualModule struct {
	path, version string
	real          string                // where its files are
	dir           string                // where the build sees it
	gomod         []byte                // its go.mod if it has none there
	holds         func(rel string) bool // whether a file beneath real is the module's; nil: every one
}

// modules are the modules the program's packages come from, the longest
// directory first.
func (t *Target) modules() []*Module {
	seen := map[string]bool{}
	var all []*Module
	for _, p := range t.Packages {
		if m := p.Module; m != nil && m.Dir != "" && !seen[m.Path] {
			seen[m.Path] = true
			all = append(all, m)
		}
	}
	for _, m := range append(slices.Clone(t.Workspace), t.Module) {
		if m != nil && !seen[m.Path] {
			seen[m.Path] = true
			all = append(all, m)
		}
	}
	for _, m := range t.vendored {
		if !seen[m.path] {
			seen[m.path] = true
			all = append(all, &Module{Path: m.path, Version: m.version, Dir: filepath.Join(t.VendorDir, filepath.FromSlash(m.path))})
		}
	}
	sort.SliceStable(all, func(i, j int) bool { return len(all[i].Dir) > len(all[j].Dir) })
	return all
}

// place says where the build sees the user's file name.
func (b *Build) place(name string) (string, error) {
	for _, m := range b.Target.modules() {
		if rel, ok := shim.Within(m.Dir, name); ok {
			dir, err := b.moduleDir(m)
			return filepath.Join(dir, rel), err
		}
	}
	return "", diag.New(diag.OutsideModules, token.Position{Filename: name}, "the file cannot be replaced", "it belongs to no module of this build", "")
}

// packageDir says where the build sees the package at an import path.
func (b *Build) packageDir(path string) (string, error) {
	var best *Module
	for _, m := range b.Target.modules() {
		if (path == m.Path || strings.HasPrefix(path, m.Path+"/")) && (best == nil || len(m.Path) > len(best.Path)) {
			best = m
		}
	}
	if best == nil {
		return "", diag.New(diag.OutsideModules, token.Position{}, "the generated package "+path+" has no place", "it is inside no module of this build", "")
	}
	dir, err := b.moduleDir(best)
	return filepath.Join(dir, filepath.FromSlash(strings.TrimPrefix(path, best.Path))), err
}

// moduleDir is where the build sees a module: where it is, unless that is in
// the module cache.
func (b *Build) moduleDir(m *Module) (string, error) {
	if v := b.virtual[m.Path]; v != nil {
		return v.dir, nil
	}
	rel, cached := shim.Within(b.Target.ModCache, m.Dir)
	if !cached {
		return m.Dir, nil
	}
	kept, err := cache.Dir()
	if err != nil {
		return "", err
	}
	// The real directory is recorded in what is compiled, so it is part of the name.
	sum := sha256.Sum256([]byte(b.Target.ModCache))
	v := &virtualModule{path: m.Path, real: m.Dir, dir: filepath.Join(kept, "mod", hex.EncodeToString(sum[:4]), rel)}
	// A module from before go.mod: the module cache has one made up for it.
	gomod := m.GoMod
	if m.Replace != nil {
		gomod = m.Replace.GoMod
	}
	if v.gomod, err = os.ReadFile(gomod); err != nil {
		v.gomod = []byte("module " + m.Path + "\n")
	}
	b.virtual[m.Path] = v
	return v.dir, nil
}

// layModules shows the extra modules a go.mod of their own whose go line is not
// above the user's: the go command would raise the user's go line, and with it
// the meaning of the user's code. The shim gives their packages the language
// version they are written in.
func (b *Build) layModules() error {
	for _, path := range sortedKeys(b.Modules) {
		dir := b.Modules[path]
		for _, m := range append(slices.Clone(b.Target.Workspace), b.Target.Module) {
			if b.isLocal(path) && m.Path == path {
				dir = m.Dir
			}
		}
		for _, rel := range sortedKeys(b.Within[path]) {
			name := filepath.Join(dir, filepath.FromSlash(rel))
			at, err := b.stage.put("src", name, b.Within[path][rel])
			if err != nil {
				return err
			}
			b.overlay[name] = at
		}
		if b.isLocal(path) {
			continue
		}
		mod := filepath.Join(dir, "go.mod")
		content := fmt.Sprintf("module %s\n\ngo %s\n", path, goLine(b.Target.Module))
		at, err := b.stage.put("src", mod, []byte(content))
		if err != nil {
			return err
		}
		b.overlay[mod] = at
		b.shim.Lang = append(b.shim.Lang, path)
	}
	return nil
}

func goLine(m *Module) string {
	if m.GoVersion == "" {
		return "1.16" // what the go command assumes
	}
	return m.GoVersion
}

// isLocal reports whether the module is the user's to work on: the main module
// or one of the workspace.
func (b *Build) isLocal(path string) bool {
	return path == b.Target.Module.Path && b.Target.Module.Main ||
		slices.ContainsFunc(b.Target.Workspace, func(m *Module) bool { return m.Path == path })
}

// layVirtual fills the virtual modules from the module cache, around the files
// that are replaced already. Package directories are made on disk, empty: the
// go command runs the assembler in them.
func (b *Build) layVirtual() error {
	for _, path := range sortedKeys(b.virtual) {
		v := b.virtual[path]
		b.shim.Names = append(b.shim.Names, [2]string{v.dir, v.real})
		if err := b.layVirtualFiles(v); err != nil {
			return err
		}
		mod := filepath.Join(v.dir, "go.mod")
		if _, has := b.overlay[mod]; has {
			continue
		}
		var err error
		if b.overlay[mod], err = b.stage.put("src", mod, v.gomod); err != nil {
			return err
		}
	}
	return nil
}

func (b *Build) layVirtualFiles(v *virtualModule) error {
	if _, err := os.Stat(v.real); os.IsNotExist(err) {
		return os.MkdirAll(v.dir, 0o700) // listed in vendor for its requirements alone
	}
	return filepath.WalkDir(v.real, func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := shim.Within(v.real, name)
		at := filepath.Join(v.dir, rel)
		if e.IsDir() {
			return os.MkdirAll(at, 0o700)
		}
		if _, replaced := b.overlay[at]; !replaced && (v.holds == nil || v.holds(rel)) {
			b.overlay[at] = name
		}
		return nil
	})
}

// writeModfile makes the build's module file out of the user's.
func (b *Build) writeModfile() error {
	t := b.Target
	base := t.Flags.Modfile
	if base == "" {
		base = b.mainGoMod()
	}
	b.mod = t.Flags.Mod
	if b.mod == "" || t.VendorDir != "" {
		b.mod = "readonly"
	}
	content, err := os.ReadFile(t.Shown(base))
	if err != nil {
		return diag.New(diag.LoadFailed, token.Position{Filename: base}, "the module file cannot be read", err.Error(), "")
	}
	sums, err := appendFile(nil, t.Shown(strings.TrimSuffix(base, ".mod")+".sum"))
	if err != nil {
		return err
	}
	file, err := modfile.Parse(base, content, nil)
	if err != nil {
		return err
	}
	e := &modEdit{file: file}
	if t.GoWork != "" {
		b.mod = "mod" // the union of the workspace's requirements is for the go command to work out
		if sums, err = b.flattenWorkspace(e, sums); err != nil {
			return err
		}
	}
	for _, path := range sortedKeys(b.Modules) {
		if !b.isLocal(path) {
			e.require(path, "v0.0.0")
			e.replace(path, "", b.Modules[path], "")
		}
	}
	for _, path := range sortedKeys(b.virtual) {
		v := b.virtual[path]
		if v.version != "" {
			e.require(path, v.version)
		}
		e.replace(path, "", v.dir, "")
	}
	if err := os.WriteFile(filepath.Join(b.Work, "go.sum"), sums, 0o644); err != nil {
		return err
	}
	if content, err = e.format(); err != nil {
		return fmt.Errorf("%s: %w", base, err)
	}
	b.modfile = filepath.Join(b.Work, "go.mod")
	return os.WriteFile(b.modfile, content, 0o644)
}

// mainGoMod is the go.mod the build starts from: that of the module the go
// command runs in.
func (b *Build) mainGoMod() string {
	if b.Target.Module.Main {
		return b.Target.Module.GoMod
	}
	return b.Target.GoMod
}

// flattenWorkspace turns the workspace into requirements and replacements of the
// main module.
func (b *Build) flattenWorkspace(e *modEdit, sums []byte) ([]byte, error) {
	t := b.Target
	data, err := os.ReadFile(t.Shown(t.GoWork))
	if err != nil {
		return nil, err
	}
	work, err := modfile.ParseWork(t.GoWork, data, nil)
	if err != nil {
		return nil, err
	}
	take := func(replace []*modfile.Replace, dir string) {
		for _, r := range replace {
			to := r.New.Path
			if r.New.Version == "" && !filepath.IsAbs(to) {
				to = filepath.Join(dir, to)
			}
			e.replace(r.Old.Path, r.Old.Version, to, r.New.Version)
		}
	}
	var problems diag.List
	for _, m := range t.Workspace {
		if m.Path != t.Module.Path {
			if laterGo(goLine(m), goLine(t.Module)) {
				problems.Add(diag.WorkspaceGoLine, token.Position{Filename: t.Module.GoMod},
					"the go line is below that of workspace module "+m.Path,
					"outside a workspace the go command would raise it from "+goLine(t.Module)+" to "+goLine(m)+", which can change what the code means",
					"raise the go line yourself, or lower the other")
			}
			if data, err = os.ReadFile(t.Shown(m.GoMod)); err != nil {
				return nil, err
			}
			file, err := modfile.Parse(m.GoMod, data, nil)
			if err != nil {
				return nil, err
			}
			take(file.Replace, m.Dir)
			e.require(m.Path, "v0.0.0")
		}
		if sums, err = appendFile(sums, t.Shown(filepath.Join(filepath.Dir(m.GoMod), "go.sum"))); err != nil {
			return nil, err
		}
	}
	take(work.Replace, filepath.Dir(t.GoWork)) // a workspace's own replacements win over its modules'
	for _, m := range t.Workspace {
		if m.Path != t.Module.Path {
			e.replace(m.Path, "", m.Dir, "")
		}
	}
	for _, g := range work.Godebug {
		e.note(e.file.AddGodebug(g.Key, g.Value))
	}
	if sums, err = appendFile(sums, t.Shown(t.GoWork+".sum")); err != nil {
		return nil, err
	}
	return sums, problems.Err()
}

// laterGo compares go lines like 1.20 and 1.21.3.
func laterGo(a, b string) bool { return slices.Compare(goNumbers(a), goNumbers(b)) > 0 }

func goNumbers(v string) []int {
	var n []int
	for part := range strings.SplitSeq(v, ".") {
		k := 0
		fmt.Sscanf(part, "%d", &k)
		n = append(n, k)
	}
	return n
}

func appendFile(to []byte, name string) ([]byte, error) {
	data, err := os.ReadFile(name)
	if os.IsNotExist(err) {
		return to, nil
	}
	if len(to) > 0 && !bytes.HasSuffix(to, []byte("\n")) {
		to = append(to, '\n')
	}
	return append(to, data...), err
}

// A modEdit changes a module file.
type modEdit struct {
	file *modfile.File
	err  error // the first
}

func (e *modEdit) note(err error) {
	if e.err == nil {
		e.err = err
	}
}

// require makes sure that a module that will be replaced is required at all.
func (e *modEdit) require(path, version string) {
	for _, r := range e.file.Require {
		if r.Mod.Path == path {
			return
		}
	}
	e.note(e.file.AddRequire(path, version))
}

// replace drops what stood in the way of a replacement and adds it.
func (e *modEdit) replace(path, version, to, toVersion string) {
	for _, r := range slices.Clone(e.file.Replace) {
		if r.Old.Path == path && (version == "" || r.Old.Version == version) {
			e.note(e.file.DropReplace(path, r.Old.Version))
		}
	}
	e.note(e.file.AddReplace(path, version, to, toVersion))
}

// format gives the changed file's text.
func (e *modEdit) format() ([]byte, error) {
	if e.err != nil {
		return nil, e.err
	}
	e.file.SortBlocks()
	e.file.Cleanup()
	return e.file.Format()
}

// Local is the module of a package that lies in a directory of the developer's, in no
// module cache and not in a vendor directory; nil for other packages, and for those of
// upstarego itself, of which every command carries its own.
func (t *Target) Local(p *Package) *Module {
	m := p.Module
	if m == nil || m.Dir == "" || m.Path == ownModule {
		return nil
	}
	if _, cached := shim.Within(t.ModCache, m.Dir); cached {
		return nil
	}
	if _, vendored := shim.Within(t.VendorDir, p.Dir); vendored {
		return nil
	}
	return m
}

// LocalModules are the modules that a program's packages have in directories of the
// developer's, the main package's first.
func (t *Target) LocalModules() []*Module {
	all := []*Module{t.Module}
	for _, p := range t.Packages {
		if m := t.Local(p); m != nil && !slices.ContainsFunc(all, func(o *Module) bool { return o.Path == m.Path }) {
			all = append(all, m)
		}
	}
	for _, m := range t.Workspace {
		if !slices.ContainsFunc(all, func(o *Module) bool { return o.Path == m.Path }) {
			all = append(all, m)
		}
	}
	return all
}

// ownModule is the module that this package is of.
const ownModule = "github.com/upstarego/upstarego"
