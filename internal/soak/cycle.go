package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// A program has releases, of which the last has the code of the first.
type program struct {
	name    string
	dir     string // of the releases r1, r2, …, beneath the module's root
	cycle   int    // how many releases differ
	load    func(*record, options) load
	serving string // what stands before the address in the first line that it prints
}

func kvd() *program {
	return &program{name: "kvd", dir: "examples/kvd", cycle: 3, load: newKVD, serving: "listening on "}
}

func web() *program {
	return &program{name: "web", dir: "internal/soak/testdata/web", cycle: 3, load: newWeb, serving: "listening on "}
}

// programs are those of a name; nil if there are none.
func programs(name string) []*program {
	switch name {
	case "kvd":
		return []*program{kvd()}
	case "web":
		return []*program{web()}
	case "both":
		return []*program{kvd(), web()}
	}
	return nil
}

// variant is whose code the n-th release has: 1 … cycle.
func (p *program) variant(n int) int { return (n-1)%p.cycle + 1 }

// lay writes the sources of the n-th release to a directory. The frame map is that of
// the step before it in the cycle, under the number that the release has here.
func (p *program) lay(root, dir string, n int) error {
	folders := []int{p.variant(n)}
	if n > 1 && folders[0] == 1 {
		folders = append(folders, p.cycle+1) // the same code, with a map of the way back to it
	}
	for _, folder := range folders {
		from := filepath.Join(root, p.dir, fmt.Sprintf("r%d", folder))
		if err := layFolder(from, dir, fmt.Sprintf("/upstare/r%d/", folder), fmt.Sprintf("/upstare/r%d/", n)); err != nil {
			return err
		}
	}
	return linkProbe(root, dir)
}

// layFolder copies a release, with its frame map at another place.
func layFolder(from, dir, old, now string) error {
	return filepath.WalkDir(from, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		to := "/" + rel
		if e.IsDir() {
			if e.Name() == "back" {
				return fs.SkipDir
			}
			to = strings.TrimSuffix(strings.Replace(to+"/", old, now, 1), "/")
			return os.MkdirAll(filepath.Join(dir, to), 0o777)
		}
		if strings.HasSuffix(rel, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if strings.HasPrefix(to, old) {
			text = []byte(strings.ReplaceAll(string(text), old, now))
		}
		return os.WriteFile(filepath.Join(dir, strings.Replace(to, old, now, 1)), text, 0o666)
	})
}

// linkProbe makes the probe a dependency of the module in dir.
func linkProbe(root, dir string) error {
	f, err := os.OpenFile(filepath.Join(dir, "go.mod"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(f, "\nrequire example.com/probe v0.0.0\n\nreplace example.com/probe => %q\n", filepath.Join(root, "internal/soak/testdata/probe"))
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "probe.go"), []byte("package main\n\nimport _ \"example.com/probe\"\n"), 0o666)
}
