package cache

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestFound(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("UPSTAREGO_CACHE", dir)
	if Tool() == "" {
		t.Error("this program has no build ID")
	}
	if _, err := Find("kind", "key"); err == nil {
		t.Error("found what nobody has noted")
	}
	Note("kind", "key", []byte("one\ntwo"))
	if text, err := Find("kind", "key"); err != nil || string(text) != "one\ntwo" {
		t.Errorf("%q, %v", text, err)
	}
	path := filepath.Join(dir, "kind", "key")
	for _, damage := range []func([]byte) []byte{
		func(b []byte) []byte { b[len(b)-1]++; return b },
		func(b []byte) []byte { return b[:len(b)-1] },
		func(b []byte) []byte { return nil },
	} {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, damage(append([]byte{}, data...)), 0o644); err != nil {
			t.Fatal(err)
		}
		if text, err := Find("kind", "key"); err == nil {
			t.Errorf("found %q in a damaged file", text)
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// What is not used goes, once a day; what is used stays.
func TestTrim(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("UPSTAREGO_CACHE", dir)
	long := time.Now().Add(-2 * unused)
	age := func(name string) {
		t.Helper()
		if err := os.Chtimes(filepath.Join(dir, "kind", name), long, long); err != nil {
			t.Fatal(err)
		}
	}
	Note("kind", "used", []byte("a"))
	Note("kind", "unused", []byte("b"))
	age("used")
	age("unused")
	if _, err := Find("kind", "used"); err != nil {
		t.Fatal(err)
	}
	Note("kind", "new", []byte("c")) // the same day
	if _, err := os.Stat(filepath.Join(dir, "kind", "unused")); err != nil {
		t.Fatal(err)
	}
	age("trimmed")
	Note("kind", "newer", []byte("d"))
	for name, stays := range map[string]bool{"used": true, "unused": false, "new": true, "newer": true} {
		if _, err := os.Stat(filepath.Join(dir, "kind", name)); (err == nil) != stays {
			t.Errorf("%s: %v", name, err)
		}
	}
}
