package release

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/upstarego/upstarego/internal/diag"
	"github.com/upstarego/upstarego/internal/gobuild"
	"github.com/upstarego/upstarego/rewriter/ledger"
)

// A Laid is the program of an earlier release, laid over the source tree of a later
// one: to the go command with its overlay the tree is the earlier release's. Test
// files stay the tree's own.
type Laid struct {
	// Overlay is what stands in the place of the tree's files: absolute path → file on
	// disk, "" where the earlier release has none. The user's own -overlay is part of
	// it.
	Overlay map[string]string

	// Dir holds the files, and the overlay for the go command.
	Dir string

	main  string
	flags []string
	from  *ledger.Release
}

// Config says how to build the program that is laid out, when c builds the later
// release. Whoever adds to Overlay calls Write first.
func (l *Laid) Config(c Config) Config {
	c.Pattern, c.GoFlags = l.main, l.flags
	return c
}

// Write hands Overlay to the go command.
func (l *Laid) Write() error {
	text, err := json.MarshalIndent(map[string]any{"Replace": l.Overlay}, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(l.Dir, "overlay.json"), text, 0o666)
}

// LayOut lays the sources that old carries over the tree of the release that c
// builds, and writes what that takes into dir. Required modules come from the module
// cache, in old's versions. It refuses what it cannot lay out whole: the go command
// has to see the very files that old was built from.
func LayOut(c Config, old *ledger.Release, dir string) (*Laid, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	old = old.Original()
	if old.Tree == nil {
		return nil, noSources(old, "it was built before releases carried them", "build it again from its source with this upstarego, and name that source's directory")
	}
	t, err := gobuild.Resolve(c.Dir, c.GoFlags, c.Pattern)
	if err != nil {
		return nil, err
	}
	l := &Laid{Overlay: map[string]string{}, Dir: dir, main: old.Main, from: old}
	l.flags = append(slices.Clone(c.GoFlags), "-modfile=", "-overlay="+filepath.Join(dir, "overlay.json"))
	for name, at := range t.Overlay {
		l.Overlay[name] = at
	}
	if err := l.lay(t); err != nil {
		return nil, err
	}
	if err := l.Write(); err != nil {
		return nil, err
	}
	// What patterns of embedded files find is only known to the go command.
	seen, err := gobuild.Resolve(c.Dir, l.flags, old.Main)
	if err != nil {
		return nil, noSources(old, "laid over the tree of the next release it is no program: "+err.Error(), "keep the directories and modules of the release where they were")
	}
	more := false
	for _, p := range seen.Packages {
		if seen.Local(p) == nil {
			continue
		}
		for _, name := range p.EmbedFiles {
			if _, is := old.Tree.Files[p.ImportPath+"/"+filepath.ToSlash(name)]; !is {
				l.Overlay[filepath.Join(p.Dir, name)] = ""
				more = true
			}
		}
	}
	if more {
		if err := l.Write(); err != nil {
			return nil, err
		}
		if seen, err = gobuild.Resolve(c.Dir, l.flags, old.Main); err != nil {
			return nil, noSources(old, "laid over the tree of the next release it is no program: "+err.Error(), "keep the directories and modules of the release where they were")
		}
	}
	return l, l.compare(seen)
}

func noSources(old *ledger.Release, why, do string) error {
	return diag.New(diag.NoSources, token.Position{}, fmt.Sprintf("release %d cannot be laid out from what its executable carries", old.Number), why, do)
}

