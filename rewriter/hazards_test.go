package rewriter

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestHazards: the code and the tests that the list of hazards in doc.go names are there.
func TestHazards(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(string(doc), "// # The list\n")
	sources := map[string]string{}
	source := func(dir, pattern string) string {
		if _, ok := sources[dir]; !ok {
			names, err := filepath.Glob(filepath.Join(dir, pattern))
			if err != nil || len(names) == 0 {
				t.Fatalf("%s: no files: %v", dir, err)
			}
			for _, name := range names {
				data, err := os.ReadFile(name)
				if err != nil {
					t.Fatal(err)
				}
				sources[dir] += string(data)
			}
		}
		return sources[dir]
	}
	there := func(kind, name string) bool {
		if kind == "code" {
			pkg, fn, _ := strings.Cut(name, ".")
			dir := pkg
			if pkg == "runtime" {
				dir = "../runtime"
			}
			return regexp.MustCompile(`(?m)^func (\([^)]*\) )?` + fn + `[\[(]`).MatchString(source(dir, "*.go"))
		}
		if strings.HasPrefix(name, "Test") {
			for _, dir := range []string{".", "colour", "../runtime"} {
				if strings.Contains(source(dir, "*.go"), "\nfunc "+name+"(") {
					return true
				}
			}
			return false
		}
		pattern := "../testdata/lang/" + name + ".*"
		if script, ok := strings.CutPrefix(name, "script "); ok {
			pattern = "../cmd/upstarego/testdata/script/" + script + ".txtar"
		}
		found, err := filepath.Glob(pattern)
		return err == nil && len(found) == 1
	}
	hazards, kind := 0, ""
	named := map[string]int{}
	for line := range strings.Lines(list) {
		text, ok := strings.CutPrefix(line, "//  ")
		if !ok {
			continue
		}
		text = strings.TrimSpace(text)
		if k, rest, ok := strings.Cut(text, ": "); ok && (k == "rule" || k == "code" || k == "test") {
			kind, text = k, rest
		} else if regexp.MustCompile(`^[0-9]+\. `).MatchString(text) {
			hazards, kind = hazards+1, ""
		}
		if kind != "code" && kind != "test" {
			continue
		}
		for _, name := range strings.Split(strings.TrimSuffix(text, ","), ", ") {
			named[kind]++
			if !there(kind, name) {
				t.Errorf("hazard %d: %s %q is not there", hazards, kind, name)
			}
		}
	}
	if hazards < 26 || named["code"] < hazards || named["test"] < hazards {
		t.Errorf("%d hazards, named %v", hazards, named)
	}
}
