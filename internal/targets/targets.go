// Package targets measures how much of the steps between the releases of real programs
// is inferred, and lists what is left to decide.
//
// The programs are those in examples/targets: servers on third-party libraries, whose
// releases are the libraries'.
package targets

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/mod/semver"
)

// A Release is one release of a target.
type Release struct {
	Target  string
	Version string
	dirs    [2]string // of what all releases of the target share, and of what it has by itself
	mapFile string    // of the step that leads to it, if anything had to be decided
}

// Find lists the releases of the targets in a directory, a target's releases from the
// first to the last. names are the targets to look at; none: all.
func Find(dir string, names ...string) ([][]Release, error) {
	if len(names) == 0 {
		mains, err := filepath.Glob(filepath.Join(dir, "*", "main.go"))
		if err != nil {
			return nil, err
		}
		for _, m := range mains {
			names = append(names, filepath.Base(filepath.Dir(m)))
		}
	}
	var targets [][]Release
	for _, name := range names {
		own := filepath.Join(dir, name, "releases")
		entries, err := os.ReadDir(own)
		if err != nil {
			return nil, err
		}
		var l []Release
		for _, e := range entries {
			l = append(l, Release{
				Target: name, Version: e.Name(), dirs: [2]string{filepath.Join(dir, name), filepath.Join(own, e.Name())},
				mapFile: filepath.Join(dir, name, "maps", e.Name(), "framemap.go"),
			})
		}
		slices.SortFunc(l, func(a, b Release) int { return semver.Compare(a.Version, b.Version) })
		targets = append(targets, l)
	}
	return targets, nil
}

// LayOut writes the release's module into a directory.
func (r Release) LayOut(dir string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	for _, name := range []string{"main.go", "go.mod", "go.sum"} {
		text, err := r.read(name)
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), text, 0o666)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// numbers finds what a frame map says of the place of its step in a lineage.
var numbers = regexp.MustCompile(`/upstare/r[0-9]+/`)

// Map is the text of the framemap.go that leads to the release as number n of a lineage,
// "" if none was written. In examples/targets all of them are written for release 2.
func (r Release) Map(n int) (string, error) {
	text, err := os.ReadFile(r.mapFile)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return numbers.ReplaceAllString(string(text), fmt.Sprintf("/upstare/r%d/", n)), err
}

// LayOutStep writes the release's module, as number n of a lineage, into a directory that
// has no other frame map.
func (r Release) LayOutStep(dir string, n int) error {
	if err := r.LayOut(dir); err != nil {
		return err
	}
	if err := os.RemoveAll(filepath.Join(dir, "upstare")); err != nil {
		return err
	}
	text, err := r.Map(n)
	if err != nil || text == "" || n == 1 {
		return err
	}
	return write(filepath.Join(dir, "upstare", fmt.Sprintf("r%d", n), "framemap.go"), []byte(text))
}

// Instrument are the patterns of the packages that are updated besides the program.
func (r Release) Instrument() ([]string, error) {
	text, err := r.read("instrument")
	if err != nil {
		return nil, err
	}
	var l []string
	for s := bufio.NewScanner(bytes.NewReader(text)); s.Scan(); {
		l = append(l, strings.TrimSpace(s.Text()))
	}
	return l, nil
}

// read gives a file of the release: its own, or the one that it shares with others.
func (r Release) read(name string) ([]byte, error) {
	text, err := os.ReadFile(filepath.Join(r.dirs[1], name))
	if errors.Is(err, fs.ErrNotExist) {
		text, err = os.ReadFile(filepath.Join(r.dirs[0], name))
	}
	return text, err
}
