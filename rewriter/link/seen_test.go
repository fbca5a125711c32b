package link

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What a package's shapes come from is in its key, and nothing else that differs between
// two builds: a stale shape would let two releases share a type that is not the same.
func TestKeys(t *testing.T) {
	archive := func(c string) string { return strings.Repeat(c, 64) + "-d" }
	type build struct {
		std, dep, depType, top string
		cgo                    bool
	}
	keys := func(b build) (dep, top key) {
		t.Helper()
		dir := t.TempDir()
		for name, text := range map[string]string{"dep.go": "package dep\n\ntype U " + b.depType + "\n", "top.go": "package top\n\nimport \"example.com/dep\"\n\ntype T dep.U\n" + b.top} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		fmtPkg := &listed{ImportPath: "fmt", Standard: true, Export: b.std}
		d := &listed{ImportPath: "example.com/dep", Dir: dir, Export: b.dep, GoFiles: []string{"dep.go"}, CompiledGoFiles: []string{"dep.go"}, Imports: []string{"fmt", "unsafe"}}
		if b.cgo {
			d.CompiledGoFiles = append(d.CompiledGoFiles, archive("c"))
		}
		q := &listed{ImportPath: "example.com/top", Dir: dir, Export: archive("t"), GoFiles: []string{"top.go"}, CompiledGoFiles: []string{"top.go"}, Imports: []string{"example.com/dep"}}
		p := &program{pkgs: []*listed{fmtPkg, d, q}, root: q, hashes: map[*listed]string{}}
		all := p.keys()
		return all[d], all[q]
	}
	is := build{std: archive("1"), dep: archive("2"), depType: "int"}
	dep, top := keys(is)
	if dep.source == "" || dep.lasting == "" || top.source == "" || top.lasting == "" {
		t.Fatalf("no keys: %v, %v", dep, top)
	}
	again := is
	again.dep = archive("3") // an executable's archive, or a plugin's
	if d, q := keys(again); d != dep || q != top {
		t.Error("two builds of the same source differ")
	}
	changed := is
	changed.depType = "string"
	if _, q := keys(changed); q.source == top.source || q.lasting == top.lasting {
		t.Error("what a package imports has changed, and its key has not")
	}
	changed = is
	changed.top = "\nvar V int\n"
	if d, q := keys(changed); d != dep || q.source == top.source || q.lasting == top.lasting {
		t.Error("a package has changed, and its key has not")
	}
	changed = is
	changed.std = archive("4")
	if d, q := keys(changed); d.source != dep.source || d.lasting == dep.lasting || q.lasting == top.lasting {
		t.Error("another standard library, and the key is the same")
	}
	changed = is
	changed.std = "/tmp/fmt.a" // says nothing about what is in it
	if d, q := keys(changed); d.lasting != "" || q.lasting != "" {
		t.Error("an archive that is not named by its content")
	}
	changed = is
	changed.cgo = true
	if d, q := keys(changed); d.lasting != "" || q.lasting != "" || q.source == "" {
		t.Error("what cgo makes is not in the source")
	}
}
