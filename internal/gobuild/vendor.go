package gobuild

import (
	"crypto/sha256"
	"encoding/hex"
	"go/token"
	"os"
	"path/filepath"
	"strings"

	"github.com/upstarego/upstarego/internal/cache"
	"github.com/upstarego/upstarego/internal/diag"
)

// A vendored module is one that vendor/modules.txt lists. The go command does
// not let a build in vendor mode add modules, so the build shows it as a
// virtual module with the vendored files, required and replaced.
type vendored struct {
	path, version string
	goVersion     string
	packages      []string // what of it is there, by import path
}

// findVendor decides, as the go command does, whether plain builds of the
// program use a vendor directory, and reads its list of modules.
func (t *Target) findVendor() error {
	dir, vendor := t.Module.Dir, t.Flags.Mod == "vendor"
	if t.GoWork != "" {
		dir = filepath.Dir(t.GoWork)
	}
	list := filepath.Join(dir, "vendor", "modules.txt")
	data, err := os.ReadFile(list)
	switch {
	case err != nil && vendor:
		return diag.New(diag.LoadFailed, token.Position{Filename: list}, "the list of vendored modules cannot be read", err.Error(), "run go mod vendor")
	case err != nil, t.Flags.Mod != "" && !vendor:
		return nil
	case t.GoWork != "":
		return diag.New(diag.VendorRefused, token.Position{Filename: list}, "a workspace's vendor directory cannot be used", "the build turns the workspace into requirements of one module", "build with -mod=readonly; go work sync and go mod download fill the module cache")
	case !vendor && laterGo("1.14", goLine(t.Module)):
		return nil
	}
	t.VendorDir = filepath.Join(dir, "vendor")
	t.vendored = parseVendorList(string(data))
	return nil
}

// parseVendorList reads vendor/modules.txt: a line `# path version [=> other]`
// for each module, one `## explicit; go 1.20` with what its go.mod says, and its
// packages.
func parseVendorList(text string) []*vendored {
	var all []*vendored
	var m *vendored
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "## "):
			for part := range strings.SplitSeq(line[3:], ";") {
				if v, ok := strings.CutPrefix(strings.TrimSpace(part), "go "); ok && m != nil {
					m.goVersion = v
				}
			}
		case strings.HasPrefix(line, "# "):
			f := strings.Fields(line)
			m = nil
			// A replacement without a version on its left repeats the module.
			if len(f) >= 3 && f[2] != "=>" {
				m = &vendored{path: f[1], version: f[2]}
				all = append(all, m)
			}
		case line != "" && m != nil:
			m.packages = append(m.packages, line)
		}
	}
	return all
}

// layVendored shows every vendored module as a virtual one.
func (b *Build) layVendored() error {
	t := b.Target
	if t.VendorDir == "" {
		return nil
	}
	kept, err := cache.Dir()
	if err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(t.VendorDir))
	for _, m := range t.vendored {
		gomod := "module " + m.path + "\n"
		if m.goVersion != "" {
			gomod += "\ngo " + m.goVersion + "\n"
		}
		v := &virtualModule{
			path: m.path, version: m.version,
			real:  filepath.Join(t.VendorDir, filepath.FromSlash(m.path)),
			dir:   filepath.Join(kept, "vendor", hex.EncodeToString(sum[:4]), m.path+"@"+m.version),
			gomod: []byte(gomod),
		}
		v.holds = func(rel string) bool { return t.vendorOwner(m.path+"/"+filepath.ToSlash(rel)) == m }
		b.virtual[m.path] = v
	}
	return nil
}

// vendorOwner is the module that a file belongs to, named as if by import path:
// that of the innermost package around it. Modules lie inside each other there.
func (t *Target) vendorOwner(file string) *vendored {
	var owner *vendored
	best := 0
	for _, m := range t.vendored {
		for _, p := range m.packages {
			if strings.HasPrefix(file, p+"/") && len(p) > best {
				owner, best = m, len(p)
			}
		}
	}
	return owner
}
