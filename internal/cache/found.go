package cache

import (
	"bytes"
	"crypto/sha256"
	"debug/elf"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Tool tells this program from every other one that finds something: the build ID that
// the linker gave it, which depends on all that it was made of. "" if it has none; then
// nothing that it finds is kept.
var Tool = sync.OnceValue(func() string {
	self, err := os.Executable()
	if err != nil {
		return ""
	}
	id, err := buildID(self)
	if err != nil {
		return ""
	}
	return id
})

func buildID(file string) (string, error) {
	f, err := elf.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	s := f.Section(".note.go.buildid")
	if s == nil {
		return "", errors.New("no build ID")
	}
	note, err := s.Data()
	const head = 16 // sizes, kind, "Go\0\0"
	if err != nil || len(note) < head {
		return "", errors.New("no build ID")
	}
	size := int(f.ByteOrder.Uint32(note[4:]))
	if size > len(note)-head {
		return "", errors.New("the build ID has no end")
	}
	return string(note[head : head+size]), nil
}

// Note keeps what was found, under a key that covers all that it comes from, Tool
// included. What cannot be kept is found again.
func Note(kind, key string, found []byte) {
	dir, err := Dir()
	if err != nil {
		return
	}
	dir = filepath.Join(dir, kind)
	sum := sha256.Sum256(found)
	if Write(filepath.Join(dir, key), append([]byte(hex.EncodeToString(sum[:])+"\n"), found...)) == nil {
		trim(dir)
	}
}

// Find gives what Note has kept. A file that is not as it was written is none.
func Find(kind, key string) ([]byte, error) {
	dir, err := Dir()
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, kind, key)
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	head, found, _ := bytes.Cut(data, []byte("\n"))
	if sum := sha256.Sum256(found); string(head) != hex.EncodeToString(sum[:]) {
		return nil, fmt.Errorf("%s is damaged", path)
	}
	if fi, err := os.Stat(path); err == nil && time.Since(fi.ModTime()) > often {
		now := time.Now()
		os.Chtimes(path, now, now) // it is of use
	}
	return found, nil
}

const (
	often  = time.Hour
	unused = 5 * 24 * time.Hour
	trims  = 24 * time.Hour
)

// trim removes what has been of no use for long. It looks once a day.
func trim(dir string) {
	mark := filepath.Join(dir, "trimmed")
	if fi, err := os.Stat(mark); err == nil && time.Since(fi.ModTime()) < trims {
		return
	}
	if os.WriteFile(mark, nil, 0o644) != nil {
		return
	}
	now := time.Now()
	os.Chtimes(mark, now, now)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		if fi, err := e.Info(); err == nil && time.Since(fi.ModTime()) > unused {
			os.Remove(filepath.Join(dir, e.Name()))
		}
	}
}