// lay fills Overlay.
func (l *Laid) lay(t *gobuild.Target) error {
	old := l.from
	if (len(old.Tree.Work) > 0) != (t.GoWork != "") {
		return noSources(old, "only one of it and the next release is in a workspace", "build both with or both without one (GOWORK=off)")
	}
	if v, err := vendorHash(t); err != nil || v != old.Tree.Vendor {
		if err != nil {
			return err
		}
		return noSources(old, "the list of vendored modules differs, and another release's vendored files are not carried", "build both with -mod=mod, which takes modules from the module cache")
	}
	dirs := map[string]string{} // of packages, by import path
	for _, m := range old.Tree.Modules {
		dir := filepath.Join(t.Module.Dir, m.Dir)
		if m.Path == old.Tree.Modules[0].Path && m.Path != t.Module.Path {
			return noSources(old, "its main module is "+m.Path+", and that of the next release "+t.Module.Path, "keep the module's name")
		}
		if err := l.put(filepath.Join(dir, "go.mod"), m.Mod); err != nil {
			return err
		}
		if err := l.put(filepath.Join(dir, "go.sum"), m.Sum); err != nil {
			return err
		}
		for pkg, of := range old.Tree.Packages {
			if of == m.Path {
				dirs[pkg] = filepath.Join(dir, filepath.FromSlash(strings.TrimPrefix(pkg, m.Path)))
			}
		}
	}
	if t.GoWork != "" {
		if err := l.put(t.GoWork, old.Tree.Work); err != nil {
			return err
		}
		if err := l.put(t.GoWork+".sum", old.Tree.WorkSum); err != nil {
			return err
		}
	}
	for _, dir := range dirs {
		if err := l.empty(dir); err != nil {
			return err
		}
	}
	assembled := map[string]bool{}
	for key := range old.Tree.Files {
		if filepath.Ext(key) == ".s" {
			assembled[key[:strings.LastIndexByte(key, '/')]] = true
		}
	}
	lay := func(key string, text []byte) error {
		pkg := key
		for dirs[pkg] == "" {
			i := strings.LastIndexByte(pkg, '/')
			if i < 0 {
				return nil // of an instrumented dependency: the module cache has it
			}
			pkg = pkg[:i]
		}
		name := filepath.Join(dirs[pkg], filepath.FromSlash(key[len(pkg)+1:]))
		if assembled[pkg] { // the assembler does not know of overlays
			if _, err := os.Stat(dirs[pkg]); err != nil {
				return noSources(old, "the assembler runs in directory "+dirs[pkg]+", which is gone", "make the directory, empty, for as long as it takes")
			}
			if now, err := os.ReadFile(name); filepath.Ext(name) == ".h" && (err != nil || !bytes.Equal(now, text)) {
				return noSources(old, "the assembler reads "+name+" from the disk, where it is another file", "put that release's file there for as long as it takes")
			}
		}
		return l.put(name, text)
	}
	for _, key := range slices.Sorted(maps.Keys(old.Sources)) {
		if old.Tree.Packages[key[:strings.LastIndexByte(key, '/')]] == "" {
			continue
		}
		if err := lay(key, []byte(old.Sources[key])); err != nil {
			return err
		}
	}
	for _, key := range slices.Sorted(maps.Keys(old.Tree.Files)) {
		if err := lay(key, old.Tree.Files[key]); err != nil {
			return err
		}
	}
	return nil
}

// empty takes away what the go command would read in a directory, but for tests.
func (l *Laid) empty(dir string) error {
	files, err := os.ReadDir(dir)
	if err != nil && !os.IsNotExist(err) {
		return err
	}
	var names []string
	for _, f := range files {
		names = append(names, filepath.Join(dir, f.Name()))
	}
	for name := range l.Overlay { // the user's
		if filepath.Dir(name) == dir {
			names = append(names, name)
		}
	}
	for _, name := range names {
		switch filepath.Ext(name) {
		case ".go", ".s", ".S", ".sx", ".h", ".hh", ".hpp", ".hxx", ".c", ".cc", ".cpp", ".cxx", ".m", ".f", ".F", ".for", ".f90", ".swig", ".swigcxx", ".syso":
			if !strings.HasSuffix(name, "_test.go") {
				l.Overlay[name] = ""
			}
		}
	}
	return nil
}

// put lays one file; an empty text is no file.
func (l *Laid) put(name string, text []byte) error {
	if text == nil {
		if _, err := os.Stat(name); err == nil {
			l.Overlay[name] = ""
		}
		return nil
	}
	dir := filepath.Join(l.Dir, strconv.Itoa(len(l.Overlay)))
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	at := filepath.Join(dir, filepath.Base(name))
	l.Overlay[name] = at
	return os.WriteFile(at, text, 0o666)
}

// compare checks that the go command reads what old was built from.
func (l *Laid) compare(t *gobuild.Target) error {
	old, seen := l.from, map[string]bool{}
	for _, p := range t.Packages {
		if t.Local(p) == nil {
			continue
		}
		if old.Tree.Packages[p.ImportPath] == "" {
			return noSources(old, "it has no package "+p.ImportPath+", which it would import", "")
		}
		for _, name := range files(p, false) {
			seen[p.ImportPath+"/"+filepath.ToSlash(name)] = true
		}
	}
	has := func(key string) error {
		if !seen[key] {
			return noSources(old, "the go command does not take "+key, "build for the platform and with the flags of that release")
		}
		delete(seen, key)
		return nil
	}
	for _, key := range slices.Sorted(maps.Keys(old.Tree.Files)) {
		if err := has(key); err != nil {
			return err
		}
	}
	for _, key := range slices.Sorted(maps.Keys(old.Sources)) {
		if old.Tree.Packages[key[:strings.LastIndexByte(key, '/')]] == "" {
			continue
		}
		if err := has(key); err != nil {
			return err
		}
	}
	for _, key := range slices.Sorted(maps.Keys(seen)) {
		return noSources(old, "the go command also takes "+key, "build for the platform and with the flags of that release")
	}
	return nil
}
