package load

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"

	"github.com/upstarego/upstarego/internal/cache"
)

// exportFiles asks the go command to compile the packages, if need be, and where it put
// what they export. The answer is kept if all that they come from is known: for packages
// of the distribution. graph is the program's; nil: nothing is kept.
func exportFiles(cfg Config, tool toolchain, graph []*packages.Package, paths []string) (map[string]string, error) {
	if cfg.exports != nil {
		return cfg.exports, nil
	}
	paths = slices.DeleteFunc(paths, func(p string) bool { return p == "unsafe" })
	files := map[string]string{}
	if len(paths) == 0 {
		return files, nil
	}
	key := exportsKey(cfg, tool, graph, paths)
	if text, err := cache.Find(exportsKind, key); key != "" && err == nil && json.Unmarshal(text, &files) == nil && there(files) {
		return files, nil
	}
	clear(files)
	// packages.Load would do, but it also lists every dependency of paths.
	args := append([]string{"list", "-export", "-f", "{{.ImportPath}}\t{{.Export}}"}, cfg.BuildFlags...)
	out, err := runGo(cfg, append(append(args, "--"), paths...)...)
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(out) {
		path, file, _ := strings.Cut(strings.TrimSpace(line), "\t")
		files[path] = file
	}
	if text, err := json.Marshal(files); err == nil && key != "" {
		cache.Note(exportsKind, key, text)
	}
	return files, nil
}

// exportsKind is where the answers are kept.
const exportsKind = "exports"

// exportsKey covers what the packages are compiled from, and with; "" if that is not known.
func exportsKey(cfg Config, tool toolchain, graph []*packages.Package, paths []string) string {
	if graph == nil || len(cfg.Overlay) > 0 || len(cfg.replaced) > 0 {
		return ""
	}
	h := sha256.New()
	fmt.Fprintf(h, "%q %q %q\n", tool, cfg.BuildFlags, paths)
	for _, e := range cfg.Env {
		if strings.HasPrefix(e, "GO") || strings.HasPrefix(e, "CGO_") {
			fmt.Fprintf(h, "%q\n", e)
		}
	}
	wanted := map[string]bool{}
	for _, p := range paths {
		wanted[p] = true
	}
	files, err := filepath.Glob(filepath.Join(tool.root, "pkg", "tool", "*", "compile"))
	if err != nil || len(files) == 0 {
		return ""
	}
	for _, p := range graph {
		switch {
		case tool.standard(p):
			files = append(files, p.GoFiles...)
		case wanted[p.PkgPath]:
			return ""
		}
	}
	for _, f := range files {
		fi, err := os.Stat(f)
		if err != nil {
			return ""
		}
		fmt.Fprintf(h, "%s %d %d\n", f, fi.Size(), fi.ModTime().UnixNano())
	}
	return hex.EncodeToString(h.Sum(nil))
}

// there reports whether all the files are: the go command removes from its cache what has
// not been used for days.
func there(files map[string]string) bool {
	for _, f := range files {
		if _, err := os.Stat(f); err != nil {
			return false
		}
	}
	return true
}
