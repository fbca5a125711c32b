package gobuild

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// A stage holds the contents that the overlay points to, in the work directory.
// Directories are numbered, files keep their names, so that `-work` is readable.
type stage struct {
	root string
	dirs map[string]int
}

func newStage(work string) (*stage, error) {
	return &stage{root: work, dirs: map[string]int{}}, os.MkdirAll(work, 0o755)
}

// put writes the content meant for the path place and returns where it lies.
// Different kinds keep different contents for the same place.
func (s *stage) put(kind, place string, content []byte) (string, error) {
	dir := filepath.Dir(place)
	n, ok := s.dirs[dir]
	if !ok {
		n = len(s.dirs)
		s.dirs[dir] = n
	}
	at := filepath.Join(s.root, kind, strconv.Itoa(n), filepath.Base(place))
	if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
		return "", err
	}
	return at, os.WriteFile(at, content, 0o644)
}

// CacheDir is where upstarego keeps what has to have the same name in every
// build: UPSTAREGO_CACHE, or a directory in the user's cache directory.
func CacheDir() (string, error) {
	dir := os.Getenv("UPSTAREGO_CACHE")
	if dir == "" {
		base, err := os.UserCacheDir()
		if err != nil {
			base = filepath.Join(os.TempDir(), fmt.Sprintf("upstarego-%d", os.Getuid()))
		}
		dir = filepath.Join(base, "upstarego")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	return dir, os.MkdirAll(dir, 0o700)
}

// keep stores content in the cache under the name of its hash.
func keep(kind, ext string, content []byte) (string, error) {
	cache, err := CacheDir()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(content)
	dir := filepath.Join(cache, kind)
	path := filepath.Join(dir, hex.EncodeToString(sum[:16])+ext)
	if old, err := os.ReadFile(path); err == nil && string(old) == string(content) {
		return path, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	return path, writeAtomically(path, content)
}

// writeAtomically lets others see the old file or the new one, nothing between.
func writeAtomically(path string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(content)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Chmod(f.Name(), 0o644)
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	return err
}
