// Package embedded lays the runtime that the command carries on disk, where the
// go command can compile it and a debugger can show it.
package embedded

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"strings"

	"github.com/upstarego/upstarego"
	"github.com/upstarego/upstarego/internal/cache"
)

// Modules writes the runtime's source into the cache, in a directory named by
// its contents, and returns module path → directory, as gobuild.Config wants it.
// Files that were changed there are put right.
func Modules() (map[string]string, error) {
	files, err := source()
	if err != nil {
		return nil, err
	}
	base, err := cache.Dir()
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(base, "runtime", digest(files))
	for _, f := range files {
		if err := cache.Write(filepath.Join(dir, filepath.FromSlash(f.name)), f.content); err != nil {
			return nil, err
		}
	}
	return map[string]string{upstarego.ModulePath: dir}, nil
}

// Digest names the runtime that this command carries. Two releases of one
// lineage may be built only with the same one.
func Digest() (string, error) {
	files, err := source()
	return digest(files), err
}

type file struct {
	name    string
	content []byte
}

// source is what user programs compile: no tests and nothing only tests read.
func source() ([]file, error) {
	var files []file
	err := fs.WalkDir(upstarego.Source, ".", func(name string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir() && path.Base(name) == "testdata":
			return fs.SkipDir
		case e.IsDir(), strings.HasSuffix(name, "_test.go"):
			return nil
		}
		content, err := upstarego.Source.ReadFile(name)
		files = append(files, file{name, content})
		return err
	})
	mod := fmt.Sprintf("module %s\n\ngo 1.26\n", upstarego.ModulePath)
	return append(files, file{"go.mod", []byte(mod)}), err
}

func digest(files []file) string {
	h := sha256.New()
	for _, f := range files {
		fmt.Fprintf(h, "%s %x\n", f.name, sha256.Sum256(f.content))
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}
