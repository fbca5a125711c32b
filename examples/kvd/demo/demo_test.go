package main

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The clients find nothing wrong with a server that nobody updates.
func TestPlainReleases(t *testing.T) {
	for release := 1; release < releases; release++ {
		t.Run(fmt.Sprint(release), func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			var out strings.Builder
			ok, err := demo(ctx, options{
				plain: true, release: release,
				conns: 4, rate: 200, duration: 200 * time.Millisecond,
				dir: t.TempDir(),
			}, &out)
			t.Logf("%s", &out)
			if !ok || err != nil {
				t.Errorf("demo = %v, %v", ok, err)
			}
		})
	}
}

// The last release goes back to the first one's code.
func TestLastReleaseIsTheFirst(t *testing.T) {
	first, last := sourceFiles(t, "../r1"), sourceFiles(t, fmt.Sprintf("../r%d", releases))
	if len(first) == 0 || !maps.Equal(first, last) {
		t.Error("the sources of the first and the last release differ")
	}
}

// sourceFiles are the contents of the files of a release, without its frame maps.
func sourceFiles(t *testing.T, dir string) map[string]string {
	files := make(map[string]string)
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && d.Name() == "upstare":
			return fs.SkipDir
		case d.IsDir():
			return nil
		}
		text, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		files[name] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
