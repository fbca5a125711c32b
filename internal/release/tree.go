package release

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"

	"github.com/upstarego/upstarego/internal/gobuild"
	"github.com/upstarego/upstarego/rewriter/ledger"
)

// tree gathers what a later build of the program would have to read, besides the Go
// files of own packages.
func tree(t *gobuild.Target, own []string) (*ledger.Tree, error) {
	r := &ledger.Tree{Packages: map[string]string{}, Files: map[string]ledger.Text{}}
	read := func(to *ledger.Text, name string) error {
		text, err := os.ReadFile(t.Shown(name))
		if os.IsNotExist(err) {
			return nil
		}
		*to = text
		return err
	}
	for _, m := range t.LocalModules() {
		rel, err := filepath.Rel(t.Module.Dir, m.Dir)
		if err != nil {
			return nil, err
		}
		l := ledger.Module{Path: m.Path, Dir: rel}
		mod := filepath.Join(m.Dir, "go.mod")
		if f := t.Flags.Modfile; f != "" && m == t.Module {
			mod = f
		}
		if err := read(&l.Mod, mod); err != nil {
			return nil, err
		}
		if err := read(&l.Sum, mod[:len(mod)-len("mod")]+"sum"); err != nil {
			return nil, err
		}
		r.Modules = append(r.Modules, l)
	}
	for _, p := range t.Packages {
		if t.Local(p) == nil {
			continue
		}
		r.Packages[p.ImportPath] = p.Module.Path
		for _, name := range files(p, slices.Contains(own, p.ImportPath)) {
			var text ledger.Text
			if err := read(&text, filepath.Join(p.Dir, name)); err != nil {
				return nil, err
			}
			r.Files[p.ImportPath+"/"+filepath.ToSlash(name)] = text
		}
	}
	if t.GoWork != "" {
		if err := read(&r.Work, t.GoWork); err != nil {
			return nil, err
		}
		if err := read(&r.WorkSum, t.GoWork+".sum"); err != nil {
			return nil, err
		}
	}
	var err error
	r.Vendor, err = vendorHash(t)
	return r, err
}

// files are those of a package that the go command reads, without the Go files of an
// own package.
func files(p *gobuild.Package, own bool) []string {
	l := slices.Concat(p.SFiles, p.HFiles, p.CFiles, p.CXXFiles, p.SysoFiles, p.EmbedFiles)
	if !own {
		l = slices.Concat(l, p.GoFiles, p.CgoFiles)
	}
	return l
}

func vendorHash(t *gobuild.Target) (string, error) {
	if t.VendorDir == "" {
		return "", nil
	}
	text, err := os.ReadFile(filepath.Join(t.VendorDir, "modules.txt"))
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8]), err
}
