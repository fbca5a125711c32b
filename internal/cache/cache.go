// Package cache is the directory for what has to have the same name in every
// build, because names enter the go command's cache keys or end up in binaries.
// Everything in it can be made again.
package cache

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
)

// Dir is UPSTAREGO_CACHE, or a directory in the user's cache directory.
func Dir() (string, error) {
	dir := os.Getenv("UPSTAREGO_CACHE")
	if dir == "" {
		base, err := os.UserCacheDir()
		if err != nil { // no home directory
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

// Keep stores content under the name of its hash and returns the file's path.
func Keep(kind, ext string, content []byte) (string, error) {
	dir, err := Dir()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(content)
	path := filepath.Join(dir, kind, hex.EncodeToString(sum[:16])+ext)
	return path, Write(path, content)
}

// Write makes sure that path holds content. Others see the old file or the new
// one and nothing between; a file that is right already is left alone.
func Write(path string, content []byte) error {
	if old, err := os.ReadFile(path); err == nil && string(old) == string(content) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
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
